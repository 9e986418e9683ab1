// A headless browser, used as a person uses one: things are found by their roles, labels and texts.

import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer from "puppeteer-core";

export const PASSWORD = "ocariot-demo";

/** Where files are that browsers are given and keep. */
export const folder = mkdtempSync(join(tmpdir(), "console-"));

/** A file of rows, on disk as a browser is given it. */
export function sheet(name, ...rows) {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${row}\r\n`).join(""));
  return path;
}

const LAUNCH = {
  chrome: {
    // Whatever is not this machine is not there.
    args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  },
  firefox: { args: [], extraPrefsFirefox: { "network.dns.disablePrefetch": true } },
};

export async function open(browser, executablePath, base) {
  const launched = await puppeteer.launch({ browser, executablePath, headless: true, ...LAUNCH[browser] });
  return { browser: launched, visit: (options) => visit(launched, base, options) };
}

/** A person's own window, with nothing remembered; complaints about the pages are none as long as all is well. */
async function visit(browser, base, { width = 1280, height = 900, dark = false, expected = [] } = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.setViewport({ width, height });
  if (dark) await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  const [complaints, requests] = [[], []];
  page.on("request", (request) => {
    // A browser's own pictures, such as that of a calendar, count for nothing.
    if (request.url().startsWith("data:")) return;
    requests.push(request.url().slice(base.length));
    if (!request.url().startsWith(base)) complaints.push(`the page asks for ${request.url()}`);
  });
  page.on("pageerror", (error) => complaints.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !expected.some((known) => known.test(text))) complaints.push(`console: ${text}`);
  });
  await page.evaluateOnNewDocument(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`content policy: ${event.violatedDirective} ${event.sample}`));
  });
  await page.goto(`${base}/`);
  return new Person(page, context, complaints, requests);
}

export class Person {
  constructor(page, context, complaints, requests) {
    Object.assign(this, { page, context, complaints, requests, clicks: 0 });
  }

  find(role, name) {
    return this.page.locator(`::-p-aria([name="${name}"][role="${role}"])`);
  }

  async press(role, name) {
    this.clicks += 1;
    await this.find(role, name).click();
  }

  /** Types into the field of this label. */
  async fill(label, text) {
    await this.page.locator(`::-p-xpath(//input[@id=//label[normalize-space()="${label}"]/@for])`).fill(text);
  }

  /** Chooses files in the field of this label. */
  async choose(label, ...files) {
    const field = await this.page.waitForSelector(`::-p-xpath(//input[@type="file"][@id=//label[normalize-space()="${label}"]/@for])`);
    await field.uploadFile(...files);
  }

  /** Waits until a text can be read. */
  async sees(text) {
    await this.page
      .waitForFunction((wanted) => document.body.innerText.includes(wanted), {}, text)
      .catch(async () => assert.fail(`“${text}” is not to be seen in:\n${await this.page.evaluate(() => document.body.innerText)}`));
  }

  async reads(pattern) {
    const text = await this.page.evaluate(() => document.body.innerText);
    assert.match(text, pattern);
  }

  async seesNoMore(text) {
    await this.page.waitForFunction((unwanted) => !document.body.innerText.includes(unwanted), {}, text);
  }

  async logsIn(username, password = PASSWORD) {
    await this.fill("Username", username);
    await this.fill("Password", password);
    await this.press("button", "Log in");
  }

  async goes(hash) {
    await this.page.evaluate((to) => (location.hash = to), hash);
  }

  /** Nothing may have been wrong. */
  async leaves() {
    assert.deepEqual(this.complaints, []);
    await this.context.close();
  }
}
