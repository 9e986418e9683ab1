// Coverage: of which days what is stored of a group's children, as a picture with a table below it.

import { get } from "../api";
import { type Day, isDay, plus, range, spanOf, today } from "../days";
import { download } from "../files";
import { day as dayText, number, t } from "../language";
import { useLoad } from "../load";
import { Empty, Page, Shown } from "../parts/basics";
import { Deed } from "../parts/forms";
import { Spans } from "../parts/spans";
import { Table } from "../parts/table";
import { kindName } from "../parts/uploads";
import { go, link } from "../route";
import type { Group } from "./groups";

interface Covered {
  child_id: string;
  username: string;
  days: { date: Day; kinds: string[] }[];
}

/** What is drawn on each of three lines: totals of days, sleep, all else. */
const LINES = [["steps", "calories", "active_minutes", "lightly_active_minutes", "sedentary_minutes"], ["sleep"], ["physicalactivities", "weights", "bodyfats"]];
const KINDS = LINES.flat();

interface Props {
  owners: "educators" | "healthprofessionals";
  owner: string;
  group: string;
  date: string | undefined;
}

export function CoveragePage({ owners, owner, group, date }: Props) {
  const day = isDay(date) ? date : today();
  const [first, last] = spanOf("term", day);
  const path = `/${owners}/${owner}/children/groups/${group}/coverage/${first}/${last}`;
  const covered = useLoad(async (signal) => ({ children: (await get<{ children: Covered[] }>(path, signal)).body.children, days: range(first, last) }), [path]);
  const actions = <Deed action={t("coverage_csv")} deed={() => download(path, "coverage.csv", "text/csv")} />;
  return (
    <Page title={t("coverage")} lead={t("coverage_lead")} actions={actions}>
      <Spans span="term" day={day} spans={["term"]} go={(_, at) => go("coverage", owners, owner, group, at)} />
      <Shown of={covered}>{({ children, days }) => (children.length ? <Picture children={children} days={days} /> : <Empty>{t("class_empty")}</Empty>)}</Shown>
    </Page>
  );
}

function Picture({ children, days }: { children: Covered[]; days: Day[] }) {
  const past = days.filter((day) => day <= today()).length;
  const rows = children.map((child) => ({ ...child, by: new Map(child.days.map(({ date, kinds }) => [date, kinds])) }));
  return (
    <>
      <p class="note">{t("coverage_legend")}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label={t("coverage")}>
        <table class="covered">
          <thead>
            <tr>
              <th scope="col">{t("child")}</th>
              <th scope="col">{`${dayText(days[0]!, "short")} – ${dayText(days.at(-1)!, "short")}`}</th>
              <th scope="col" class="number">{t("days")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ child_id, username, by }) => (
              <tr key={child_id}>
                <th scope="row"><a href={link("child", child_id, "term", plus(days.at(-1)!, 0))}>{username}</a></th>
                <td><Row days={days} by={by} /></td>
                <td class="number">{t("n_of_m", { n: by.size, m: past })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <details>
        <summary>{t("as_table")}</summary>
        <Table
          label={t("coverage_table")}
          rows={rows}
          columns={[
            { title: t("child"), cell: (row) => row.username },
            ...KINDS.map((kind) => ({ title: kindName(kind), cell: (row: (typeof rows)[number]) => number(row.days.filter(({ kinds }) => kinds.includes(kind)).length), form: "number" as const })),
          ]}
        />
      </details>
    </>
  );
}

/** A child's days: a mark on each line of which there is something. */
function Row({ days, by }: { days: Day[]; by: Map<Day, string[]> }) {
  return (
    <svg viewBox={`0 0 ${days.length} 3`} preserveAspectRatio="none" aria-hidden="true">
      {days.flatMap((day, x) => {
        const there = by.get(day) ?? [];
        return LINES.map((kinds, y) => (kinds.some((kind) => there.includes(kind)) ? <rect key={`${day}${y}`} x={x + 0.08} y={y + 0.12} width="0.84" height="0.76" /> : null));
      })}
    </svg>
  );
}

/** The way to the coverage of a group. */
export function coverageLink(owners: Props["owners"], owner: string, group: Group | { id: string }): string {
  return link("coverage", owners, owner, group.id);
}
