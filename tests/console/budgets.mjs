// What the first view costs, and that later ones fetch no more code. Times are told, and decide nothing.

import assert from "node:assert/strict";

const MOST_BYTES = 90 * 1024;
const MOST_REQUESTS = 6;

export async function budgets(visit, base, { group }) {
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
  await person.leaves();
  return `first view: ${firstBytes} bytes, ${first} requests; a class of 25 and 91 days is drawn ${Math.round(await drawn.jsonValue())} ms after its answer's head`;
}
