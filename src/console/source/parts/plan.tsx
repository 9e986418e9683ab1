// What a roster would change: first what is wrong with it, then how much, then what.

import { type Key, number, t } from "../language";
import { useInstitutions } from "../people";
import { problemWords } from "../refusals";
import type { Counts, Line, Plan } from "../roster";
import { Table } from "./table";

const SHEETS: Record<string, Key> = {
  institutions: "institutions",
  children: "children",
  educators: "educators",
  healthprofessionals: "health_professionals",
  applications: "applications",
  families: "families",
  groups: "groups",
};

const DEEDS: Record<Line["deed"], Key> = {
  create: "deed_create",
  change: "deed_change",
  move: "deed_move",
  deactivate: "deed_deactivate",
  activate: "deed_activate",
  delete: "deed_delete",
};

/** The word for a sheet; files of other programs have their own. */
export function sheetName(sheet: string): string {
  const key = SHEETS[sheet];
  return key ? t(key) : sheet;
}

const AMOUNTS: [Exclude<keyof Counts, "sheet">, Key][] = [
  ["create", "deed_create"],
  ["change", "deed_change"],
  ["move", "deed_move"],
  ["remove", "amount_remove"],
  ["activate", "deed_activate"],
  ["unchanged", "amount_unchanged"],
  ["missing", "amount_missing"],
];

export function Problems({ plan: { problems, problems_in_all } }: { plan: Plan }) {
  if (!problems_in_all) return null;
  return (
    <>
      <h2>{t("plan_problems", { n: problems_in_all })}</h2>
      <p>{t("plan_problems_lead")}</p>
      <Table
        label={t("plan_problems", { n: problems_in_all })}
        rows={problems}
        columns={[
          { title: t("file"), cell: (one) => one.file },
          { title: t("row"), cell: (one) => (one.row === undefined ? "–" : number(one.row)), form: "number" },
          { title: t("column"), cell: (one) => <>{one.column ?? "–"}{one.value ? <><br /><span class="note" lang="en">{one.value}</span></> : null}</> },
          { title: t("what_is_wrong"), cell: (one) => <ProblemWords message={one.message} />, form: "wrap" },
        ]}
      />
      {problems.length < problems_in_all ? <p class="note">{t("shown_first", { n: problems.length, all: problems_in_all })}</p> : null}
    </>
  );
}

function ProblemWords({ message }: { message: string }) {
  const words = problemWords(message);
  return words ? <>{words}<br /><span class="note" lang="en">{message}</span></> : <span lang="en">{message}</span>;
}

export function Amounts({ plan }: { plan: Plan }) {
  const amounts = AMOUNTS.filter(([amount]) => plan.counts.some((one) => one[amount]));
  if (!amounts.length) return null;
  return (
    <Table
      label={t("plan_amounts")}
      rows={plan.counts.filter((one) => amounts.some(([amount]) => one[amount]))}
      columns={[
        { title: t("sheet"), cell: (one) => sheetName(one.sheet) },
        ...amounts.map(([amount, key]) => ({ title: t(key), cell: (one: Counts) => (one[amount] ? number(one[amount]) : "–"), form: "number" as const })),
      ]}
    />
  );
}

export function Lines({ lines }: { lines: Line[] }) {
  const institutions = useInstitutions();
  const names = new Map((institutions.data ?? []).map(({ id, name }) => [id, name]));
  if (!lines.length) return null;
  return (
    <>
      <h2>{t("plan_lines")}</h2>
      <p class="note">{t("plan_lines_lead")}</p>
      <Table
        label={t("plan_lines")}
        rows={lines}
        columns={[
          { title: t("name"), cell: (line) => line.name },
          { title: t("sheet"), cell: (line) => sheetName(line.sheet) },
          { title: t("deed"), cell: (line) => t(DEEDS[line.deed]) },
          { title: t("plan_values"), cell: (line) => <Values line={line} names={names} />, form: "wrap" },
        ]}
      />
    </>
  );
}

/** Institutions are shown by their names. */
function Values({ line, names }: { line: Line; names: Map<string, string> }) {
  const shown = (value: string) => names.get(value) ?? (value || "–");
  return (
    <>
      {line.columns.map(({ column, from, to }, n) => (
        <span key={column}>
          {n ? "; " : ""}
          <span class="note">{column}</span> {from === undefined ? null : <><del>{shown(from)}</del> → </>}
          {shown(to)}
        </span>
      ))}
    </>
  );
}

/** Whether nothing is to be done. */
export function isEmpty({ counts }: Plan): boolean {
  return counts.every(({ create, change, move, remove, activate }) => !(create || change || move || remove || activate));
}

export const removed = ({ counts }: Plan): number => counts.reduce((sum, { remove }) => sum + remove, 0);
