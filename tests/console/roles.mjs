// What each type of user comes for.

import assert from "node:assert/strict";
import { PASSWORD } from "./browser.mjs";

/** The id of the page that is open, from its address. */
const idIn = (person) => person.page.url().split("/").find((part) => /^[0-9a-f]{24}$/.test(part));

export async function educator(visit) {
  const person = await visit();
  await person.logsIn("educator01");
  await person.sees("Class 1");
  await person.page.locator("::-p-text(Class 1)").click();
  await person.sees("Class median");
  await person.sees("25 of 25");
  const group = idIn(person);
  const before = person.requests.length;
  await person.press("button", "Term");
  await person.sees("of 91");
  const asked = person.requests.slice(before).filter((path) => path.includes("/days/"));
  assert.ok(asked.length <= 2, `a class is one request, or two where the newest data are older: ${asked}`);
  assert.ok(!person.requests.some((path) => path.startsWith("/v1/children/")), "no request is made for each child");
  await person.press("button", "Sleep");
  await person.sees("Sleep: class median");
  await person.press("link", "BR0003");
  await person.sees("median of a day");
  const child = idIn(person);
  for (const span of ["Day", "Week", "Year", "5 years"]) {
    await person.press("button", span);
    await person.page.waitForFunction(
      (words) => [...document.querySelectorAll("[aria-pressed=true]")].some((button) => button.textContent === words),
      {},
      span,
    );
    await person.sees(span === "Day" ? "Activities" : "median of a day");
  }
  await person.press("button", "Log out");
  await person.sees("Log in");
  await person.leaves();
  return { group, child };
}

export async function group(visit) {
  const person = await visit({ expected: [/status of 409/, /status code of 409/] });
  await person.logsIn("educator01");
  await person.sees("Class 1");
  await person.press("link", "New group");
  const make = person.find("button", "Make group");
  await person.fill("Name of the group", "Class 1");
  await person.fill("Find children by name", "BR004");
  await person.sees("Found: 10");
  await person.press("button", "Add all of these");
  await person.sees("Chosen: 10");
  await make.click();
  await person.sees("There is one of this name already.");
  await person.reads(/409 · Children Group is already registered/);
  await person.fill("Name of the group", "<b>Walkers</b> & co");
  await make.click();
  await person.sees("<b>Walkers</b> & co");
  await person.press("link", "Change group");
  await person.press("button", "Delete group");
  await person.sees("My groups");
  await person.page.waitForFunction(() => !document.body.innerText.includes("Walkers"));
  await person.leaves();
}

export async function healthProfessional(visit) {
  const person = await visit();
  await person.logsIn("health01");
  await person.sees("Children: 100");
  await person.press("link", "Rooms");
  await person.leaves();
}

export async function family(visit) {
  const person = await visit();
  await person.logsIn("family001");
  await person.sees("BR0002");
  await person.page.locator("::-p-text(BR0001)").click();
  await person.sees("median of a day");
  await person.page.locator("figure summary").click();
  await person.page.waitForFunction(() => document.querySelectorAll("figure tbody tr").length === 7);
  await person.leaves();
}

export async function child(visit) {
  const person = await visit();
  await person.logsIn("BR0001");
  await person.sees("Hello BR0001!");
  await person.sees("You walked");
  await person.press("button", "← The week before");
  await person.sees("Sunday");
  await person.press("link", "Account");
  await person.sees("Your teacher can give you a new password.");
  await person.leaves();
}

/** Languages in their own words, kept over log-in. */
export async function languages(visit) {
  const person = await visit();
  for (const [language, words] of [["Português", "Entrar"], ["Español", "Entrar"], ["Ελληνικά", "Σύνδεση"]]) {
    await person.press("button", language);
    await person.sees(words);
  }
  assert.equal(await person.page.evaluate(() => document.documentElement.lang), "el");
  await person.fill("Όνομα χρήστη", "BR0001");
  await person.fill("Κωδικός", PASSWORD);
  await person.press("button", "Σύνδεση");
  await person.sees("Γεια σου, BR0001!");
  await person.leaves();
}

/** One's own password; afterwards it is the old one again. */
export async function password(visit) {
  const person = await visit({ expected: [/status(?: code)? of 400/] });
  await person.logsIn("educator02");
  await person.press("link", "Account");
  const change = async (old, fresh, again = fresh) => {
    await person.fill("Present password", old);
    await person.fill("New password", fresh);
    await person.fill("New password, once more", again);
  };
  await change(PASSWORD, "another", "anothr");
  await person.sees("The two are not the same yet.");
  await change("wrong", "another");
  await person.press("button", "Change password");
  await person.sees("The present password is wrong.");
  await change(PASSWORD, "another");
  await person.press("button", "Change password");
  await person.sees("Changed.");
  await person.press("button", "Log out");
  await person.logsIn("educator02", "another");
  await person.sees("My groups");
  await person.leaves();
}

/** Every group by whose it is, in one request for each kind of owner. */
export async function classes(visit) {
  const person = await visit();
  await person.logsIn("admin");
  await person.press("link", "Classes");
  await person.sees("Class 1");
  assert.deepEqual(person.requests.filter((path) => /^\/v1\/(?:educators|health)/.test(path)).length, 2);
  await person.fill("Find by name", "educator02");
  await person.seesNoMore("educator01");
  await person.page.locator("summary").click();
  await person.page.waitForFunction(() => document.querySelectorAll("details[open] li").length === 25);
  await person.page.locator("details[open] li a").click();
  await person.sees("Erase for good");
  await person.leaves();
}

/** Whoever leaves logs in no more and is in no list, until that is taken back. */
export async function leaving(visit) {
  const person = await visit({ expected: [/status(?: code)? of 401/] });
  await person.logsIn("admin");
  await person.press("link", "People");
  const found = async () => {
    await person.fill("Find by name", "BR0297");
    await person.sees("1 – 1 of 1");
    await person.press("link", "BR0297");
    await person.sees("Erase for good");
  };
  await found();
  await person.fill("From day", "2100-01-31");
  await person.press("button", "Deactivate");
  await person.sees("Will be deactivated: Jan 31, 2100");
  await person.fill("From day", "");
  await person.press("button", "Deactivate");
  await person.sees("Deactivated:");
  const child = await visit({ expected: [/status(?: code)? of 401/] });
  await child.logsIn("BR0297");
  await child.sees("Username or password is wrong.");
  await person.press("link", "To the list");
  await person.fill("Find by name", "BR0297");
  await person.sees("Nobody is found.");
  await person.page.select("::-p-xpath(//select[@id=//label[text()='Who']/@for])", "only");
  await found();
  await person.press("button", "Activate");
  await person.sees("everything that was measured");
  await person.seesNoMore("Deactivated:");
  await child.press("button", "Log in");
  await child.sees("Hello BR0297!");
  await child.leaves();
  await person.leaves();
}

/** From an empty list to children with printed slips, and back. */
export async function administrator(visit) {
  const person = await visit({ expected: [/status(?: code)? of 409/] });
  await person.logsIn("admin");
  await person.sees("Children without data for a week");
  await person.reads(/300/);
  await person.press("link", "People");
  await person.sees("1 – 30 of 300");
  const before = person.requests.length;
  await person.fill("Find by name", "br029");
  await person.sees("1 – 10 of 10");
  const asked = person.requests.slice(before).filter((path) => path.startsWith("/v1/children"));
  assert.ok(asked.length <= 2, `one request for each pause: ${asked}`);
  await person.press("link", "Register: Child");
  await person.sees("Save and add another");
  const school = await person.page.evaluate(() => [...document.querySelectorAll("option")].find((option) => option.textContent.startsWith("Escola")).value);
  await person.page.select("select", school);
  await person.fill("Age", "9");
  const save = person.find("button", "Save and add another");
  for (const name of ["ZZ0001", "ZZ0002"]) {
    await person.fill("Username", name);
    await save.click();
    await person.page.waitForFunction((wanted) => [...document.querySelectorAll(".slips strong")].some((slip) => slip.textContent === wanted), {}, name);
  }
  await person.fill("Username", "ZZ0001");
  await save.click();
  await person.sees("There is one of this name already.");
  const password = await person.page.$eval(".slips code", (code) => code.textContent);
  await person.press("link", "To the list");
  await person.fill("Find by name", "ZZ");
  await person.sees("1 – 2 of 2");
  await person.press("link", "ZZ0001");
  await person.sees("Never logged in");
  await person.fill("NFC tag", "0a0b0c0d");
  await person.page.locator("::-p-xpath(//section[h2='NFC tag']//button)").click();
  await person.page.waitForFunction(() => document.querySelectorAll("section button[type=submit]:disabled").length === 3);
  await person.fill("Username", "ZZ0001b");
  await person.page.locator("::-p-xpath(//section[h2='Change']//button[@type='submit'])").click();
  await person.page.waitForFunction(() => document.querySelector("h1").textContent === "ZZ0001b");

  const child = await visit();
  await child.logsIn("ZZ0001b", password);
  await child.sees("Nothing is here yet.");
  await child.leaves();

  await person.press("button", "Unlock");
  await person.sees("Unlocked.");
  await person.press("button", "Set this password");
  await person.sees("The old password works no more.");
  await person.fill("To confirm, type ZZ0001b", "ZZ0001b");
  await person.press("button", "Erase for good");
  await person.sees("1 – 30 of 301");
  await person.leaves();
}

/** An institution that somebody belongs to stays, a new one goes again. */
export async function institutions(visit) {
  const person = await visit({ expected: [/status(?: code)? of 400/] });
  await person.logsIn("admin");
  await person.press("link", "Institutions");
  await person.press("link", "New institution");
  await person.fill("Name", "A school to be deleted");
  await person.press("button", "Save");
  await person.page.locator("::-p-text(A school to be deleted)").click();
  await person.sees("Only when nobody belongs to it any more.");
  await person.press("button", "Delete institution");
  await person.page.waitForFunction(() => location.hash === "#/institutions" && !document.body.innerText.includes("to be deleted"));
  await person.page.locator("::-p-text(Escola Municipal Primavera)").click();
  await person.sees("Only when nobody belongs to it any more.");
  await person.press("button", "Delete institution");
  await person.sees("Somebody still belongs to this institution.");
  await person.leaves();
}
