// A roster on its way in, and back.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { folder, sheet } from "./browser.mjs";
import { look } from "./looks.mjs";
import { admin, call } from "./refusals.mjs";

const SCHOOL = "Escola Municipal Primavera";

const children = (...rows) => sheet("children.csv", "username,institution,gender,age", ...rows.map((row) => row.replace("@", SCHOOL)));
const groups = (...rows) => sheet("groups.csv", "owner,name,children", ...rows);

/** Waits until a file that was kept is whole. */
async function kept(name, text) {
  const read = () => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "");
  for (let tries = 0; tries < 100 && read() !== text; tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(read(), text);
}

async function opened(visit, options = {}) {
  const person = await visit(options);
  await person.logsIn("admin");
  await person.press("link", "September");
  await person.sees("Imports before");
  return person;
}

async function planned(person, ...files) {
  await person.choose("Choose files", ...files);
  await person.page.waitForFunction(() => !document.body.innerText.includes("Sending file"));
  await person.press("button", "Show the plan");
}

/** What is wrong is told first and can be mended; slips are printed; an import is taken back. */
export async function theWholeWay(visit, base, screenshots) {
  const person = await opened(visit);
  await planned(person, children('SE0001,@,female,8', 'SE0002,@,girl,8'), groups("educator01,Sports,SE0001|SE0009"));
  await person.sees("To be mended first: 2");
  await person.sees("Write male or female.");
  await person.reads(/children\.csv\s+3/);
  await person.sees("There is none of this name or id");
  assert.equal(await person.page.$$eval("button", (all) => all.filter((one) => one.textContent === "Apply the plan").length), 0);
  await look(person, "september-problems", screenshots);
  await planned(person, children('SE0001,@,female,8', '"SE, 2",@,female,2015-05-05'), groups('educator01,Sports,SE0001'));
  await person.sees("Taken for: spreadsheet.");
  await person.sees("Passwords that are made up: 2.");
  await look(person, "september-plan", screenshots);
  await person.press("button", "Apply the plan");
  // Whoever leaves in the midst of it finds it done.
  await person.press("link", "Overview");
  await person.sees("Never logged in");
  await person.press("link", "September");
  await person.sees("New: 3; changed: 0; removed: 0.");
  await person.page.waitForFunction(() => [...document.querySelectorAll(".slips dd")].some((word) => word.textContent === "Sports"));
  const slips = await person.page.$$eval(".slips li", (all) => all.map((slip) => [slip.querySelector("strong").textContent, slip.querySelector("code").textContent]));
  assert.deepEqual(slips.map(([name]) => name), ["SE, 2", "SE0001"]);
  await look(person, "september-done", screenshots);
  const mayLeave = () => dispatchEvent(new Event("beforeunload", { cancelable: true }));
  assert.equal(await person.page.evaluate(mayLeave), false, "whoever has not handed out passwords is asked before they are lost");
  const downloads = await person.page.createCDPSession();
  await downloads.send("Page.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
  await person.press("button", "Keep as a file");
  await person.page.waitForFunction(mayLeave);
  await kept("passwords.csv", `username,password\r\n"SE, 2",${slips[0][1]}\r\nSE0001,${slips[1][1]}\r\n`);
  await person.page.reload();
  await person.sees("New: 3; changed: 0; removed: 0.");
  assert.equal((await person.page.$$(".slips")).length, 0, "passwords are shown once");
  const child = await visit();
  await child.logsIn(...slips[0]);
  await child.sees("Hello SE, 2!");
  await child.leaves();
  const [, ...undo] = await person.page.$$eval("th, td button", (all) => all.map((one) => one.getAttribute("aria-label")).filter(Boolean).concat(""));
  assert.equal(undo.length, 1);
  await person.page.locator("td button").click();
  await person.sees("This would put back: 0; remove: 2; leave as it is: 1.");
  await person.sees("It is in use");
  await look(person, "september-undo", screenshots);
  await person.page.locator("form .danger").click();
  await person.sees("Done. Put back: 0; removed: 2; left as it is: 1.");
  await person.sees("Taken back:");
  await person.leaves();
}

/** A plan of what has changed since is made and shown anew. */
export async function outOfDate(visit, base) {
  const person = await opened(visit, { expected: [/status(?: code)? of 409/] });
  await planned(person, children("SE0003,@,female,8"));
  await person.sees("Apply the plan");
  const token = await admin(base);
  const [school] = await call(base, `/institutions?name=${encodeURIComponent(SCHOOL)}`, token, undefined, "GET");
  await call(base, "/children", token, { username: "SE0003", password: "first", gender: "female", age: 8, institution_id: school.id });
  await person.press("button", "Apply the plan");
  await person.sees("this is the plan as it is now");
  await person.sees("Everything is as the sheets say");
  await person.press("button", "Other files");
  await person.sees("Files: 0");
  await person.leaves();
}

/** What cannot be read is said in one's own language, and the original beside it. */
export async function unread(visit) {
  const person = await opened(visit, { expected: [/status(?: code)? of 400/] });
  await person.page.locator("summary").click();
  await person.fill("Encoding of the files", "klingon");
  await planned(person, children("SE0004,@,female,8"));
  await person.sees("It cannot be read in that way.");
  await person.reads(/this encoding is not known/);
  await person.leaves();
}

/** Whoever plans what another tab has applied since is led to that import. */
export async function wasAppliedElsewhere(visit, base) {
  const person = await opened(visit, { expected: [/status(?: code)? of 409/] });
  await planned(person, children("SE0005,@,female,8"));
  await person.sees("Apply the plan");
  const upload = await person.page.evaluate(() => JSON.parse(sessionStorage.getItem("roster"))[0]);
  const token = await admin(base);
  for (let more = true; more; ) {
    const { done, total } = await call(base, `/rosters/uploads/${upload}/prepare`, token, {});
    more = done < total;
  }
  await call(base, `/rosters/uploads/${upload}/apply`, token, {});
  await person.press("button", "Show the plan");
  await person.sees("New: 1; changed: 0; removed: 0.");
  await person.leaves();
}
