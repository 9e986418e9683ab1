// Days, as the service writes them (`2026-01-05`), and what is computed of their figures.

export type Day = string;

export interface KnownDay {
  date: Day;
  steps?: number;
  active_minutes?: number;
  sleep_minutes?: number;
}

export interface ChildDays {
  child_id: string;
  username: string;
  last_day?: Day;
  days: KnownDay[];
}

export type Metric = "steps" | "active_minutes" | "sleep_minutes";
export const METRICS: Metric[] = ["steps", "active_minutes", "sleep_minutes"];

const LENGTH = 86_400_000;

export const instant = (day: Day): number => Date.parse(`${day}T00:00:00Z`);
export const plus = (day: Day, days: number): Day => new Date(instant(day) + days * LENGTH).toISOString().slice(0, 10);
export const between = (first: Day, last: Day): number => Math.round((instant(last) - instant(first)) / LENGTH);

/** Today, where the reader is. */
export function today(): Day {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** The Monday of a day's week. */
export function monday(day: Day): Day {
  return plus(day, -((new Date(instant(day)).getUTCDay() + 6) % 7));
}

export function isDay(text: string | undefined): text is Day {
  return text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(instant(text));
}

export function range(first: Day, last: Day): Day[] {
  return Array.from({ length: between(first, last) + 1 }, (_, n) => plus(first, n));
}

/** How much time a picture shows. */
export type Span = "day" | "week" | "term" | "year" | "years";

/** The first and the last day of the span that a day lies in: a term is the 13 weeks that end with its own. */
export function spanOf(span: Span, day: Day): [Day, Day] {
  const week = monday(day);
  switch (span) {
    case "day":
      return [day, day];
    case "week":
      return [week, plus(week, 6)];
    case "term":
      return [plus(week, -84), plus(week, 6)];
    case "year":
      return [plus(week, 6 - 363), plus(week, 6)];
    case "years":
      return [plus(week, 6 - 5 * 364 + 1), plus(week, 6)];
  }
}

/** A day of the span before or after. */
export function moved(span: Span, day: Day, by: number): Day {
  const lengths: Record<Span, number> = { day: 1, week: 7, term: 91, year: 364, years: 5 * 364 };
  return plus(day, by * lengths[span]);
}

/** The figures of each day of a range; nothing where nothing was measured. */
export function values(known: KnownDay[], days: Day[], metric: Metric): (number | null)[] {
  const by = new Map(known.map((day) => [day.date, day[metric]]));
  return days.map((day) => by.get(day) ?? null);
}

/** The value that so great a part of the sorted values does not exceed; between two, what lies between them. */
export function quantile(values: number[], part: number): number | null {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (values: number[]): number | null => quantile(values, 0.5);

export const known = (values: (number | null)[]): number[] => values.filter((value) => value !== null);

/** For each day, one figure of what all rows have there. */
export function acrossRows(rows: (number | null)[][], length: number, part: number): (number | null)[] {
  return Array.from({ length }, (_, n) => quantile(known(rows.map((row) => row[n] ?? null)), part));
}

/** The medians of each seven days, for pictures of long times. */
export function byWeek(days: Day[], values: (number | null)[]): { days: Day[]; values: (number | null)[] } {
  const starts = days.filter((_, n) => n % 7 === 0);
  return { days: starts, values: starts.map((_, week) => median(known(values.slice(week * 7, week * 7 + 7)))) };
}
