// The service's API, as the pages ask it. Reading waits for what passes by itself: a lost connection, a service that is
// busy, a token that is over. Writing is never repeated unless the service said that it did nothing.

import { expire, session } from "./session";
import { Store } from "./store";

/** What the service answers in place of what was asked for. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly retryAfter: number,
  ) {
    super(detail ? `${title} ${detail}` : title);
  }
}

/** There was no answer. */
export class Lost extends Error {}

/** What people are told about the connection while something waits for it. */
export type Trouble = { kind: "none" } | { kind: "lost" } | { kind: "busy"; seconds: number };
export const trouble = new Store<Trouble>({ kind: "none" });

export interface Answer<T> {
  body: T;
  /** How many there are in all, of a list. */
  total: number;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

const LONGEST_WAIT = 15;

async function once(method: Method, path: string, body: unknown, signal?: AbortSignal, accept?: string): Promise<Response> {
  const token = session.value.current?.token;
  const headers: Record<string, string> = accept ? { Accept: accept } : {};
  if (token) headers.Authorization = `Bearer ${token}`;
  const init: RequestInit = { method, headers, cache: "no-store" };
  if (signal) init.signal = signal;
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  try {
    return await fetch(`/v1${path}`, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Lost("no answer");
  }
}

async function refusal(response: Response): Promise<Refusal> {
  const told = (await response.json().catch(() => ({}))) as { message?: string; description?: string };
  const wait = Number(response.headers.get("Retry-After") ?? 0);
  return new Refusal(response.status, told.message ?? response.statusText, told.description ?? "", wait);
}

/** Whether a token was refused: then somebody logs in again, here, and the same is asked once more. */
async function renewed(response: Response): Promise<boolean> {
  if (response.status !== 401 || !session.value.current) return false;
  const refused = session.value.current.token;
  expire();
  const now = await session.until(({ current, expired }) => !current || (!expired && current.token !== refused));
  return now.current !== null;
}

async function answer<T>(response: Response): Promise<Answer<T>> {
  if (!response.ok) throw await refusal(response);
  const body = (response.status === 204 ? undefined : await response.json()) as T;
  return { body, total: Number(response.headers.get("X-Total-Count") ?? 0) };
}

function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = () => {
      clearTimeout(timer);
      removeEventListener("online", go);
      resolve();
    };
    const timer = setTimeout(go, seconds * 1000);
    addEventListener("online", go);
    signal?.addEventListener("abort", () => {
      go();
      reject(signal.reason);
    });
  });
}

/** Asks for what may be asked again, and again until there is an answer. */
async function persist(method: Method, path: string, body?: unknown, signal?: AbortSignal, accept?: string): Promise<Response> {
  for (let wait = 1; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    try {
      const response = await once(method, path, body, signal, accept);
      if (response.status === 429 || response.status === 503) {
        const seconds = Number(response.headers.get("Retry-After") ?? 1);
        trouble.set({ kind: "busy", seconds });
        await pause(seconds, signal);
        continue;
      }
      trouble.set({ kind: "none" });
      if (await renewed(response)) continue;
      return response;
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      trouble.set({ kind: "lost" });
      await pause(wait, signal);
    }
  }
}

/** How often a file is sent anew whose connection was lost. */
const SENT_ANEW = 3;

/** Puts a file, which may be long, and tells how much of it is on its way, as long as that is wanted. */
export async function putFile<T>(path: string, file: File, tell: (part: number) => boolean): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      const response = await sent(path, file, tell);
      trouble.set({ kind: "none" });
      if (await renewed(response)) continue;
      return (await answer<T>(response)).body;
    } catch (error) {
      if (!(error instanceof Lost) || tries >= SENT_ANEW || !tell(0)) throw error;
      trouble.set({ kind: "lost" });
      await pause(2 ** tries);
    }
  }
}

/** The only way in which a browser tells how far a body is. */
function sent(path: string, file: File, tell: (part: number) => boolean): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `/v1${path}`);
    const token = session.value.current?.token;
    if (token) request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => tell(total ? loaded / total : 0) || request.abort();
    request.onload = () => {
      const wait = request.getResponseHeader("Retry-After");
      resolve(new Response(request.responseText, { status: request.status, headers: wait ? { "Retry-After": wait } : {} }));
    };
    request.onabort = () => reject(new Lost("given up"));
    request.onerror = () => reject(new Lost("no answer"));
    request.send(file);
  });
}

/** Asks for something, and again until there is an answer. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
  return answer<T>(await persist("GET", path, undefined, signal));
}

/** Asks for a file. */
export async function getFile(path: string, accept?: string): Promise<Blob> {
  const response = await persist("GET", path, undefined, undefined, accept);
  if (!response.ok) throw await refusal(response);
  return response.blob();
}

/** Has something done that is the same when it is done twice, and asks until there is an answer. */
export async function insist<T>(method: Method, path: string, body?: unknown): Promise<T> {
  return (await answer<T>(await persist(method, path, body))).body;
}

/** Has something changed, once. */
export async function send<T>(method: Method, path: string, body?: unknown): Promise<T> {
  for (;;) {
    const response = await once(method, path, body);
    trouble.set({ kind: "none" });
    if (await renewed(response)) continue;
    return (await answer<T>(response)).body;
  }
}

/** Logs in; the answer's token is handed on. */
export async function logIn(username: string, password: string): Promise<string> {
  const response = await fetch("/v1/auth", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username, password }),
  }).catch(() => {
    throw new Lost("no answer");
  });
  return (await answer<{ access_token: string }>(response)).body.access_token;
}

/** A query string of what is given. */
export function query(values: Record<string, string | number | undefined>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}` : "";
}
