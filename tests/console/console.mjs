// The console in a real browser, against a fresh `ocariot-users demo`.
//
// usage: node console.mjs BASE-URL chrome|firefox EXECUTABLE [SCREENSHOT-FOLDER]

import { open } from "./browser.mjs";
import { budgets } from "./budgets.mjs";
import { looks } from "./looks.mjs";
import * as refusals from "./refusals.mjs";
import * as roles from "./roles.mjs";
import * as september from "./september.mjs";
import * as service from "./service.mjs";
import * as wearables from "./wearables.mjs";

const [base, name, executable, screenshots] = process.argv.slice(2);
const { browser, visit } = await open(name, executable, base);
let done = 0;

async function run(what, deed) {
  const began = performance.now();
  try {
    const said = await deed();
    done += 1;
    if (process.env.VERBOSE) console.log(`${what}: ${Math.round(performance.now() - began)} ms`);
    return said;
  } catch (error) {
    throw new Error(`${name}: ${what}: ${error.message}`, { cause: error });
  }
}

try {
  const ids = await run("an educator", () => roles.educator(visit));
  await run("a family", () => roles.family(visit));
  await run("a child", () => roles.child(visit));
  await run("languages", () => roles.languages(visit));
  if (name === "chrome") {
    await run("a health professional", () => roles.healthProfessional(visit));
    await run("an administrator", () => roles.administrator(visit));
    await run("classes", () => roles.classes(visit));
    await run("leaving", () => roles.leaving(visit));
    await run("institutions", () => roles.institutions(visit));
    await run("a group", () => roles.group(visit));
    await run("a password", () => roles.password(visit));
    for (const [what, deed] of Object.entries(september)) await run(`September: ${what}`, () => deed(visit, base, screenshots));
    for (const [what, deed] of Object.entries(wearables)) await run(`wearables: ${what}`, () => deed(visit, base, screenshots));
    for (const [what, deed] of Object.entries(service)) await run(`service: ${what}`, () => deed(visit, base, screenshots));
    for (const [what, deed] of Object.entries(refusals).filter(([what]) => !["admin", "call"].includes(what))) {
      await run(what, () => deed(visit, base));
    }
    const looked = await run("looks", () => looks(visit, ids, screenshots));
    console.log(`${looked} pages looked at; ${await run("budgets", () => budgets(visit, base, ids))}`);
  }
  console.log(`${name}: ${done} passed, 0 failed`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await browser.close();
}
