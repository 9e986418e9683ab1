// What an administrator looks at first: how many there are, who was not heard of, backups, failed log-ins.

import { get } from "../api";
import { moment, number, t } from "../language";
import { useLoad } from "../load";
import { Figure, Page, Shown } from "../parts/basics";
import { ALL, type Kind } from "../people";
import { link } from "../route";

interface Overview {
  users: { type: string; users: number; never_logged_in: number }[];
  children_never_measured: number;
  children_silent: number;
  failed_logins: number;
  backup_folder: string;
  backups?: number;
  newest_backup?: string;
  last_drill?: string;
}

/** The types of users as the service counts them, with the pages where they are. */
const TYPES: [string, Kind][] = [
  ["child", "children"],
  ["family", "families"],
  ["educator", "educators"],
  ["healthprofessional", "healthprofessionals"],
  ["application", "applications"],
];

export function OverviewPage() {
  const overview = useLoad(async (signal) => (await get<Overview>("/overview", signal)).body, []);
  return (
    <Page title={t("overview")}>
      <Shown of={overview}>
        {(found) => (
          <>
            {found.users.some((one) => one.type === "child") ? null : <FirstSteps />}
            <ul class="tiles">
              {TYPES.map(([type, kind]) => {
                const count = found.users.find((one) => one.type === type);
                return (
                  <li key={kind}>
                    <a class="card" href={link("people", kind)}>
                      <span>{t(ALL[kind])}</span>
                      <strong>{number(count?.users ?? 0)}</strong>
                      <span class="note">{t("never_logged_in_count", { n: count?.never_logged_in ?? 0 })}</span>
                    </a>
                  </li>
                );
              })}
            </ul>
            <dl class="figures">
              <Figure label={t("children_silent")} value={number(found.children_silent)} note={t("children_never_measured", { n: found.children_never_measured })} />
              <Figure label={t("failed_logins")} value={number(found.failed_logins)} note={t("failed_logins_note")} />
              <Figure label={t("newest_backup")} value={backupTime(found.newest_backup)} note={found.backups === undefined ? t("backups_unknown", { folder: found.backup_folder }) : t("backups_in", { n: found.backups, folder: found.backup_folder })} />
              <Figure label={t("last_drill")} value={found.last_drill ? moment(found.last_drill) : t("none")} />
            </dl>
            {found.backups === 0 ? (
              <section class="card">
                <h2>{t("no_backup")}</h2>
                <p>{t("no_backup_lead")}</p>
                <a class="button" href={link("service", "backups")}>{t("backup_now")}</a>
              </section>
            ) : null}
          </>
        )}
      </Shown>
    </Page>
  );
}

/** What to do where there is nobody yet. */
function FirstSteps() {
  return (
    <section class="card">
      <h2>{t("first_steps")}</h2>
      <ol>
        <li><a href={link("institutions", "new")}>{t("step_institution")}</a></li>
        <li><a href={link("people", "children", "new")}>{t("step_children")}</a></li>
        <li><a href={link("people", "educators", "new")}>{t("step_educators")}</a></li>
        <li>{t("step_group")}</li>
      </ol>
      <p><a href={link("september")}>{t("step_sheets")}</a></p>
    </section>
  );
}

/** When a backup was made, which its name says: `…20260105T013000Z…`. */
function backupTime(name: string | undefined): string {
  const found = /(\d{4})-?(\d{2})-?(\d{2})T(\d{2})-?:?(\d{2})-?:?(\d{2})/.exec(name ?? "");
  if (!found) return name ?? t("none");
  const [, year, month, day, hour, minute, second] = found;
  return moment(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
