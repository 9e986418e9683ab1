// Who is logged in. The token lives in memory and in the tab's session storage: other tabs, and whoever opens the
// browser later, have none, and there is no cookie that another site could make use of.

import { Store } from "./store";

export type Role = "admin" | "educator" | "healthprofessional" | "family" | "child" | "application";

export interface Session {
  token: string;
  id: string;
  role: Role;
  username: string;
}

const KEY = "session";

/** The session, and whether its token is refused: then the page stays as it is until somebody logs in again. */
export const session = new Store<{ current: Session | null; expired: boolean }>({ current: restored(), expired: false });

function restored(): Session | null {
  try {
    const stored = sessionStorage.getItem(KEY);
    return stored ? sessionOf(...(JSON.parse(stored) as [string, string])) : null;
  } catch {
    return null;
  }
}

/** Reads what the token says of its user; the service alone judges whether it is a good one. */
function sessionOf(token: string, username: string): Session | null {
  const part = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
  const claims = JSON.parse(atob(part)) as { sub: string; sub_type: Role };
  return { token, username, id: claims.sub, role: claims.sub_type };
}

export function begin(token: string, username: string): void {
  const current = sessionOf(token, username);
  const before = session.value.current;
  sessionStorage.setItem(KEY, JSON.stringify([token, username]));
  // Somebody else starts at his own first page.
  if (before && before.id !== current?.id) location.hash = "";
  session.set({ current, expired: false });
}

export function end(): void {
  sessionStorage.removeItem(KEY);
  location.hash = "";
  session.set({ current: null, expired: false });
}

export function expire(): void {
  session.set({ ...session.value, expired: true });
}
