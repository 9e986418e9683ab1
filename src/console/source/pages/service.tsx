// The service itself: backups, the audit trail, who is limited, keys and settings.

import { useEffect, useState } from "preact/hooks";
import { get, insist } from "../api";
import { type Key, moment, number, t } from "../language";
import { useLoad } from "../load";
import { Empty, Page, Problem, Shown } from "../parts/basics";
import { Check, Deed, Tabs } from "../parts/forms";
import { Table } from "../parts/table";
import { go } from "../route";
import { TrailPage } from "./trail";

const PARTS = ["backups", "audit", "limits", "settings"] as const;
type Part = (typeof PARTS)[number];
const WORDS: Record<Part, Key> = { backups: "backups", audit: "audit", limits: "limits", settings: "settings" };

export function ServicePage({ part, rest }: { part: string | undefined; rest: string[] }) {
  const shown = PARTS.find((one) => one === part) ?? "backups";
  return (
    <Page title={t("service")}>
      <Tabs label={t("service")} value={shown} options={PARTS.map((one) => [one, t(WORDS[one])] as const)} onValue={(chosen) => go("service", chosen)} />
      {shown === "backups" ? <BackupsPart /> : null}
      {shown === "audit" ? <TrailPage key={rest.join()} side={rest[0]} id={rest[1]} /> : null}
      {shown === "limits" ? <LimitsPart /> : null}
      {shown === "settings" ? <SettingsPart /> : null}
    </Page>
  );
}

interface Backups {
  folder: string;
  files?: { file: string; bytes: number; made_at?: string; sealed: boolean }[];
  last_drill?: string;
  asked: "never" | "making" | "made" | "failed";
  failure?: string;
}

/** So often it is asked whether a backup is there. */
const AGAIN = 1000;

function BackupsPart() {
  const backups = useLoad(async (signal) => (await get<Backups>("/service/backups", signal)).body, []);
  const making = backups.data?.asked === "making";
  useEffect(() => {
    if (!making || backups.loading) return undefined;
    const timer = setTimeout(backups.again, AGAIN);
    return () => clearTimeout(timer);
  }, [making, backups.loading]);
  const make = async () => {
    await insist("POST", "/service/backups");
    backups.again();
  };
  return (
    <>
      <Shown of={backups}>
        {(found) => (
          <>
            <section class="card part">
              <p>{t("backups_lead", { folder: found.folder })}</p>
              {making ? <p role="status">{t("backup_making")}</p> : <Deed action={t("backup_now")} deed={make} />}
              <BackupOutcome found={found} />
            </section>
            <p class="part">{found.last_drill ? t("backup_drill_last", { when: moment(found.last_drill) }) : t("backup_drill_none")}</p>
            {found.files === undefined ? <Empty>{t("backups_unknown", { folder: found.folder })}</Empty> : <BackupList files={found.files} />}
          </>
        )}
      </Shown>
      <p class="note part">{t("backup_drill")} <code>ocariot-users backup verify --drill</code></p>
    </>
  );
}

function BackupOutcome({ found }: { found: Backups }) {
  if (found.asked === "made") return <p role="status" class="done">{t("backup_made")}</p>;
  if (found.asked !== "failed") return null;
  const words = /--passphrase-file/.test(found.failure ?? "") ? t("backup_needs_passphrase") : t("backup_failed");
  return (
    <div class="problem" role="alert">
      <p>{words}</p>
      <p class="original" lang="en">{found.failure}</p>
    </div>
  );
}

function BackupList({ files }: { files: NonNullable<Backups["files"]> }) {
  if (!files.length) return <Empty>{t("no_backup")}</Empty>;
  return (
    <Table
      label={t("backups")}
      rows={[...files].reverse()}
      columns={[
        { title: t("at"), cell: (one) => (one.made_at ? moment(one.made_at) : one.file) },
        { title: t("size"), cell: (one) => t("megabytes", { n: number(one.bytes / 1e6, 1) }), form: "number" },
        { title: t("backup_form"), cell: (one) => t(one.sealed ? "backup_sealed" : "backup_readable") },
        { title: t("file"), cell: (one) => one.file },
      ]}
    />
  );
}

interface Limits {
  on: boolean;
  complete: boolean;
  rows: { limit: string; address?: string; users: { id: string; username?: string }[]; refused: number; until: string; all_free: string }[];
}

const LIMITS: Record<string, Key> = { address: "limit_address", token: "limit_token", logins: "limit_logins", account: "limit_account" };

function LimitsPart() {
  const limits = useLoad(async (signal) => (await get<Limits>("/service/limits", signal)).body, []);
  const unlock = async (id: string) => {
    await insist("POST", `/users/${id}/unlock`);
    limits.again();
  };
  return (
    <>
      <p class="part">{t("limits_lead")}</p>
      <Shown of={limits}>
        {(found) => {
          if (!found.rows.length) return <Empty>{t(found.on ? "limits_none" : "limits_off")}</Empty>;
          return (
            <Table
              label={t("limits")}
              rows={found.rows}
              columns={[
                { title: t("limit"), cell: (row) => (LIMITS[row.limit] ? t(LIMITS[row.limit]!) : row.limit) },
                { title: t("address_net"), cell: (row) => row.address ?? t("from_anywhere") },
                {
                  title: t("users"),
                  cell: (row) =>
                    row.users.length ? (
                      row.users.map(({ id, username }) => (
                        <span key={id} class="row">
                          {username ?? id}
                          {row.limit === "account" ? <Deed action={t("unlock")} deed={() => unlock(id)} /> : null}
                        </span>
                      ))
                    ) : (
                      "–"
                    ),
                },
                { title: t("refused_times"), cell: (row) => number(row.refused), form: "number" },
                { title: t("next_try"), cell: (row) => moment(row.until) },
                { title: t("all_free"), cell: (row) => moment(row.all_free) },
              ]}
            />
          );
        }}
      </Shown>
      <button type="button" class="part" onClick={limits.again}>{t("look_again")}</button>
    </>
  );
}

interface Settings {
  program: string;
  settings: { flag: string; value: string; source?: string }[];
}

interface TokenKey {
  kid: string;
  since?: string;
  accepted_until?: string;
}

function SettingsPart() {
  const settings = useLoad(async (signal) => (await get<Settings>("/service/settings", signal)).body, []);
  const keys = useLoad(async (signal) => (await get<{ signing: TokenKey; earlier: TokenKey[] }>("/service/keys", signal)).body, []);
  const [all, setAll] = useState(false);
  return (
    <>
      <section class="card part">
        <h2>{t("keys")}</h2>
        <p class="note">{t("keys_lead")} <code>ocariot-users keys rotate</code></p>
        <Problem error={keys.error} again={keys.again} />
        {keys.data ? (
          <Table
            label={t("keys")}
            rows={[keys.data.signing, ...keys.data.earlier]}
            columns={[
              { title: t("key"), cell: (key) => <code>{key.kid}</code> },
              { title: t("since"), cell: (key) => (key.since ? moment(key.since) : "–") },
              { title: t("accepted_until"), cell: (key) => (key.accepted_until ? moment(key.accepted_until) : t("signs")) },
            ]}
          />
        ) : null}
      </section>
      <section class="card">
        <h2>{t("settings")}</h2>
        <Shown of={settings}>
          {(found) => (
            <>
              <p>{t("program_version", { version: found.program })}</p>
              <Check label={t("settings_all")} value={all} onValue={setAll} />
              <SettingList settings={found.settings.filter((one) => all || one.source)} />
            </>
          )}
        </Shown>
      </section>
    </>
  );
}

function SettingList({ settings }: { settings: Settings["settings"] }) {
  if (!settings.length) return <p class="note">{t("settings_none")}</p>;
  return (
    <Table
      label={t("settings")}
      rows={settings}
      columns={[
        { title: t("setting"), cell: (one) => <code>--{one.flag}</code> },
        { title: t("value"), cell: (one) => one.value || "–", form: "wrap" },
        { title: t("set_by"), cell: (one) => one.source ?? t("by_default"), form: "wrap" },
      ]}
    />
  );
}
