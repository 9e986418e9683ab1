// Pictures as small as a line of text: what they show stands beside them in figures.

import { type Day, known } from "../days";
import { t } from "../language";

const WIDTH = 240;
const HEIGHT = 36;

/** A path through what was measured, with gaps where nothing was. */
function path(values: (number | null)[], least: number, most: number): string {
  let drawn = "";
  let pen = "M";
  values.forEach((value, n) => {
    if (value === null) {
      pen = "M";
      return;
    }
    const x = (WIDTH * (n + 0.5)) / values.length;
    const y = HEIGHT - 3 - ((HEIGHT - 6) * (value - least)) / (most - least || 1);
    // A day between two gaps is a point.
    drawn += `${pen}${x.toFixed(1)} ${y.toFixed(1)}${pen === "M" ? "h.1" : ""}`;
    pen = "L";
  });
  return drawn;
}

/** A child's days, before the class's median of each. */
export function Trace({ own, medians, least, most }: { own: (number | null)[]; medians: (number | null)[]; least: number; most: number }) {
  if (!known(own).length) return <span class="note">{t("not_measured")}</span>;
  return (
    <svg class="trace" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="median" d={path(medians, least, most)} />
      <path class="own" d={path(own, least, most)} />
    </svg>
  );
}

/** Of which days something was measured. */
export function Coverage({ own, days, past }: { own: (number | null)[]; days: Day[]; past: number }) {
  const measured = known(own).length;
  const cell = 100 / days.length;
  return (
    <span class="coverage">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        {own.map((value, n) => (value === null ? null : <rect key={days[n]} x={n * cell} width={cell * 0.82} height="8" />))}
      </svg>
      <span>{t("n_of_m", { n: measured, m: past })}</span>
    </span>
  );
}
