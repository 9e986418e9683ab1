// What the first view costs, and that later ones fetch no more code. Times are told, and decide nothing.
//
// With CONSOLE_PEOPLE=10000 in the environment, finding people is measured among as many children, too.

import assert from "node:assert/strict";
import { admin, call } from "./refusals.mjs";

const MOST_BYTES = 90 * 1024;
const MOST_REQUESTS = 6;

export async function budgets(visit, base, { group, child }) {
  const person = await visit();
  const client = await person.page.createCDPSession();
  await client.send("Network.enable");
  await client.send("Network.clearBrowserCache");
  let bytes = 0;
  client.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  person.requests.length = 0;
  await person.page.goto(`${base}/`, { waitUntil: "networkidle0" });
  await person.sees("Log in");
  assert.ok(bytes > 10_000 && bytes <= MOST_BYTES, `the first view takes ${bytes} bytes`);
  const [first, firstBytes] = [person.requests.length, bytes];
  assert.ok(first <= MOST_REQUESTS, `the first view takes ${first} requests`);
  await person.logsIn("educator01");
  await person.sees("Class 1");
  await person.page.evaluate(() => {
    const fetched = window.fetch;
    window.fetch = async (...given) => {
      const response = await fetched(...given);
      if (String(given[0]).includes("/days/")) window.arrived = performance.now();
      return response;
    };
  });
  await person.goes(`#/groups/${group}/term/2025-12-01`);
  const drawn = await person.page.waitForFunction(
    () => document.querySelectorAll(".trace").length === 25 && document.querySelector("canvas") && performance.now() - window.arrived,
    { polling: "raf" },
  );
  const code = person.requests.slice(first).filter((path) => /\.(js|css)$/.test(path));
  assert.deepEqual(code, [], "later views fetch no code");
  const years = await spans(person, child);
  await person.leaves();
  const found = [await finding(visit)];
  if (process.env.CONSOLE_PEOPLE) {
    await register(base, Number(process.env.CONSOLE_PEOPLE));
    found.push(await finding(visit));
  }
  return `first view: ${firstBytes} bytes, ${first} requests; a class of 25 and 91 days is drawn ${Math.round(await drawn.jsonValue())} ms after its answer's head; ${years}; ${found.join("; ")}`;
}

/** How long a child's year and its five years take, from the click to the picture: the middle of three each. */
async function spans(person, child) {
  const took = { year: [], years: [] };
  for (let round = 0; round < 3; round += 1) {
    for (const span of Object.keys(took)) {
      await person.goes(`#/child/${child}/day/2025-12-03`);
      await person.sees("Activities");
      const time = await person.page.evaluate(async (hash) => {
        const began = performance.now();
        location.hash = hash;
        while (document.querySelectorAll("canvas").length < 3) await new Promise(requestAnimationFrame);
        return performance.now() - began;
      }, `#/child/${child}/${span}/2025-12-01`);
      took[span].push(time);
    }
  }
  const [year, years] = Object.values(took).map((times) => times.sort((one, other) => one - other)[1]);
  return `a child's five years take ${(years / year).toFixed(1)} times as long as one`;
}

/** How long after a key the list of those who fit is there. */
async function finding(visit) {
  const person = await visit();
  await person.logsIn("admin");
  await person.press("link", "People");
  await person.sees("1 – 30 of");
  const all = await person.page.$eval(".pager span", (words) => words.textContent.split(" of ")[1]);
  await person.fill("Find by name", "BR00");
  await person.page.focus("input[type=search]");
  await person.sees("of 99");
  const before = person.requests.length;
  const time = person.page.evaluate(async () => {
    const field = document.querySelector("input[type=search]");
    await new Promise((typed) => field.addEventListener("input", typed, { once: true }));
    const began = performance.now();
    while (!document.querySelector(".pager").innerText.includes("of 9") || document.querySelector(".pager").innerText.includes("of 99")) await new Promise(requestAnimationFrame);
    return performance.now() - began;
  });
  await person.page.keyboard.type("0");
  const taken = Math.round(await time);
  assert.equal(person.requests.length - before, 1, "a pause is one request");
  await person.leaves();
  return `among ${all} children those who fit are there ${taken} ms after the key`;
}

/** Brings in as many children by a sheet, without passwords. */
async function register(base, many) {
  const token = await admin(base);
  const [{ name }] = await call(base, "/institutions", token, undefined, "GET");
  const rows = Array.from({ length: many }, (_, n) => `XX${String(n).padStart(6, "0")},${name},female,9`);
  const upload = "/rosters/uploads/507f191e810c19729de860ea";
  const text = ["username,institution,gender,age", ...rows].join("\n");
  await fetch(`${base}/v1${upload}/files/children.csv`, { method: "PUT", headers: { Authorization: `Bearer ${token}` }, body: text });
  await call(base, `${upload}/plan`, token, { passwords: "unset" });
  await call(base, `${upload}/prepare`, token);
  await call(base, `${upload}/apply`, token, {});
}
