// A picture of days: uPlot draws it, a sentence says what it shows, and a table has the same figures.

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { type Day, instant, known, median } from "../days";
import { day as dayText, t } from "../language";
import { Store, useStore } from "../store";

export interface Line {
  label: string;
  values: (number | null)[];
  form: "bars" | "line" | "low" | "high";
}

interface ChartProps {
  title: string;
  days: Day[];
  lines: Line[];
  /** How a figure is written. */
  write: (value: number) => string;
  /** How far apart the lines behind it may be. */
  steps: number[];
  /** Days, or weeks that begin with them. */
  each?: "day" | "week";
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const scheme = new Store(dark.matches);
dark.addEventListener("change", () => scheme.set(dark.matches));

const HEIGHT = 220;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** So many days can be told apart as points. */
const POINTS = 60;

function series({ label, form, values }: Line): uPlot.Series {
  const [ink, soft] = [colour("--chart"), colour("--chart-soft")];
  switch (form) {
    case "bars":
      return { label, fill: ink, stroke: ink, width: 0, paths: uPlot.paths.bars!({ size: [0.7, 48], radius: 0.15 }), points: { show: false } };
    case "line":
      return { label, stroke: ink, width: 2, spanGaps: false, points: { show: values.length <= POINTS, size: 5, fill: ink } };
    case "low":
    case "high":
      return { label, stroke: soft, width: 1, points: { show: false } };
  }
}

function options(width: number, { lines, write, days, steps }: ChartProps, hover: (n: number | null) => void): uPlot.Options {
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 }, font: "12px system-ui, sans-serif" };
  const low = lines.findIndex((line) => line.form === "low") + 1;
  const high = lines.findIndex((line) => line.form === "high") + 1;
  const form = days.length > 120 ? "month" : days.length > 10 ? "short" : "weekday";
  return {
    width,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] }, x: { range: (_, first, last) => [first - 43_200, last + 43_200] } },
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    axes: [
      { ...axis, space: 64, splits: (_, __, ___, ____, step) => splits(days, step / 86_400), values: (_, at) => at.map((seconds) => dayText(new Date(seconds * 1000).toISOString().slice(0, 10), form)) },
      { ...axis, size: 64, incrs: steps, values: (_, at) => at.map(write) },
    ],
    series: [{}, ...lines.map(series)],
    ...(low && high ? { bands: [{ series: [high, low] as [number, number], fill: colour("--chart-soft") }] } : {}),
    hooks: { setCursor: [(plot) => hover(plot.cursor.idx ?? null)] },
  };
}

/** The days that are written below the picture. */
function splits(days: Day[], apart: number): number[] {
  const between = days.length > 1 ? (instant(days[1]!) - instant(days[0]!)) / 86_400_000 : 1;
  const many = Math.max(1, Math.ceil(apart / between));
  const step = between === 1 && days.length > 14 && many > 2 ? Math.ceil(many / 7) * 7 : many;
  return days.filter((_, n) => n % step === 0).map((day) => instant(day) / 1000);
}

/** Draws, and again when figures, colours or room change. */
function usePlot(props: ChartProps, hover: (n: number | null) => void) {
  const place = useRef<HTMLDivElement>(null);
  const isDark = useStore(scheme);
  const { days, lines } = props;
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const data = [days.map((day) => instant(day) / 1000), ...lines.map((line) => line.values)] as uPlot.AlignedData;
    const plot = new uPlot(options(element.clientWidth, props, hover), data, element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => (observer.disconnect(), plot.destroy());
  }, [days, lines, isDark, props.write]);
  return place;
}

export function Chart(props: ChartProps) {
  const { title, days, lines, write, each = "day" } = props;
  const [at, setAt] = useState<number | null>(null);
  const [open, setOpen] = useState(false);
  const place = usePlot(props, setAt);
  const main = lines.find((line) => line.form === "bars" || line.form === "line") ?? lines[0]!;
  const figures = known(main.values);
  const middle = median(figures);
  const summary = middle === null ? t("chart_empty") : t("chart_summary", { median: write(middle), measured: figures.length, all: days.length });
  const hovered = at === null || !days[at] ? "" : `${dayText(days[at], "full")}: ${main.values[at] == null ? t("not_measured") : write(main.values[at]!)}`;
  return (
    <figure class="chart">
      <figcaption>
        <strong>{title}</strong> <span class="note">{hovered || summary}</span>
      </figcaption>
      <div ref={place} role="img" aria-label={`${title}. ${summary}`} class="plot" />
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t("as_table")}</summary>
        {open ? <Table title={title} days={days} lines={lines} write={write} each={each} /> : null}
      </details>
    </figure>
  );
}

function Table({ title, days, lines, write, each }: Omit<ChartProps, "steps">) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={title}>
      <table>
        <thead>
          <tr>
            <th scope="col">{each === "week" ? t("week_from") : t("day")}</th>
            {lines.map((line) => <th key={line.label} scope="col" class="number">{line.label}</th>)}
          </tr>
        </thead>
        <tbody>
          {days.map((day, n) => (
            <tr key={day}>
              <th scope="row">{dayText(day, "full")}</th>
              {lines.map((line) => <td key={line.label} class="number">{line.values[n] == null ? "–" : write(line.values[n]!)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
