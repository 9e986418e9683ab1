// Which page is shown: the part of the address behind `#`, which stays in the browser.

import { Store } from "./store";

export const route = new Store<string[]>(parts());

function parts(): string[] {
  return location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
}

addEventListener("hashchange", () => route.set(parts()));

export function link(...parts: string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

export function go(...parts: string[]): void {
  location.hash = link(...parts);
}
