// The figures that pages show, and how each is written.

import type { Metric } from "./days";
import { type Key, duration, number } from "./language";

export const NAMES: Record<Metric, Key> = { steps: "steps", active_minutes: "active_minutes", sleep_minutes: "sleep" };

const count = (value: number): string => number(value);

export const WRITE: Record<Metric, (value: number) => string> = {
  steps: count,
  active_minutes: duration,
  sleep_minutes: duration,
};

/** Between which figures the lines of a picture lie. */
export const STEPS: Record<Metric, number[]> = {
  steps: [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000],
  active_minutes: [15, 30, 60, 120, 240],
  sleep_minutes: [60, 120, 180, 240],
};
