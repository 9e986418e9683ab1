// README's picture: a class of the demo.
//
// usage, with `ocariot-users demo` running: node picture.mjs http://localhost:3000 /usr/bin/chromium ../../src/console/picture.png

import { open } from "./browser.mjs";

const [base, executable, file] = process.argv.slice(2);
const { browser, visit } = await open("chrome", executable, base.replace("localhost", "127.0.0.1"));
const person = await visit({ width: 960, height: 640 });
await person.logsIn("educator01");
await person.page.locator("::-p-text(Class 1)").click();
await person.press("button", "Term");
await person.sees("of 91");
await person.page.evaluate(() => document.activeElement.blur());
await person.page.screenshot({ path: file });
await person.leaves();
await browser.close();
