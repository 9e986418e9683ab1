// A child: its day, week, term and years, as those see it who may.

import { useMemo } from "preact/hooks";
import { get } from "../api";
import { type ChildDays, type Day, METRICS, type Span, byWeek, isDay, known, median, plus, range, spanOf, today, values } from "../days";
import { duration, number, t, time } from "../language";
import { type Loaded, useLoad } from "../load";
import { NAMES, STEPS, WRITE } from "../metrics";
import { Empty, Figure, Page, Shown } from "../parts/basics";
import { Chart } from "../parts/chart";
import { Spans } from "../parts/spans";
import { go, link } from "../route";
import type { Session } from "../session";

export const SPANS: Span[] = ["day", "week", "term", "year", "years"];

/** One request for each year at most. */
export async function loadDays(id: string, [first, last]: [Day, Day], signal: AbortSignal): Promise<ChildDays> {
  const starts: Day[] = [];
  for (let start = first; start <= last; start = plus(start, 364)) starts.push(start);
  const part = (start: Day) => {
    const end = plus(start, 363);
    return get<ChildDays>(`/children/${id}/days/${start}/${end < last ? end : last}`, signal);
  };
  const parts = await Promise.all(starts.map(part));
  const whole = parts[0]!.body;
  return { ...whole, days: parts.flatMap((one) => one.body.days) };
}

/** What was asked for, which is shown until the next has come, and its days. */
interface ShownDays extends ChildDays {
  shown: Day;
  span: Span;
}

/** Loads the days of a span; where no day was named and there is nothing now, the newest that there is. */
export function useDays(id: string, span: Span, given: string | undefined): { day: Day; loaded: Loaded<ShownDays> } {
  const asked = isDay(given) ? given : today();
  const loaded = useLoad(async (signal) => {
    const found = await loadDays(id, spanOf(span, asked), signal);
    const newest = found.last_day;
    if (isDay(given) || found.days.length || !newest) return { ...found, shown: asked, span };
    return { ...(await loadDays(id, spanOf(span, newest), signal)), shown: newest, span };
  }, [id, span, asked, given]);
  return { day: loaded.data?.shown ?? asked, loaded };
}

export function ChildPage({ who, id, span: named, date }: { who: Session; id: string; span: string | undefined; date: string | undefined }) {
  const span = SPANS.find((each) => each === named) ?? "week";
  const { day, loaded } = useDays(id, span, date);
  return (
    <Page title={loaded.data?.username ?? t("child")} actions={who.role === "healthprofessional" ? null : <a class="button" href={link("upload", id)}>{t("upload_file")}</a>}>
      <Spans span={span} day={day} spans={SPANS} go={(chosen, at) => go("child", id, chosen, at)} />
      <Shown of={loaded}>
        {(child) => (
          <>
            <Hint child={child} days={spanOf(child.span, child.shown)} />
            {child.span === "day" ? <OneDay id={id} child={child} day={child.shown} /> : <Pictures child={child} span={child.span} day={child.shown} />}
          </>
        )}
      </Shown>
    </Page>
  );
}

/** Where to look if there is nothing to be seen. */
function Hint({ child, days: [first, last] }: { child: ChildDays; days: [Day, Day] }) {
  if (child.days.length) return null;
  const newest = child.last_day;
  if (!newest) return <Empty>{t("nothing_at_all")}</Empty>;
  return newest < first || newest > last ? (
    <Empty>
      <p>{t("nothing_here")}</p>
      <button type="button" onClick={() => go("child", child.child_id, "week", newest)}>{t("show_newest")}</button>
    </Empty>
  ) : (
    <Empty>{t("nothing_here")}</Empty>
  );
}

function Pictures({ child, span, day }: { child: ChildDays; span: Span; day: Day }) {
  const weekly = span === "year" || span === "years";
  const drawn = useMemo(() => {
    const days = range(...spanOf(span, day));
    return METRICS.map((metric) => {
      const daily = values(child.days, days, metric);
      const shown = weekly ? byWeek(days, daily) : { days, values: daily };
      const form = span === "week" ? ("bars" as const) : ("line" as const);
      return { metric, days: shown.days, lines: [{ label: t(NAMES[metric]), values: shown.values, form }], measured: known(daily) };
    });
  }, [child, span, day]);
  return (
    <>
      <dl class="figures">
        {drawn.map(({ metric, measured }) => (
          <Figure key={metric} label={`${t(NAMES[metric])} · ${t("median_day")}`} value={measured.length ? WRITE[metric](median(measured)!) : "–"} note={t("days_measured", { n: measured.length })} />
        ))}
      </dl>
      <div class="charts">
        {drawn.map(({ metric, days, lines }) => (
          <Chart key={metric} title={t(NAMES[metric])} days={days} lines={lines} write={WRITE[metric]} steps={STEPS[metric]} each={weekly ? "week" : "day"} />
        ))}
      </div>
    </>
  );
}

interface Activity {
  id: string;
  name: string;
  start_time: string;
  end_time: string;
  steps?: number;
  calories: number;
}

function OneDay({ id, child, day }: { id: string; child: ChildDays; day: Day }) {
  const of = child.days.find((one) => one.date === day);
  const activities = useLoad(async (signal) => {
    // The day is the reader's, the service's times are of UTC.
    const [from, to] = [day, plus(day, 1)].map((at) => new Date(`${at}T00:00:00`).toISOString().slice(0, 19));
    const path = `/children/${id}/physicalactivities?start_time=gte:${from}&start_time=lt:${to}&sort=start_time`;
    return (await get<Activity[]>(path, signal)).body;
  }, [id, day]);
  return (
    <>
      <dl class="figures">
        {METRICS.map((metric) => (
          <Figure key={metric} label={t(NAMES[metric])} value={of?.[metric] === undefined ? "–" : WRITE[metric](of[metric]!)} note={of?.[metric] === undefined ? t("not_measured") : ""} />
        ))}
      </dl>
      <h2>{t("activities")}</h2>
      <Shown of={activities}>
        {(found) => (found.length ? <Activities found={found} /> : <Empty>{t("no_activities")}</Empty>)}
      </Shown>
    </>
  );
}

function Activities({ found }: { found: Activity[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("activities")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("activity")}</th>
            <th scope="col">{t("time_of_day")}</th>
            <th scope="col" class="number">{t("duration")}</th>
            <th scope="col" class="number">{t("steps")}</th>
            <th scope="col" class="number">{t("calories")}</th>
          </tr>
        </thead>
        <tbody>
          {found.map((one) => {
            const [start, end] = [`${one.start_time}Z`, `${one.end_time}Z`];
            return (
              <tr key={one.id}>
                <th scope="row">{one.name}</th>
                <td>{`${time(start)} – ${time(end)}`}</td>
                <td class="number">{duration((Date.parse(end) - Date.parse(start)) / 60_000)}</td>
                <td class="number">{one.steps === undefined ? "–" : number(one.steps)}</td>
                <td class="number">{number(one.calories)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

