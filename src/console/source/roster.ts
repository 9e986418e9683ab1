// A roster on its way into the service. It goes on while other pages are shown, and ends with the session.

import { Refusal, get, getFile, insist } from "./api";
import { cells } from "./files";
import type { Slip } from "./parts/slips";
import type { Professional } from "./people";
import { session } from "./session";
import { Store } from "./store";

export interface Plan {
  plan: string;
  format: string;
  files: { file: string; sheet: string; encoding: string; separator: string; rows: number; ignored: string[] }[];
  counts: Counts[];
  lines: Line[];
  left_out: string[];
  problems: { class: string; file: string; row?: number; column?: string; value?: string; message: string }[];
  problems_in_all: number;
  passwords_to_make_up: number;
}

export interface Counts {
  sheet: string;
  create: number;
  change: number;
  move: number;
  remove: number;
  activate: number;
  unchanged: number;
  missing: number;
}

export interface Line {
  deed: "create" | "change" | "move" | "deactivate" | "activate" | "delete";
  sheet: string;
  file?: string;
  row?: number;
  name: string;
  columns: { column: string; from?: string; to: string }[];
}

export interface Applied {
  import?: number;
  created: number;
  changed: number;
  removed: number;
}

interface Upload {
  files: { file: string; bytes: number }[];
  plan?: string;
  applied?: Applied;
}

/** How the files are to be read. */
export interface Options {
  passwords: "made_up" | "given" | "unset";
  sheet: string;
  encoding: string;
  ignore: string;
  children: string;
  educators: string;
  families: string;
  remove_missing: boolean;
  max_removals: string;
  erase_after_days: string;
}

export interface Work {
  upload: string;
  files: Upload["files"];
  options: Options;
  plan?: Plan | undefined;
  /** Whether the plan was made anew because something had changed. */
  anew: boolean;
  busy?: "files" | "plan" | "apply" | undefined;
  progress?: { done: number; total: number } | undefined;
  problem?: unknown;
  applied?: Applied | undefined;
  /** Passwords that were made up; they are nowhere else. */
  slips: Slip[];
  /** Whether those were printed or kept. */
  handedOut: boolean;
}

const KEY = "roster";
const USUAL: Options = {
  passwords: "made_up",
  sheet: "",
  encoding: "",
  ignore: "",
  children: "",
  educators: "",
  families: "",
  remove_missing: false,
  max_removals: "10%",
  erase_after_days: "",
};

function fresh(upload: string, options: Options): Work {
  return { upload, files: [], options, anew: false, slips: [], handedOut: false };
}

/** A name for an upload: 24 hexadecimal digits. */
function name(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether the upload is that of a page which was left. */
let restored = false;

function begun(): Work {
  try {
    const [upload, options] = JSON.parse(sessionStorage.getItem(KEY) ?? "") as [string, Options];
    restored = true;
    return fresh(upload, { ...USUAL, ...options });
  } catch {
    return fresh(name(), USUAL);
  }
}

export const work = new Store<Work>(begun());

session.follow(() => {
  if (session.value.current) return;
  sessionStorage.removeItem(KEY);
  work.set(fresh(name(), USUAL));
});

export function change(part: Partial<Work>): void {
  work.set({ ...work.value, ...part });
  sessionStorage.setItem(KEY, JSON.stringify([work.value.upload, work.value.options]));
}

const path = (rest = ""): string => `/rosters/uploads/${work.value.upload}${rest}`;

/** Whether an upload was applied already, as by another tab: then asking for that tells what was changed. */
const wasApplied = (error: unknown): boolean => error instanceof Refusal && error.status === 409 && error.title.startsWith("The upload was applied already");

/** Does one thing, of the upload that there is: what comes of it is of no use to another. */
async function during(busy: NonNullable<Work["busy"]>, deed: (tell: typeof change) => Promise<void>): Promise<void> {
  const { upload } = work.value;
  const tell = (part: Partial<Work>) => (work.value.upload === upload ? change(part) : undefined);
  tell({ busy, problem: undefined, progress: undefined });
  try {
    await deed(tell);
  } catch (problem) {
    tell({ problem });
  }
  tell({ busy: undefined, progress: undefined });
}

/** What the service still knows of the upload, for a page that was loaded anew. */
export async function comeBack(): Promise<void> {
  if (!restored) return;
  const known = await get<Upload>(path()).catch((error: unknown) => {
    if (error instanceof Refusal && error.status === 404) return undefined;
    throw error;
  });
  restored = false;
  if (known) change({ files: known.body.files, applied: known.body.applied });
}

export function addFiles(files: File[]): Promise<void> {
  return during("files", async (tell) => {
    tell({ plan: undefined, anew: false });
    for (const [done, file] of files.entries()) {
      tell({ progress: { done, total: files.length } });
      const upload = await insist<Upload>("PUT", path(`/files/${encodeURIComponent(file.name)}`), file);
      tell({ files: upload.files });
    }
  });
}

/** What is sent of the options. */
function sent({ passwords, sheet, encoding, ignore, children, educators, families, ...leaving }: Options): Record<string, unknown> {
  const usernames = Object.fromEntries(Object.entries({ children, educators, families }).filter(([, from]) => from));
  const { remove_missing, max_removals, erase_after_days } = leaving;
  return {
    passwords,
    ...(sheet ? { sheet } : {}),
    ...(encoding ? { encoding } : {}),
    ...(ignore ? { ignore: ignore.split(",").map((header) => header.trim()).filter(Boolean) } : {}),
    ...(Object.keys(usernames).length ? { usernames } : {}),
    ...(remove_missing ? { remove_missing, max_removals, ...(erase_after_days ? { erase_after_days: Number(erase_after_days) } : {}) } : {}),
  };
}

interface TypedSlip extends Slip {
  type: string;
}

function slipsOf(table: string): TypedSlip[] {
  const slips = cells(table).slice(1).map(([type = "", username = "", password = ""]) => ({ type, username, password }));
  return slips.sort((one, other) => one.username.localeCompare(other.username));
}

/** Slips of a class together, as they are handed out; those who are in none come first. */
async function byClass(slips: TypedSlip[]): Promise<Slip[]> {
  const educators = (await get<Professional[]>("/educators?sort=username&limit=1000")).body;
  const groups = new Map(educators.flatMap((one) => one.children_groups).flatMap(({ name, children }) => children.map((child) => [child.username, name] as const)));
  const known = slips.map((slip) => {
    const group = slip.type === "child" ? groups.get(slip.username) : undefined;
    return group ? { ...slip, group } : slip;
  });
  return known.sort((one, other) => (one.group ?? "").localeCompare(other.group ?? "", undefined, { numeric: true }));
}

const planned = (): Promise<Plan> => insist<Plan>("POST", path("/plan"), sent(work.value.options));

async function plannedOrApplied(tell: typeof change, anew: boolean): Promise<void> {
  try {
    tell({ plan: await planned(), anew });
  } catch (error) {
    if (!wasApplied(error)) throw error;
    tell({ applied: await insist<Applied>("POST", path("/apply"), {}), plan: undefined });
  }
}

export function makePlan(): Promise<void> {
  return during("plan", (tell) => plannedOrApplied(tell, false));
}

/** Passwords are hashed first, and fetched, since they are told no more once the plan is applied. */
export function applyPlan({ plan, passwords_to_make_up }: Plan): Promise<void> {
  return during("apply", async (tell) => {
    try {
      for (let more = true; more; ) {
        const progress = await insist<{ done: number; total: number }>("POST", path("/prepare"));
        tell({ progress });
        more = progress.done < progress.total;
      }
      const table = passwords_to_make_up ? await (await getFile(path("/passwords"))).text() : "";
      const applied = await insist<Applied>("POST", path("/apply"), { plan });
      tell({ applied, slips: slipsOf(table), plan: undefined });
      if (table) tell({ slips: await byClass(slipsOf(table)) });
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 409) throw error;
      await plannedOrApplied(tell, true);
    }
  });
}

/** Forgets the upload, and begins another. */
export function startAnew(): void {
  const before = path();
  sessionStorage.removeItem(KEY);
  work.set(fresh(name(), work.value.options));
  // It is forgotten after half an hour in any case.
  insist("DELETE", before).catch(() => undefined);
}
