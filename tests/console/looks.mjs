// Every page, in both colour schemes, narrow and wide: nothing that axe-core finds, nothing wider than the window.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** The first educator of a demo, and the school. */
const EDUCATOR = "019b8d2b8c00000364656d6f";
const INSTITUTION = "019b8d2b8c00000064656d6f";

/** The pages of each: a name, where it is, and what is to be read there. */
const pages = ({ group, child }) => ({
  educator01: [
    ["groups", "#/groups", "Class 1"],
    ["class-week", `#/groups/${group}/week/2025-12-01`, "Class median"],
    ["class-term", `#/groups/${group}/term/2025-12-01`, "Class median"],
    ["child-day", `#/child/${child}/day/2025-12-03`, "Activities"],
    ["child-week", `#/child/${child}/week/2025-12-03`, "median of a day"],
    ["child-years", `#/child/${child}/years/2025-12-01`, "median of a day"],
    ["coverage", `#/coverage/educators/${EDUCATOR}/${group}/2025-12-01`, "Three lines for each child"],
    ["upload", `#/upload/${child}`, "Choose files"],
    ["group-change", `#/groups/${group}/change`, "Chosen: 25"],
    ["group-new", "#/groups/new", "+ BR0001"],
    ["rooms", "#/rooms", "room 01"],
    ["account", "#/account", "Change password"],
    ["lost", "#/nowhere", "There is no such page"],
  ],
  admin: [
    ["overview", "#/overview", "Never measured"],
    ["people", "#/people/children", "1 – 30 of"],
    ["families", "#/people/families", "BR0001, BR0002"],
    ["register-child", "#/people/children/new", "Save and add another"],
    ["register-family", "#/people/families/new", "+ BR0001"],
    ["person", `#/people/children/${child}`, "Erase for good"],
    ["classes", "#/classes", "Class 1"],
    ["september", "#/september", "Imports before"],
    ["wearables", "#/wearables", "A class at once"],
    ["wearables-child", `#/upload/${child}`, "Imports before"],
    ["service-backups", "#/service/backups", "backup verify"],
    ["service-audit", "#/service/audit", "auth_login"],
    ["service-limits", "#/service/limits", "Look again"],
    ["service-settings", "#/service/settings", "It signs"],
    ["institutions", "#/institutions", "Escola Municipal Primavera"],
    ["institution-rooms", `#/institutions/${INSTITUTION}/rooms`, "room 01"],
    ["institution-new", "#/institutions/new", "For example: School"],
  ],
  family001: [["family", "#/family", "BR0001"]],
  BR0001: [["me", "#/me/2025-12-01", "You walked"]],
});

export async function look(person, name, screenshots) {
  // As a debugger does: the content policy lets the page itself evaluate nothing.
  if (!(await person.page.evaluate("'axe' in window"))) await person.page.evaluate(`${axe};0`);
  const found = await person.page.evaluate(async () => {
    const { violations } = await window.axe.run();
    const wider = document.documentElement.scrollWidth - innerWidth;
    return { violations: violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), wider };
  });
  assert.deepEqual(found.violations, [], name);
  assert.ok(found.wider <= 0, `${name} is ${found.wider} px wider than the window`);
  if (screenshots) await person.page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });
}

/** Narrow and light, wide and dark; with pictures the other two as well. */
const NEEDED = [[360, false], [1280, true]];
const FURTHER = [[360, true], [1280, false]];

export async function looks(visit, ids, screenshots) {
  const looked = { pages: 0 };
  const everywhere = async (person, name) => {
    for (const [width, dark] of screenshots ? [...NEEDED, ...FURTHER] : NEEDED) {
      await person.page.setViewport({ width, height: 900 });
      await person.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
      await look(person, `${name}-${width}-${dark ? "dark" : "light"}`, screenshots);
    }
    looked.pages += 1;
  };
  for (const [username, shown] of Object.entries(pages(ids))) {
    const person = await visit();
    if (username === "admin") await everywhere(person, "log-in");
    await person.logsIn(username);
    await person.sees("Log out");
    for (const [name, hash, text] of shown) {
      await person.goes(hash);
      await person.sees(text);
      await everywhere(person, name);
    }
    await person.leaves();
  }
  return looked.pages;
}
