// The service itself, as an administrator looks after it.

import assert from "node:assert/strict";
import { PASSWORD } from "./browser.mjs";
import { look } from "./looks.mjs";

async function opened(visit, part, options = {}) {
  const person = await visit(options);
  await person.logsIn("admin");
  await person.press("link", "Service");
  await person.press("button", part);
  return person;
}

/** A backup is made, and found in the list; a person's deeds are found by name. */
export async function backups(visit) {
  const person = await opened(visit, "Backups");
  await person.sees("There is no backup");
  await person.press("button", "Make a backup now");
  await person.sees("The backup is there.");
  await person.reads(/Sealed|Readable by anybody/);
  await person.press("link", "Overview");
  await person.seesNoMore("There is no backup");
  await person.leaves();
}

/** Why there is none is said in one's own language, and the original beside it. */
export async function noBackup(visit) {
  const person = await opened(visit, "Settings");
  await person.page.setRequestInterception(true);
  const failure = "a backup is sealed under a passphrase: give one with --passphrase-file";
  person.page.on("request", (request) => {
    if (!request.url().endsWith("/v1/service/backups")) return request.continue();
    const body = JSON.stringify({ folder: "/backups", files: [], asked: "failed", failure });
    return request.respond({ status: request.method() === "POST" ? 202 : 200, contentType: "application/json", body });
  });
  await person.press("button", "Backups");
  await person.sees("The service has no passphrase");
  await person.reads(/give one with --passphrase-file/);
  await person.leaves();
}

export async function trail(visit, base, screenshots) {
  const person = await opened(visit, "Audit trail");
  await person.sees("auth_login");
  await person.page.select("select", "logins");
  await person.page.waitForFunction(() => [...document.querySelectorAll("td:nth-child(2) code")].every((code) => code.textContent === "auth_login"));
  await person.press("link", "admin");
  await person.sees("Done by admin");
  await look(person, "service-trail", screenshots);
  await person.press("button", "Show all");
  await person.seesNoMore("Done by admin");
  await person.fill("From day", "2100-01-01");
  await person.sees("Nothing of that was done.");
  await person.leaves();
}

/** Whoever guessed too often is let in again. */
export async function limits(visit, base, screenshots) {
  for (let tries = 0; tries < 31; tries += 1) {
    const body = JSON.stringify({ username: "family003", password: "guess" });
    await fetch(`${base}/v1/auth`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  }
  const person = await opened(visit, "Limits");
  await person.sees("family003");
  await look(person, "service-limited", screenshots);
  await person.press("button", "Unlock");
  await person.seesNoMore("family003");
  const family = await visit();
  await family.logsIn("family003", PASSWORD);
  await family.sees("My children");
  await family.leaves();
  await person.leaves();
}

export async function settings(visit) {
  const person = await opened(visit, "Settings");
  await person.sees("--rate-limit-account");
  await person.reads(/30\/15m/);
  assert.ok(!(await person.page.evaluate(() => document.body.innerText.includes("--hsts"))));
  await person.page.locator("input[type=checkbox]").click();
  await person.sees("--hsts");
  await person.sees("It signs");
  await person.leaves();
}
