// The audit trail: who did what to whom, the newest first.

import { useEffect, useState } from "preact/hooks";
import { get, query } from "../api";
import { type Key, moment, number, t } from "../language";
import { useLoad } from "../load";
import { Empty, Problem, Shown } from "../parts/basics";
import { Choice, Field } from "../parts/forms";
import { Table } from "../parts/table";
import { go, link } from "../route";

interface Row {
  at: string;
  action: string;
  outcome: string;
  count: number;
  actor?: string;
  actor_name?: string;
  actor_type?: string;
  target?: string;
  target_name?: string;
  part?: string;
  part_name?: string;
  address?: string;
}

interface Trail {
  rows: Row[];
  next?: string;
}

/** What can be chosen, and the actions that belong to it. */
const CHOICES: [string, Key, string[]][] = [
  ["", "audit_all", []],
  ["logins", "audit_logins", ["auth_login"]],
  ["passwords", "audit_passwords", ["password_change", "password_reset", "child_password_reset", "user_unlock"]],
  ["leaving", "audit_leaving", ["user_delete", "user_deactivate", "user_activate", "leaver_deactivate", "leaver_delete"]],
  ["imports", "audit_imports", ["roster_apply", "roster_undo", "roster_upload_apply", "roster_import_undo", "wearables_apply", "wearables_undo"]],
  ["exports", "audit_exports", ["child_export"]],
  ["service", "service", ["keys_rotate", "restore", "backup_make", "tracking_prune", "admin_create"]],
];

/** What an action is in words, by what its name begins or ends with. */
const DEEDS: [RegExp, Key][] = [
  [/^auth_login$/, "log_in"],
  [/password/, "new_password"],
  [/^user_unlock$/, "unlock"],
  [/^user_deactivate$|^leaver_deactivate$/, "deed_deactivate"],
  [/^user_activate$/, "deed_activate"],
  [/undo/, "import_undo"],
  [/^(roster|wearables).*apply$/, "audit_imports"],
  [/^roster_/, "september"],
  [/^backup_make$/, "backup_now"],
  [/_export$/, "audit_exports"],
  [/(_create|_add)$/, "deed_create"],
  [/(_update|_set)$/, "deed_change"],
  [/(_delete|_remove|_clear|_prune)$/, "deed_delete"],
  [/(_view|_list|_by_tag|_of_type)$/, "deed_look"],
];

function deed(action: string): string | undefined {
  const key = DEEDS.find(([pattern]) => pattern.test(action))?.[1];
  return key ? t(key) : undefined;
}

type Side = "actor" | "target";

/** The trail, or what one user did or had done to it. */
export function TrailPage({ side, id }: { side: string | undefined; id: string | undefined }) {
  const [from, setFrom] = useState("");
  const [choice, setChoice] = useState("");
  const actions = CHOICES.find(([name]) => name === choice)![2].join(",");
  const filter = { start_at: from, action: actions, ...(id && (side === "actor" || side === "target") ? { [side]: id } : {}) };
  const asked = query(filter);
  const first = useLoad(async (signal) => (await get<Trail>(`/service/audit${asked}`, signal)).body, [asked]);
  return (
    <>
      <div class="filters">
        <Choice label={t("what_was_done")} value={choice} options={CHOICES.map(([name, key]) => [name, t(key)] as const)} onValue={setChoice} />
        <Field label={t("from_day")} type="date" value={from} onValue={setFrom} />
      </div>
      {id ? (
        <ul class="chips">
          <li>
            {t(side === "actor" ? "done_by" : "done_to", { name: nameOf(first.data?.rows ?? [], id) })}
            <button type="button" aria-label={t("show_all")} onClick={() => go("service", "audit")}>×</button>
          </li>
        </ul>
      ) : null}
      <Shown of={first}>{(found) => <Rows key={asked} first={found} filter={filter} />}</Shown>
    </>
  );
}

function nameOf(rows: Row[], id: string): string {
  for (const row of rows) {
    if (row.actor === id && row.actor_name) return row.actor_name;
    if (row.target === id && row.target_name) return row.target_name;
    if (row.part === id && row.part_name) return row.part_name;
  }
  return id;
}

function Rows({ first, filter }: { first: Trail; filter: Record<string, string> }) {
  const [{ rows, next }, setShown] = useState(first);
  const [error, setError] = useState<unknown>();
  useEffect(() => setShown(first), [first]);
  const more = async () => {
    setError(undefined);
    try {
      const { body } = await get<Trail>(`/service/audit${query({ ...filter, before: next })}`);
      setShown((before) => ({ ...body, rows: [...before.rows, ...body.rows] }));
    } catch (problem) {
      setError(problem);
    }
  };
  if (!rows.length) return <Empty>{t("audit_none")}</Empty>;
  return (
    <>
      <Table
        label={t("audit")}
        rows={rows}
        columns={[
          { title: t("at"), cell: (row) => moment(row.at) },
          { title: t("what_was_done"), cell: (row) => <>{deed(row.action) ?? row.action}{row.count > 1 ? ` × ${number(row.count)}` : ""}<br /><code class="note">{row.action}</code></> },
          { title: t("who"), cell: (row) => <Who side="actor" id={row.actor} name={row.actor_name} otherwise={t(row.actor_type === "service" ? "by_service" : row.outcome === "ok" ? "by_operator" : "by_unknown")} /> },
          { title: t("whom"), cell: (row) => <><Who side="target" id={row.target} name={row.target_name} otherwise="–" />{row.part ? <><br /><Who side="target" id={row.part} name={row.part_name} otherwise="" /></> : null}</> },
          { title: t("outcome"), cell: (row) => (row.outcome === "ok" ? t("outcome_ok") : <>{t("outcome_refused")}<br /><code class="note">{row.outcome}</code></>) },
          { title: t("address_net"), cell: (row) => row.address ?? "–" },
        ]}
      />
      <Problem error={error} />
      {next ? <button type="button" class="part" onClick={() => void more()}>{t("show_older")}</button> : null}
    </>
  );
}

function Who({ side, id, name, otherwise }: { side: Side; id: string | undefined; name: string | undefined; otherwise: string }) {
  return id ? <a href={link("service", "audit", side, id)}>{name ?? id}</a> : <>{otherwise}</>;
}
