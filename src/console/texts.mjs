// Every language has every text, with the same {places} in it, and none is there that no page shows.

import { readFileSync, readdirSync } from "node:fs";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);

async function table(name) {
  const result = await build({
    absWorkingDir: here.pathname,
    entryPoints: [`source/texts/${name}.ts`],
    bundle: true,
    write: false,
    format: "esm",
  });
  const module = await import(`data:text/javascript;base64,${Buffer.from(result.outputFiles[0].contents).toString("base64")}`);
  return module[name];
}

function sources(folder) {
  return readdirSync(new URL(folder, here), { withFileTypes: true })
    .filter((entry) => entry.name !== "texts")
    .map((entry) => (entry.isDirectory() ? sources(`${folder}${entry.name}/`) : readFileSync(new URL(folder + entry.name, here), "utf8")))
    .join("\n");
}

const places = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort().join(" ");
const tables = { en: await table("en"), pt: await table("pt"), es: await table("es"), el: await table("el") };
const shown = sources("source/");
const faults = [];
for (const [key, english] of Object.entries(tables.en)) {
  if (!new RegExp(`"${key}"`).test(shown)) faults.push(`no page shows ${key}`);
  for (const [language, texts] of Object.entries(tables)) {
    if (!texts[key]?.trim()) faults.push(`${language} lacks ${key}`);
    else if (places(texts[key]) !== places(english)) faults.push(`${language}: ${key} has other places than in English`);
  }
}
for (const [language, texts] of Object.entries(tables)) {
  faults.push(...Object.keys(texts).filter((key) => !(key in tables.en)).map((key) => `${language} has ${key}, which English lacks`));
}
if (faults.length) throw new Error(faults.join("\n"));
console.log(`${Object.keys(tables.en).length} texts in ${Object.keys(tables).length} languages`);
