// Somebody who knows only HTTP opens the API reference of a fresh service and sets up a school: logs in, registers an
// institution, an educator, a class of three children, and, as the educator, a group of them.
//
// usage: node walk.mjs BASE-URL CHROMIUM PASSWORD-OF-ADMIN [SCREENSHOT-FOLDER]
// Before each step the page must say, where one is looking, what the step needs: that is what `told` checks. Ends with
// the number of clicks and keys that it took, or with the moments in which the page did not say what to do next.

import assert from "node:assert/strict";
import { openBrowser } from "./browser.mjs";

const [base, executablePath, password, screenshots] = process.argv.slice(2);
const { browser, page, complaints } = await openBrowser(base, executablePath);

const counts = { clicks: 0, keys: 0, typed: 0, moments: 0 };
const untold = [];

async function click(selector) {
  counts.clicks += 1;
  await page.locator(selector).first().click();
}

async function press(chord) {
  counts.keys += 1;
  await page.keyboard.press(chord);
}

/** What is pasted takes one click to select, one key to copy and one to paste; the rest is typed. */
async function fill(selector, text, pasted = []) {
  await click(selector);
  await press("Control+A");
  await page.keyboard.insertText(text);
  const copied = pasted.reduce((sum, part) => sum + part.length, 0);
  counts.typed += text.length - copied;
  counts.clicks += pasted.length;
  counts.keys += 2 * pasted.length;
}

/** A moment in which one asks oneself something: the text that is in sight must answer it. */
async function told(question, selector, answer) {
  counts.moments += 1;
  const texts = await page.locator(selector).allInnerTexts();
  if (!texts.some((text) => answer.test(text))) untold.push(question);
}

async function shot(name) {
  if (screenshots) await page.screenshot({ path: `${screenshots}/walk-${name}.png` });
}

const block = (operation) => `.opblock[id$="-${operation}"]`;
const opened = (operation) => `${block(operation)}.is-open`;
const described = (operation) => `${opened(operation)} .opblock-description`;
const body = (operation) => `${opened(operation)} textarea.body-param__text`;

async function open(operation) {
  await click(`${block(operation)} .opblock-summary-control`);
  await page.locator(`${opened(operation)} .btn.execute`).waitFor();
}

async function execute(operation, expected) {
  const answer = page.waitForResponse((response) => response.request().method() !== "OPTIONS");
  await click(`${opened(operation)} .btn.execute`);
  const response = await answer;
  const text = await response.text();
  assert.equal(response.status(), expected, `${operation}: ${text}`);
  await page.locator(`${opened(operation)} .live-responses-table .response-col_status`).first().waitFor();
  return JSON.parse(text);
}

async function logIn(username, secret) {
  await fill(body("auth_login"), JSON.stringify({ username, password: secret }));
  return (await execute("auth_login", 200)).access_token;
}

async function authorize(token) {
  await click(".auth-wrapper > .btn.authorize");
  await page.locator(".modal-ux").waitFor();
  await told("what to paste, and what not", ".modal-ux", /alone[^]*without[^]*Bearer/);
  await shot("authorize");
  const logout = ".modal-ux .btn.modal-btn.auth:not(.authorize):not(.btn-done)";
  if (await page.locator(logout).count()) await click(logout);
  await fill(".modal-ux input", token, [token]);
  await click(".modal-ux .btn.modal-btn.auth.authorize");
  await click(".modal-ux .btn-done");
}

try {
  await page.goto(`${base}/v1/reference`, { waitUntil: "networkidle" });
  await page.locator(block("auth_login")).waitFor();
  await told("where to begin", ".info", /POST \/auth/);
  await told("in which order to go on", ".info", /institution[^]*educators[^]*children[^]*group/);
  await told("what the examples are", ".info", /Examples[^]*demo/);
  await shot("page");

  await open("auth_login");
  await told("what to do with the answer", described("auth_login"), /Authorize/);
  await authorize(await logIn("admin", password));

  const institution = "institution_create";
  await open(institution);
  await told("what the answer is for", described(institution), /`?id`?[^]*institution_id/);
  const school = await fill(body(institution), JSON.stringify({ name: "Riverside School", type: "School" })).then(() =>
    execute(institution, 201),
  );
  await shot("institution");

  const educator = "educator_create";
  await open(educator);
  await told("where institution_id comes from", described(educator), /institution_id[^]*id/);
  await fill(
    body(educator),
    JSON.stringify({ username: "ada", password: "first", institution_id: school.id }),
    [school.id],
  );
  const teacher = await execute(educator, 201);
  await shot("educator");

  const child = "child_create";
  await open(child);
  await told("where institution_id comes from", described(child), /institution_id[^]*id/);
  const pupils = [];
  for (const [username, gender] of [["RS0001", "female"], ["RS0002", "male"], ["RS0003", "female"]]) {
    const pupil = { username, password: "first", institution_id: school.id, gender, age: 9 };
    // The second and the third are the first with another name and gender.
    if (pupils.length) {
      await click(body(child));
      await press("Control+A");
      await page.keyboard.insertText(JSON.stringify(pupil));
      counts.clicks += 1;
      counts.typed += 1 + gender.length;
    } else {
      await fill(body(child), JSON.stringify(pupil), [school.id]);
    }
    pupils.push((await execute(child, 201)).id);
  }
  await shot("child");

  const group = "educator_group_create";
  await open(group);
  await told("who makes a group", described(group), /Log in as the educator[^]*Authorize/);
  await told("where educator_id comes from", `${opened(group)} .parameters`, /id[^]*sub/);
  await told("where ids of children come from", described(group), /id[^]*children/i);
  await shot("group-open");
  await authorize(await logIn("ada", "first"));
  await fill(`${opened(group)} .parameters input`, teacher.id, [teacher.id]);
  await fill(body(group), JSON.stringify({ name: "Class 4b", children: pupils }), pupils);
  const made = await execute(group, 201);
  assert.equal(made.children.length, 3);
  await shot("group");

  // Several values of a filter: the page sends the comma as it is.
  await open("child_list");
  await fill(`${opened("child_list")} tr[data-param-name="gender"] input`, "male,female");
  const all = await execute("child_list", 200);
  assert.equal(all.length, 3, "a filter with two values finds both");
  await shot("list");

  assert.equal(complaints.length, 0, `the page has no faults:\n${complaints.join("\n")}`);
  const { clicks, keys, typed, moments } = counts;
  console.log(`A school in ${clicks} clicks, ${keys} keys and ${typed} typed characters; ` +
    `in ${untold.length} of ${moments} moments the page did not say what to do next.`);
  assert.equal(untold.length, 0, `not said: ${untold.join("; ")}`);
} catch (error) {
  await shot("failed");
  console.error(error.message);
  if (complaints.length) console.error(`complaints of the page:\n${complaints.join("\n")}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
