// A class: its week or its term, every child against the class's own median. Nobody is ranked.

import { useMemo, useState } from "preact/hooks";
import { get } from "../api";
import { type ChildDays, type Day, METRICS, type Metric, type Span, acrossRows, isDay, known, median, quantile, range, spanOf, today, values } from "../days";
import { number, t } from "../language";
import { useLoad } from "../load";
import { NAMES, STEPS, WRITE } from "../metrics";
import { Empty, Figure, Page, Shown } from "../parts/basics";
import { Chart, type Line } from "../parts/chart";
import { Tabs } from "../parts/forms";
import { Coverage, Trace } from "../parts/small";
import { Spans } from "../parts/spans";
import { go, link } from "../route";
import type { Session } from "../session";
import { coverageLink } from "./coverage";
import { type Group, groupsPath } from "./groups";

const SPANS: Span[] = ["week", "term"];

interface Class {
  group: Group;
  children: ChildDays[];
  /** What was asked for: until the next has come, these are shown. */
  shown: Day;
  span: Span;
}

async function load(path: string, span: Span, given: string | undefined, signal: AbortSignal): Promise<Class> {
  const asked = isDay(given) ? given : today();
  const days = async (day: Day) => (await get<{ children: ChildDays[] }>(`${path}/days/${spanOf(span, day).join("/")}`, signal)).body.children;
  const [group, children] = await Promise.all([get<Group>(path, signal), days(asked)]);
  const newest = children.map((child) => child.last_day ?? "").reduce((a, b) => (a > b ? a : b), "");
  if (isDay(given) || !newest || children.some((child) => child.days.length)) return { group: group.body, children, shown: asked, span };
  return { group: group.body, children: await days(newest), shown: newest, span };
}

export function ClassPage({ who, id, span: named, date }: { who: Session; id: string; span: string | undefined; date: string | undefined }) {
  const span = SPANS.find((each) => each === named) ?? "week";
  const path = `${groupsPath(who)}/${id}`;
  const loaded = useLoad((signal) => load(path, span, date, signal), [path, span, date]);
  const day = loaded.data?.shown ?? (isDay(date) ? date : today());
  const schoolClass = loaded.data?.group.school_class;
  const lead = schoolClass && t("of_class", { name: schoolClass });
  return (
    <Page title={loaded.data?.group.name ?? t("class")} {...(lead ? { lead } : {})} actions={<><a class="button" href={coverageLink(who.role === "educator" ? "educators" : "healthprofessionals", who.id, { id })}>{t("coverage")}</a><a class="button" href={link("groups", id, "change")}>{t("group_change")}</a></>}>
      <Spans span={span} day={day} spans={SPANS} go={(chosen, at) => go("groups", id, chosen, at)} />
      <Shown of={loaded}>{(found) => <Days found={found} />}</Shown>
    </Page>
  );
}

/** What is drawn of a class. */
interface Drawn {
  days: Day[];
  rows: { child: ChildDays; values: (number | null)[] }[];
  medians: (number | null)[];
  lines: Line[];
}

function draw({ children, shown, span }: Class, metric: Metric): Drawn {
  const days = range(...spanOf(span, shown));
  const rows = children.map((child) => ({ child, values: values(child.days, days, metric) }));
  const across = (part: number) => acrossRows(rows.map((row) => row.values), days.length, part);
  const medians = across(0.5);
  const lines: Line[] = [
    { label: t("class_median"), values: medians, form: "line" },
    { label: t("quarter_below"), values: across(0.25), form: "low" },
    { label: t("quarter_above"), values: across(0.75), form: "high" },
  ];
  return { days, rows, medians, lines };
}

function Days({ found }: { found: Class }) {
  const [metric, setMetric] = useState<Metric>("steps");
  const drawn = useMemo(() => draw(found, metric), [found, metric]);
  const past = drawn.days.filter((day) => day <= today()).length;
  const all = drawn.rows.flatMap((row) => known(row.values));
  const worn = drawn.rows.filter((row) => known(row.values).length).length;
  if (!found.children.length) return <Empty>{t("class_empty")}</Empty>;
  return (
    <>
      <Tabs label={t("figure")} value={metric} options={METRICS.map((each) => [each, t(NAMES[each])] as const)} onValue={setMetric} />
      <dl class="figures">
        <Figure label={t("class_median")} value={all.length ? WRITE[metric](median(all)!) : "–"} note={t("per_day")} />
        <Figure label={t("children_measured")} value={t("n_of_m", { n: worn, m: drawn.rows.length })} />
        <Figure label={t("coverage")} value={past ? `${number((100 * all.length) / (past * drawn.rows.length))} %` : "–"} note={t("coverage_note")} />
      </dl>
      <Chart title={`${t(NAMES[metric])}: ${t("class_median_and_middle")}`} days={drawn.days} lines={drawn.lines} write={WRITE[metric]} steps={STEPS[metric]} />
      <Children drawn={drawn} metric={metric} past={past} span={found.span} />
    </>
  );
}

function Children({ drawn, metric, past, span }: { drawn: Drawn; metric: Metric; past: number; span: Span }) {
  const all = drawn.rows.flatMap((row) => known(row.values));
  const [least, most] = [quantile(all, 0) ?? 0, quantile(all, 1) ?? 0];
  return (
    <>
    <p class="note">{t("children_lead")}</p>
    <div class="scroll" tabIndex={0} role="region" aria-label={t("children")}>
      <table class="children">
        <thead>
          <tr>
            <th scope="col">{t("child")}</th>
            <th scope="col">{t("against_median")}</th>
            <th scope="col" class="number">{t("own_median")}</th>
            <th scope="col">{t("coverage")}</th>
          </tr>
        </thead>
        <tbody>
          {drawn.rows.map(({ child, values: own }) => {
            const measured = known(own);
            return (
              <tr key={child.child_id}>
                <th scope="row"><a href={link("child", child.child_id, span)}>{child.username}</a></th>
                <td><Trace own={own} medians={drawn.medians} least={least} most={most} /></td>
                <td class="number">{measured.length ? WRITE[metric](median(measured)!) : "–"}</td>
                <td><Coverage own={own} days={drawn.days} past={past} /></td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
    </>
  );
}
