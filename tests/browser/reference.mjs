// The API reference in a real browser, by keyboard alone and without any network but the server's own.
//
// usage: node reference.mjs BASE-URL CHROMIUM [SCREENSHOT-FOLDER]
// The server is a fresh `ocariot-users demo`. Ends with the number of checks, or with the first that fails.

import assert from "node:assert/strict";
import { openBrowser } from "./browser.mjs";

const [base, executablePath, screenshots] = process.argv.slice(2);
const PASSWORD = "ocariot-demo";
const HIDDEN = "a made-up child that is not there";

const { browser, page, complaints } = await openBrowser(base, executablePath);
let checks = 0;
function check(holds, what) {
  assert.ok(holds, what);
  checks += 1;
}

/** Presses Tab, or Shift and Tab, until the focus is on what the selector names, as somebody without a mouse does. */
async function tabTo(selector, most = 400) {
  for (let presses = 0; presses < most; presses += 1) {
    const way = await page.evaluate((wanted) => {
      const here = document.activeElement ?? document.body;
      if (here.matches(wanted)) return null;
      const there = document.querySelector(wanted);
      const isBefore = there && here.compareDocumentPosition(there) & Node.DOCUMENT_POSITION_PRECEDING;
      return isBefore ? "Shift+Tab" : "Tab";
    }, selector);
    if (way === null) return presses;
    await page.keyboard.press(way);
  }
  throw new Error(`the keyboard does not reach ${selector}`);
}

async function shot(name) {
  if (screenshots) await page.screenshot({ path: `${screenshots}/${name}.png` });
}

async function open(operation) {
  await tabTo(`#operations-${operation} .opblock-summary-control`);
  if (!(await page.locator(`#operations-${operation}.is-open`).count())) await page.keyboard.press("Enter");
  await page.locator(`#operations-${operation}.is-open .btn.execute`).waitFor();
}

/** Replaces what the focused field holds, at once, as by pasting: Swagger UI draws the whole page anew for each letter. */
async function replace(text) {
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

async function execute(operation) {
  await tabTo(`#operations-${operation} .btn.execute`);
  const answer = page.waitForResponse((response) => response.request().method() !== "OPTIONS");
  await page.keyboard.press("Enter");
  const response = await answer;
  const status = page.locator(`#operations-${operation} .live-responses-table .response-col_status`).last();
  await status.waitFor();
  return { status: response.status(), shown: (await status.textContent()).trim(), body: await response.text() };
}

async function logIn(username) {
  await open("auth-auth_login");
  await tabTo("#operations-auth-auth_login textarea.body-param__text");
  await replace(JSON.stringify({ username, password: PASSWORD }));
  const answer = await execute("auth-auth_login");
  check(answer.status === 200, `POST /auth answers 200 to ${username}: ${answer.body}`);
  return JSON.parse(answer.body).access_token;
}

async function authorize(token) {
  await tabTo(".auth-wrapper > .btn.authorize");
  await page.keyboard.press("Enter");
  await page.locator(".modal-ux").waitFor();
  const logout = ".modal-ux .btn.modal-btn.auth:not(.authorize):not(.btn-done)";
  if (await page.locator(logout).count()) {
    await tabTo(logout);
    await page.keyboard.press("Enter");
  }
  await tabTo(".modal-ux input");
  await replace(token);
  await tabTo(".modal-ux .btn.modal-btn.auth.authorize");
  await page.keyboard.press("Enter");
  await page.locator(logout).waitFor();
  await tabTo(".modal-ux .btn-done");
  await page.keyboard.press("Enter");
  await page.locator(".modal-ux").waitFor({ state: "detached" });
}

async function resetPassword(user, password) {
  await open("users-password_reset");
  await tabTo("#operations-users-password_reset .parameters input");
  await replace(user);
  await tabTo("#operations-users-password_reset textarea.body-param__text");
  await replace(JSON.stringify({ new_password: password }));
  return execute("users-password_reset");
}

try {
  await page.goto(`${base}/v1/reference`, { waitUntil: "networkidle" });
  check((await page.title()) === "OCARIoT users: API reference", "the page has a title");
  await page.locator("#operations-auth-auth_login").waitFor();
  const first = await page.locator(".opblock").first().getAttribute("id");
  check(first === "operations-auth-auth_login", `logging in comes first, not ${first}`);
  await page.getByRole("combobox", { name: "Server" }).waitFor();
  await shot("page");

  const admin = await logIn("admin");
  await shot("log-in");
  await authorize(admin);
  const child = JSON.parse(Buffer.from((await logIn("BR0001")).split(".")[1], "base64url").toString()).sub;
  const reset = await resetPassword(child, PASSWORD);
  check(reset.status === 204 && reset.shown.startsWith("204"), `reset-password shows 204, not ${reset.shown}`);
  await shot("reset-password");

  await page.reload({ waitUntil: "networkidle" });
  await page.locator("#operations-auth-auth_login").waitFor();
  const again = await resetPassword(child, PASSWORD);
  check(again.status === 204, `after a reload the page is still authorised, and does not get ${again.status}`);

  await authorize(await logIn("family001"));
  const refused = await resetPassword(child, HIDDEN);
  check(refused.status === 403 && refused.shown.startsWith("403"), `a family is refused, and sees ${refused.shown}`);
  const body = await page.locator("#operations-users-password_reset .live-responses-table .highlight-code").first();
  const told = "Authorization failed due to insufficient permissions.";
  check((await body.textContent()).includes(told), "the page shows the body of the refusal");
  await shot("refused");

  check(complaints.length === 0, `the page has no faults:\n${complaints.join("\n")}`);
  console.log(`${checks} passed, 0 failed`);
} catch (error) {
  await shot("failed");
  console.error(error.message);
  if (complaints.length) console.error(`complaints of the page:\n${complaints.join("\n")}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
