// Files of children's wearables on their way into the service. It goes on while other pages are shown, and ends with the
// session.

import { Refusal, get, insist, putFile } from "./api";
import { session } from "./session";
import { Store } from "./store";

export interface Upload {
  files: { file: string; bytes: number }[];
  stage: "waiting" | "reading" | "refused" | "planned" | "applying" | "applied";
  done: number;
  total: number;
  problem?: string;
  plan?: Plan;
  applied?: { import?: number; created: number; changed: number };
}

export interface Plan {
  plan: string;
  title: string;
  cannot_say: string;
  questions: Question[];
  origins: { origin: string; days: number; taken: number }[];
  left_out: { what: string; why: string; count: number }[];
  counts: Counts[];
  days: { kind: string; from: string; to: string; what: string; count: number; why?: string }[];
}

export interface Question {
  question: string;
  why: string;
  choices: string;
  answer?: string;
  said: boolean;
  rows: string[];
}

export interface Counts {
  kind: string;
  new: number;
  changed: number;
  equal: number;
  skipped: number;
}

export interface Named {
  id: string;
  username: string;
}

/** A child's files, and what has become of them. */
export interface Item {
  child: Named;
  upload: string;
  answers: Record<string, string>;
  /** A file on its way: which, and how much of it is there, of 1. */
  sending?: { file: string; part: number } | undefined;
  known?: Upload | undefined;
  problem?: unknown;
}

export const work = new Store<Item[]>([]);

const KEY = "wearables";
/** Uploads of a tab that was loaded anew: the service may know them still. */
let restored = before();

function before(): Item[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as [Named, string, Record<string, string>][];
    return kept.map(([child, upload, answers]) => ({ child, upload, answers }));
  } catch {
    return [];
  }
}

session.follow(() => {
  if (session.value.current) return;
  sessionStorage.removeItem(KEY);
  work.set([]);
});

function set(items: Item[]): void {
  work.set(items);
  sessionStorage.setItem(KEY, JSON.stringify(items.map(({ child, upload, answers }) => [child, upload, answers])));
}

/** Changes an upload, if it is there still. */
function tell(upload: string, part: Partial<Item>): void {
  set(work.value.map((item) => (item.upload === upload ? { ...item, ...part } : item)));
}

const isThere = (upload: string): boolean => work.value.some((item) => item.upload === upload);
const path = ({ child, upload }: Item, rest = ""): string => `/children/${child.id}/wearables/uploads/${upload}${rest}`;

function name(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const isBusy = ({ known, sending }: Item): boolean => sending !== undefined || known?.stage === "reading" || known?.stage === "applying";
export const open = ({ known }: Item): Question[] => (known?.stage === "planned" ? (known.plan?.questions ?? []).filter((one) => one.answer === undefined) : []);
export const isReady = (item: Item): boolean => item.known?.stage === "planned" && !open(item).length && !item.problem;
/** How much of a plan would be stored. */
export const amount = ({ known }: Item): number => (known?.plan?.counts ?? []).reduce((sum, one) => sum + one.new + one.changed, 0);

const LONGEST_WAIT = 3000;

/** Asks for an upload until nothing is done with it any more. */
async function follow(item: Item, first: Upload): Promise<void> {
  let known = first;
  for (let wait = 200; isThere(item.upload); wait = Math.min(wait * 1.5, LONGEST_WAIT)) {
    tell(item.upload, { known });
    if (known.stage !== "reading" && known.stage !== "applying") return;
    await new Promise((resolve) => setTimeout(resolve, wait));
    known = (await get<Upload>(path(item))).body;
  }
}

/** Does something with an upload; what goes wrong stands beside it. */
async function during(item: Item, deed: () => Promise<void>): Promise<void> {
  tell(item.upload, { problem: undefined });
  try {
    await deed();
  } catch (problem) {
    tell(item.upload, { problem, sending: undefined });
  }
}

export function plan(item: Item, answers = item.answers): Promise<void> {
  tell(item.upload, { answers });
  return during(item, async () => follow(item, await insist<Upload>("POST", path(item, "/plan"), { answers })));
}

export function apply(item: Item): Promise<void> {
  const shown = item.known?.plan?.plan;
  return during(item, async () => follow(item, await insist<Upload>("POST", path(item, "/apply"), shown ? { plan: shown } : {})));
}

/** Sends a child's files, one after the other, and has them read. */
async function bring(item: Item, files: File[]): Promise<void> {
  await during(item, async () => {
    for (const file of files) {
      if (!isThere(item.upload)) return;
      tell(item.upload, { sending: { file: file.name, part: 0 } });
      const on = (part: number) => (tell(item.upload, { sending: { file: file.name, part } }), isThere(item.upload));
      const known = await putFile<Upload>(path(item, `/files/${encodeURIComponent(file.name)}`), file, on);
      tell(item.upload, { known });
    }
    tell(item.upload, { sending: undefined });
    if (isThere(item.upload)) await follow(item, await insist<Upload>("POST", path(item, "/plan"), { answers: item.answers }));
  });
}

/** Several children's files: sent one child after the other, and read meanwhile. */
export async function bringAll(given: [Named, File[]][]): Promise<void> {
  const items = given.map(([child, files]): [Item, File[]] => [{ child, upload: name(), answers: {}, sending: { file: files[0]!.name, part: 0 } }, files]);
  set([...work.value, ...items.map(([item]) => item)]);
  const ends: Promise<void>[] = [];
  for (const [item, files] of items) {
    const end = bring(item, files);
    ends.push(end);
    await work.until(() => !work.value.some((one) => one.upload === item.upload && one.sending));
  }
  await Promise.all(ends);
}

/** Gives an answer to every child whose files leave that open, and has those read again. */
export async function answer(given: Record<string, string>): Promise<void> {
  const asked = work.value.filter((item) => open(item).some(({ question }) => question in given));
  await Promise.all(asked.map((item) => plan(item, { ...item.answers, ...given })));
}

/** Takes an upload from the list; the service forgets it, too. */
export function drop(item: Item): void {
  set(work.value.filter((one) => one.upload !== item.upload));
  // It is forgotten after half an hour in any case.
  insist("DELETE", path(item)).catch(() => undefined);
}

/** What the service still knows of uploads, for a page that was loaded anew. */
export async function comeBack(): Promise<void> {
  const items = restored;
  restored = [];
  for (const item of items) {
    const known = await get<Upload>(path(item)).catch((error: unknown) => {
      if (error instanceof Refusal) return undefined;
      throw error;
    });
    if (!known) continue;
    set([...work.value, item]);
    void during(item, () => follow(item, known.body));
  }
}

/** Whose each file is: it, or the folder that it lies in, is called by a child's username. */
export function byChild(files: File[], children: Named[]): { found: [Named, File[]][]; nobodys: string[] } {
  const named = new Map(children.map((child) => [child.username.toLowerCase(), child]));
  const found = new Map<string, [Named, File[]]>();
  const nobodys: string[] = [];
  for (const file of files) {
    const folders = file.webkitRelativePath.split("/").slice(1, -1);
    const names = [...folders, file.name, file.name.replace(/\.[^.]*$/, "")].map((one) => one.toLowerCase());
    const child = names.map((one) => named.get(one)).find((one) => one !== undefined);
    if (!child) {
      if (!file.name.startsWith(".")) nobodys.push(file.webkitRelativePath || file.name);
      continue;
    }
    const its = found.get(child.id) ?? [child, []];
    its[1].push(file);
    found.set(child.id, its);
  }
  return { found: [...found.values()], nobodys };
}

/** All children, by name: as many requests as there are thousands. */
export async function everyChild(): Promise<Named[]> {
  const all: Named[] = [];
  for (let page = 1; ; page += 1) {
    const { body, total } = await get<Named[]>(`/children?sort=username&limit=1000&page=${page}`);
    all.push(...body);
    if (!body.length || all.length >= total) return all;
  }
}
