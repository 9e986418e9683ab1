// The reader's language: every text, and dates and numbers by the browser's own rules.

import { Store } from "./store";
import { el } from "./texts/el";
import { en } from "./texts/en";
import { es } from "./texts/es";
import { pt } from "./texts/pt";

export type Key = keyof typeof en;
export type Texts = Record<Key, string>;

/** Each with its own name. */
export const LANGUAGES = { en: "English", pt: "Português", es: "Español", el: "Ελληνικά" } as const;
export type Language = keyof typeof LANGUAGES;

const TABLES: Record<Language, Texts> = { en, pt, es, el };
const STORED = "language";

function preferred(): Language {
  const stored = localStorage.getItem(STORED);
  const wanted = [stored ?? "", ...navigator.languages].map((tag) => tag.slice(0, 2));
  return wanted.find((tag): tag is Language => tag in TABLES) ?? "en";
}

export const language = new Store<Language>(preferred());
document.documentElement.lang = language.value;

export function choose(chosen: Language): void {
  localStorage.setItem(STORED, chosen);
  document.documentElement.lang = chosen;
  language.set(chosen);
}

/** The text of this key, with what stands in for its {places}. */
export function t(key: Key, places: Record<string, string | number> = {}): string {
  return TABLES[language.value][key].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const place = places[name];
    return place === undefined ? whole : typeof place === "number" ? number(place) : place;
  });
}

/** The language as the browser has it, with its region. */
function locale(): string {
  return navigator.languages.find((tag) => tag.startsWith(language.value)) ?? language.value;
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

export type DayForm = "full" | "short" | "weekday" | "month";

const FORMS: Record<DayForm, Intl.DateTimeFormatOptions> = {
  full: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
  short: { day: "numeric", month: "short" },
  weekday: { weekday: "short", day: "numeric" },
  month: { month: "short", year: "numeric" },
};

/** A day, which has no time zone. */
export function day(text: string, form: DayForm): string {
  return new Intl.DateTimeFormat(locale(), { ...FORMS[form], timeZone: "UTC" }).format(Date.parse(`${text}T00:00:00Z`));
}

export function weekdayName(text: string): string {
  const form = new Intl.DateTimeFormat(locale(), { weekday: "long", timeZone: "UTC" });
  return form.format(Date.parse(`${text}T00:00:00Z`));
}

export function dayRange(first: string, last: string): string {
  const form = new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  return form.formatRange(Date.parse(`${first}T00:00:00Z`), Date.parse(`${last}T00:00:00Z`));
}

/** An instant, as clocks show it where the reader is. */
export function moment(instant: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(instant));
}

export function time(instant: string): string {
  return new Intl.DateTimeFormat(locale(), { timeStyle: "short" }).format(new Date(instant));
}

/** Minutes, as hours and minutes. */
export function duration(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), Math.round(minutes % 60)];
  if (hours && !rest) return t("hours", { hours });
  return hours ? t("hours_minutes", { hours, minutes: rest }) : t("minutes", { minutes: rest });
}
