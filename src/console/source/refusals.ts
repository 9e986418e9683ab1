// What the service's refusals mean, in the reader's language. The original text is shown beside it.

import { Lost, Refusal } from "./api";
import { type Key, t } from "./language";

const KNOWN: [RegExp, Key][] = [
  [/^Invalid username or password!/, "refused_login"],
  [/^TOO MANY REQUESTS/, "refused_too_many"],
  [/^FORBIDDEN/, "refused_forbidden"],
  [/^Password does not match!/, "refused_old_password"],
  [/must have at least (\d+) characters!/, "refused_too_short"],
  [/must have at most (\d+) (?:characters|bytes)!/, "refused_too_long"],
  [/must not contain control characters!/, "refused_control"],
  [/must have at least one character!|are required!|is required!/, "refused_missing"],
  [/^The NFC tag is already associated/, "refused_tag_taken"],
  [/is already registered/, "refused_taken"],
  [/^NFC Tag must have a valid value/, "refused_tag"],
  [/^The institution is associated/, "refused_institution_used"],
  [/institution provided does not have a registration/, "refused_no_institution"],
  [/children to be registered before proceeding/, "refused_no_child"],
  [/limit of \d+ children groups/, "refused_group_limit"],
  [/^Age cannot|^Provided age|^Date/, "refused_age"],
  [/There is no registered|not found!/, "refused_gone"],
  [/^REQUEST ENTITY TOO LARGE/, "refused_large"],
  [/^The import was taken back already/, "refused_undone"],
  [/^The plan asks/, "refused_open"],
  [/^The upload was applied already/, "refused_applied"],
  [/^The plan is |^There is no plan of this upload/, "refused_plan"],
  [/^The import cannot be carried out/, "refused_import"],
  [/The disk of the server is full/, "refused_disk_full"],
  [/As many files wait/, "refused_uploads_full"],
  [/^SERVICE UNAVAILABLE/, "refused_unavailable"],
  [/^An internal server error/, "refused_internal"],
];

/** What happened, for the reader. */
export function meaning(error: unknown): string {
  if (error instanceof Lost) return t("refused_lost");
  if (!(error instanceof Refusal)) return t("refused_internal");
  for (const [pattern, key] of KNOWN) {
    const found = pattern.exec(error.title) ?? pattern.exec(error.detail);
    if (found) return t(key, { n: Number(found[1] ?? 0), seconds: error.retryAfter });
  }
  return t("refused_other");
}

/** The service's own words. */
export function original(error: unknown): string {
  return error instanceof Refusal ? `${error.status} · ${error.message}` : "";
}

/** What is wrong with a row or a file of a roster, and what to do. */
const PROBLEMS: [RegExp, Key][] = [
  [/^there is no .* of this (name or )?id/, "problem_unknown"],
  [/^several are called so/, "problem_several"],
  [/needs a password/, "problem_password"],
  [/^a new .* needs/, "problem_incomplete"],
  [/is no gender|is no sex/, "problem_gender"],
  [/neither a number nor a date|has no such day|is no day|can be read in two ways/, "problem_date"],
  [/^this lies in the future/, "problem_future"],
  [/^this is empty/, "problem_empty"],
  [/^this is too long/, "problem_long"],
  [/is about the same|says that the same/, "problem_twice"],
  [/says the same: only one can have it|^it is that of another one/, "problem_taken"],
  [/^the row has /, "problem_cells"],
  [/^a cell is very long/, "problem_quote"],
  [/is no header of/, "problem_header"],
  [/^its first row holds n/, "problem_headers"],
  [/^its name says no sheet/, "problem_sheet"],
  [/spreadsheet program's own file|^this is a PDF/, "problem_csv"],
];

/** Why something of a child's files is left as it is. */
const SKIPPED: [RegExp, Key][] = [
  [/^another source has/, "skipped_source"],
  [/^something else of this time|^another body fat/, "skipped_taken"],
  [/^it lies in the future/, "problem_future"],
  [/^it is older than/, "skipped_old"],
  [/^its values are none/, "skipped_impossible"],
];

/** Why something is not taken back. */
const LEFT: [RegExp, Key][] = [
  [/another password/, "left_password"],
  [/^was edited|^was changed since/, "left_edited"],
  [/^was changed by a later import/, "left_later"],
  [/^is in use/, "left_used"],
  [/^cannot be put back/, "left_taken"],
];

function found(words: [RegExp, Key][], message: string): string | undefined {
  const key = words.find(([pattern]) => pattern.test(message))?.[1];
  return key ? t(key) : undefined;
}

export const problemWords = (message: string): string | undefined => found(PROBLEMS, message);
export const skippedWords = (why: string): string | undefined => found(SKIPPED, why);
export const leftWords = (why: string): string | undefined => found(LEFT, why);
