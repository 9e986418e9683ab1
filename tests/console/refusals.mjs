// What goes wrong, once each: what is said, and that nothing typed is lost.

import assert from "node:assert/strict";
import { PASSWORD } from "./browser.mjs";

export async function call(base, path, token, body, method = "POST") {
  const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const response = await fetch(`${base}/v1${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  return response.status === 204 ? undefined : response.json();
}

export async function admin(base) {
  return (await call(base, "/auth", "", { username: "admin", password: PASSWORD })).access_token;
}

export async function wrongPassword(visit, base) {
  const person = await visit({ expected: [/status(?: code)? of 4(?:01|29)/] });
  await person.logsIn("family002", "guess");
  await person.sees("Username or password is wrong.");
  await person.reads(/401 · Invalid username or password!/);
  // The service lets one try so often; this one is started to let thirty.
  for (let tries = 0; tries < 30; tries += 1) await call(base, "/auth", "", { username: "family002", password: "guess" });
  await person.press("button", "Log in");
  await person.sees("That was tried too often.");
  await person.leaves();
}

export async function forbidden(visit, base) {
  const token = await admin(base);
  const [stranger] = await call(base, "/children?username=BR0299", token, undefined, "GET");
  const person = await visit({ expected: [/status(?: code)? of 403/] });
  await person.logsIn("educator01");
  await person.sees("My groups");
  await person.goes(`#/child/${stranger.id}/week`);
  await person.sees("You may not do that.");
  await person.reads(/403 · FORBIDDEN/);
  await person.leaves();
}

/** The token is over in the midst of a form: one logs in again, and goes on. */
export async function expired(visit, base) {
  const person = await visit({ expected: [/status(?: code)? of 401/] });
  await person.logsIn("educator03");
  await person.press("link", "New group");
  await person.fill("Name of the group", "Half typed");
  const token = await admin(base);
  const [educator] = await call(base, "/educators?username=educator03", token, undefined, "GET");
  await call(base, `/users/${educator.id}/reset-password`, token, { new_password: "after" });
  await person.fill("Find children by name", "BR01");
  await person.sees("Log in again");
  await person.fill("Password", "after");
  await person.press("button", "Log in");
  await person.sees("Found: 100");
  const typed = await person.page.evaluate(() => [...document.querySelectorAll("input")].map((input) => input.value));
  assert.ok(typed.includes("Half typed"), `what was typed stays: ${typed}`);
  assert.ok(person.page.url().endsWith("#/groups/new"));
  await person.leaves();
}

export async function offline(visit) {
  const person = await visit({ expected: [/ERR_INTERNET_DISCONNECTED/] });
  await person.logsIn("educator01");
  await person.sees("Class 1");
  await person.page.setOfflineMode(true);
  await person.press("link", "New group");
  await person.sees("No connection.");
  await person.page.setOfflineMode(false);
  await person.sees("+ BR0001");
  await person.page.waitForFunction(() => !document.body.innerText.includes("No connection."));
  await person.leaves();
}

/** A full disk, as the service words it. */
export async function diskFull(visit) {
  const person = await visit({ expected: [/status(?: code)? of 503/] });
  await person.logsIn("educator04");
  await person.press("link", "Account");
  await person.page.setRequestInterception(true);
  person.page.on("request", (request) => {
    if (request.method() !== "PUT") return request.continue();
    const body = { code: 503, message: "SERVICE UNAVAILABLE", description: "The disk is full." };
    return request.respond({ status: 503, contentType: "application/json", headers: { "Retry-After": "5" }, body: JSON.stringify(body) });
  });
  await person.fill("Present password", PASSWORD);
  await person.fill("New password", "fresh");
  await person.fill("New password, once more", "fresh");
  await person.press("button", "Change password");
  await person.sees("The service cannot do that at the moment, and changed nothing.");
  await person.reads(/503 · SERVICE UNAVAILABLE The disk is full\./);
  await person.leaves();
}
