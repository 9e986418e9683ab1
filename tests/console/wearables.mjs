// Files of wearables, as administrators, educators and families bring them; and coverage.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, sheet } from "./browser.mjs";
import { look } from "./looks.mjs";

const weights = (name, ...rows) => sheet(name, "Date,Weight (kg),Fat mass (kg)", ...rows);
const expected = [/status(?: code)? of 4(?:00|04|09)/];

async function opened(visit, options = {}) {
  const person = await visit({ expected, ...options });
  await person.logsIn("admin");
  await person.press("link", "Wearables");
  await person.sees("A class at once");
  return person;
}

const buttons = (person, name) => person.page.$$eval("button", (all, wanted) => all.filter((one) => one.textContent.trim() === wanted && !one.disabled).length, name);

/** A class at once: what is open is answered once, all is stored, and one child's is taken back. */
export async function aClass(visit, base, screenshots) {
  const person = await opened(visit);
  await look(person, "wearables", screenshots);
  const files = [
    weights("BR0011.csv", "2024-03-10 08:00:00,31.5,6.3", "2024-03-11 08:00:00,31.6,"),
    weights("br0012.csv", "2024-03-10 08:00:00,28,"),
    weights("nobody.csv", "2024-03-10 08:00:00,28,"),
  ];
  await person.choose("Choose files", ...files);
  await person.sees("Files that are called by no child's username: 1");
  await person.sees("Asked for: BR0011, BR0012");
  await person.sees("2024-03-10T08:00:00 31.5");
  assert.equal(await buttons(person, "Store it"), 0, "nothing is stored before it is answered");
  await look(person, "wearables-questions", screenshots);
  await person.page.select("select", "Europe/Athens");
  await person.press("button", "Answer");
  await person.sees("Read. To be stored: 2");
  // Whoever leaves in the midst of it, or loads the page anew, finds it again.
  await person.page.reload();
  await person.sees("Store all that is ready (2)");
  await look(person, "wearables-plan", screenshots);
  await person.press("button", "Store all that is ready (2)");
  await person.sees("Stored. New: 2; changed: 0.");
  await person.sees("Stored. New: 1; changed: 0.");
  await person.page.waitForFunction(() => document.querySelectorAll("td button").length === 2);
  await look(person, "wearables-stored", screenshots);
  await person.page.locator("td button").click();
  await person.sees("This would put back: 0; remove:");
  await look(person, "wearables-undo", screenshots);
  await person.page.locator("form .danger").click();
  await person.sees("Done. Put back: 0; removed:");
  await person.sees("Taken back:");
  await person.leaves();
}

/** What cannot be read is said, and another file takes its place. */
export async function unread(visit) {
  const person = await opened(visit);
  await person.fill("Find children by name", "BR0013");
  await person.press("link", "BR0013");
  await person.sees("Files of BR0013");
  await person.choose("Choose files", sheet("photo.csv", "no,file", "of,a watch"));
  await person.sees("This file cannot be read.");
  await person.reads(/this is no file that is understood/);
  await person.press("button", "Give up: BR0013");
  await person.seesNoMore("This file cannot be read.");
  await person.leaves();
}

/** A full disk is said as what it is. */
export async function fullDisk(visit) {
  const person = await opened(visit, { expected: [...expected, /status(?: code)? of 503/] });
  await person.page.setRequestInterception(true);
  person.page.on("request", (request) => {
    if (request.method() !== "PUT") return request.continue();
    const body = JSON.stringify({ code: 503, message: "SERVICE UNAVAILABLE", description: "The disk of the server is full. Please inform its administrator." });
    return request.respond({ status: 503, contentType: "application/json", headers: { "Retry-After": "5" }, body });
  });
  await person.goes("#/wearables");
  await person.choose("Choose files", weights("BR0014.csv", "2024-03-10 08:00:00,31.5,"));
  await person.sees("There is no room left on the disk of the service.");
  await person.reads(/The disk of the server is full/);
  await person.leaves();
}

/** A family's own child; a part of an archive that is damaged stores nothing. */
export async function aFamily(visit, base, screenshots) {
  const person = await visit({ expected });
  await person.logsIn("family001");
  await person.page.locator(".tiles a").click();
  await person.press("link", "Upload a file");
  await person.sees("Files of BR0001");
  await person.choose("Choose files", weights("weight.csv", "2024-03-10 08:00:00,31.5,6.3"));
  await person.sees("Time zone in which the child lived");
  await person.page.select("select", "America/Fortaleza");
  await person.press("button", "Answer");
  await person.sees("Read. To be stored: 1");
  await person.press("button", "Store it");
  await person.sees("Stored. New: 1; changed: 0.");
  await look(person, "upload", screenshots);
  writeFileSync(join(folder, "takeout.zip"), "PK\x03\x04 and no more");
  await person.choose("Choose files", join(folder, "takeout.zip"));
  await person.sees("This file cannot be read.");
  await person.reads(/takeout\.zip cannot be read/);
  await person.leaves();
}

/** An educator's own group, and a child of it; what a family brought is not his to take back. */
export async function anEducator(visit, base, screenshots) {
  const person = await visit({ expected });
  await person.logsIn("educator01");
  await person.sees("Class 1");
  await person.page.locator(".tiles a").click();
  await person.press("link", "Coverage");
  await person.sees("Of which days what is stored.");
  await person.goes(`${await person.page.evaluate(() => location.hash)}/2025-12-01`);
  await person.page.waitForFunction(() => document.querySelectorAll(".covered rect").length > 100);
  await look(person, "coverage", screenshots);
  await person.page.locator("summary").click();
  await person.sees("Light movement");
  await person.page.locator(".covered a").click();
  await person.press("link", "Upload a file");
  await person.sees("Somebody else brought it");
  await person.choose("Choose files", weights("weight.csv", "2024-03-12 08:00:00,31.9,"));
  await person.sees("Read. To be stored: 1");
  await person.press("button", "Give up: BR0001");
  await person.seesNoMore("Read. To be stored");
  await person.leaves();
}
