// From the first start of an empty service to a class with slips to print, as somebody does it who has only the pages.
//
// usage: node first.mjs BASE-URL chrome EXECUTABLE
// The server is an empty one, whose first administrator has the password below.

import assert from "node:assert/strict";
import { open, sheet } from "./browser.mjs";

const FIRST_PASSWORD = "the first password";

const [base, name, executable] = process.argv.slice(2);
const { browser, visit } = await open(name, executable, base);

async function register(person, what, usernames) {
  for (const username of usernames) {
    await person.fill("Username", username);
    if (what === "Child") await person.fill("Age", "8");
    await person.press("button", "Save and add another");
    await person.page.waitForFunction((wanted) => [...document.querySelectorAll(".slips strong")].some((slip) => slip.textContent === wanted), {}, username);
  }
  return person.page.$$eval(".slips code", (codes) => codes.map((code) => code.textContent));
}

/** The same from what the school's office keeps; returns the clicks. */
async function fromSheets() {
  const files = [
    sheet("institutions.csv", "name,type", "Town school,School"),
    sheet("children.csv", "username,institution,gender,age", ...["A1", "A2", "A3"].map((name) => `${name},Town school,female,8`)),
    sheet("educators.csv", "username,institution", "mistress,Town school"),
    sheet("groups.csv", "owner,name,children", "mistress,Class 3,A1|A2|A3"),
  ];
  const person = await visit();
  await person.logsIn("admin", FIRST_PASSWORD);
  await person.press("link", "September");
  await person.choose("Choose files", ...files);
  await person.sees("Files: 4");
  await person.press("button", "Show the plan");
  await person.press("button", "Apply the plan");
  await person.sees("New: 6; changed: 0; removed: 0.");
  await person.page.waitForFunction(() => [...document.querySelectorAll(".slips dd")].filter((word) => word.textContent === "Class 3").length === 3);
  const clicks = person.clicks;
  await person.leaves();
  return clicks;
}

try {
  const person = await visit();
  await person.logsIn("admin", FIRST_PASSWORD);
  await person.sees("First steps");
  await person.press("link", "Register the school");
  await person.fill("Name", "Village school");
  await person.press("button", "Save");
  await person.sees("Village school");
  await person.press("link", "Overview");
  await person.press("link", "Register the children, one after another, and print their slips");
  const children = ["Ana", "Ευα", "João", "Zoë"];
  await person.sees("Save and add another");
  assert.equal((await register(person, "Child", children)).length, children.length);
  // Paper has the slips and nothing else.
  await person.page.emulateMediaType("print");
  assert.ok(await person.page.$eval(".slips", (slips) => slips.checkVisibility()));
  assert.ok(!(await person.page.$eval("header.top", (top) => top.checkVisibility())));
  assert.ok(!(await person.page.$eval("form", (form) => form.checkVisibility())));
  await person.page.emulateMediaType(null);
  await person.press("link", "People");
  await person.press("button", "Educators");
  await person.press("link", "Register: Educator");
  await person.sees("Save and add another");
  const [password] = await register(person, "Educator", ["teacher"]);
  await person.press("button", "Log out");
  await person.logsIn("teacher", password);
  await person.sees("You have no groups yet.");
  await person.press("link", "New group");
  await person.fill("Name of the group", "Class 2");
  await person.press("button", "Add all of these");
  await person.sees("Chosen: 4");
  await person.press("button", "Make group");
  await person.sees("0 of 4");
  const clicks = person.clicks;
  await person.leaves();
  const sheets = await fromSheets();
  console.log(`from the first start to a class with slips: one by one ${clicks} clicks, from sheets ${sheets}; 2 passed, 0 failed`);
} catch (error) {
  console.error(`from the first start: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
