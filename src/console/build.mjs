// Builds the console: source/ becomes one script and one style, which the program embeds compressed.
//
// usage: node build.mjs [--check]
// With --check nothing is written: what is checked in must be what the source becomes.

import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const checking = process.argv.includes("--check");
const bundled = ["preact", "uplot"];
const here = new URL(".", import.meta.url);

/** Their licences ask to stand in every copy. */
function licences() {
  const texts = bundled.map((name) => {
    const { version, license } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, here), "utf8"));
    if (license !== "MIT") throw new Error(`${name} has the licence ${license}: is it permitted?`);
    const text = readFileSync(new URL(`node_modules/${name}/LICENSE`, here), "utf8").trim();
    return `${name} ${version}\n${text}`;
  });
  return `/*\n${texts.join("\n\n")}\n*/`;
}

const result = await build({
  absWorkingDir: here.pathname,
  entryPoints: { console: "source/main.tsx", style: "source/style.css" },
  outdir: "built",
  write: false,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  legalComments: "none",
  banner: { js: licences() },
  logLevel: "warning",
});

const files = { js: result.outputFiles.find((file) => file.path.endsWith(".js")), css: result.outputFiles.find((file) => file.path.endsWith(".css")) };
for (const [kind, { contents }] of Object.entries(files)) {
  const content = Buffer.from(contents);
  const forms = {
    br: [(data) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length } }), brotliDecompressSync],
    gz: [(data) => gzipSync(data, { level: 9 }), gunzipSync],
  };
  for (const [form, [compress, decompress]] of Object.entries(forms)) {
    const file = new URL(`built/console.${kind}.${form}`, here);
    if (checking) {
      // Compressors differ a little from one Node.js to the next; what they hold does not.
      if (!decompress(readFileSync(file)).equals(content)) throw new Error(`${file.pathname} is not what the source becomes: npm run build`);
    } else {
      const packed = compress(content);
      writeFileSync(file, packed);
      console.log(`${file.pathname.slice(here.pathname.length)}: ${packed.length} of ${content.length} bytes`);
    }
  }
}
if (checking) console.log("what is built is what is checked in");
