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
