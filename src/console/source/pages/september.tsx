// A whole school from sheets: files, the plan, its application, slips; and the imports before, which can be taken back.

import { useEffect } from "preact/hooks";
import { download, keep } from "../files";
import { number, t } from "../language";
import { useLoad } from "../load";
import { Page, Problem } from "../parts/basics";
import { Check, Choice, Deed, Field, Files } from "../parts/forms";
import { Amounts, Lines, Problems, isEmpty, removed } from "../parts/plan";
import { Slips } from "../parts/slips";
import { type Options, type Plan, type Work, addFiles, applyPlan, change, comeBack, makePlan, startAnew, work } from "../roster";
import { useStore } from "../store";
import { Imports } from "./imports";

export function SeptemberPage() {
  const now = useStore(work);
  const known = useLoad(() => comeBack(), []);
  return (
    <Page
      title={t("september")}
      lead={t("september_lead")}
      actions={
        <>
          <Deed action={t("roster_template")} deed={() => download("/rosters/template", "template.zip")} />
          <Deed action={t("roster_export")} deed={() => download("/rosters/export", "rosters.zip")} />
        </>
      }
    >
      <Problem error={known.error} again={known.again} />
      {now.applied ? (
        <Done now={now} />
      ) : (
        <>
          <Sheets now={now} />
          <Problem error={now.problem} />
          {now.plan ? <Planned now={now} plan={now.plan} /> : null}
        </>
      )}
      <Imports key={now.applied?.import} />
    </Page>
  );
}

function Sheets({ now }: { now: Work }) {
  const busy = now.busy !== undefined;
  return (
    <section class="card">
      <h2>{t("sheets")}</h2>
      <Files label={t("sheets_choose")} hint={t("sheets_hint")} accept=".csv,.tsv,.txt,.json,.zip,.gz,.archive" busy={busy} onFiles={(files) => void addFiles(files)} />
      <p role="status">{now.busy === "files" && now.progress ? t("sheets_sending", { n: now.progress.done + 1, m: now.progress.total }) : t("sheets_there", { n: now.files.length })}</p>
      {now.files.length ? (
        <ul class="chips">
          {now.files.map(({ file, bytes }) => <li key={file} class="whole">{file} <span class="note">{t("kilobytes", { n: Math.ceil(bytes / 1024) })}</span></li>)}
        </ul>
      ) : null}
      <Reading now={now} />
      <div class="buttons">
        <button type="button" class={now.plan ? "" : "primary"} disabled={busy || !now.files.length} onClick={() => void makePlan()}>
          {now.busy === "plan" ? t("working") : t("plan_make")}
        </button>
        <button type="button" class="plain" disabled={busy || !now.files.length} onClick={startAnew}>{t("sheets_anew")}</button>
      </div>
    </section>
  );
}

/** How the files are to be read; what is rarely needed is folded away. */
function Reading({ now: { options, files } }: { now: Work }) {
  // A plan is of the options that it was made with.
  const set = (part: Partial<Options>) => change({ options: { ...options, ...part }, plan: undefined, anew: false });
  return (
    <>
      <Choice
        label={t("passwords_of_new")}
        value={options.passwords}
        options={[["made_up", t("passwords_made_up")], ["given", t("passwords_given")], ["unset", t("passwords_unset")]]}
        onValue={(passwords) => set({ passwords })}
      />
      <Check label={t("remove_missing")} value={options.remove_missing} onValue={(remove_missing) => set({ remove_missing })} hint={t("remove_missing_hint")} />
      {options.remove_missing ? (
        <>
          <Field label={t("max_removals")} value={options.max_removals} onValue={(max_removals) => set({ max_removals })} hint={t("max_removals_hint")} />
          <Field label={t("erase_after_days")} value={options.erase_after_days} onValue={(erase_after_days) => set({ erase_after_days })} hint={t("erase_after_days_hint")} />
        </>
      ) : null}
      <details>
        <summary>{t("reading_more")}</summary>
        {files.length === 1 ? (
          <Choice
            label={t("only_sheet")}
            value={options.sheet}
            options={[["", t("by_its_name")], ["children", t("children")], ["families", t("families")], ["educators", t("educators")], ["healthprofessionals", t("health_professionals")], ["applications", t("applications")], ["institutions", t("institutions")], ["groups", t("groups")]]}
            onValue={(sheet) => set({ sheet })}
          />
        ) : null}
        <Field label={t("ignore_columns")} value={options.ignore} onValue={(ignore) => set({ ignore })} hint={t("ignore_columns_hint")} />
        <Field label={t("encoding")} value={options.encoding} onValue={(encoding) => set({ encoding })} hint={t("encoding_hint")} />
        <Field label={t("usernames_children")} value={options.children} onValue={(children) => set({ children })} hint={t("usernames_hint")} />
        <Field label={t("usernames_educators")} value={options.educators} onValue={(educators) => set({ educators })} hint={t("usernames_hint")} />
        <Field label={t("usernames_families")} value={options.families} onValue={(families) => set({ families })} hint={t("usernames_hint")} />
      </details>
    </>
  );
}

function Planned({ now, plan }: { now: Work; plan: Plan }) {
  return (
    <section class="card plan" aria-label={t("plan")}>
      {now.anew ? <p role="status" class="done">{t("plan_anew")}</p> : null}
      <Problems plan={plan} />
      <h2>{t("plan")}</h2>
      <p>{t("plan_lead", { format: plan.format })}</p>
      <Amounts plan={plan} />
      {plan.problems_in_all ? null : isEmpty(plan) ? <p role="status">{t("plan_empty")}</p> : <Apply now={now} plan={plan} />}
      <Lines lines={plan.lines} />
      {plan.left_out.length ? (
        <>
          <h2>{t("left_out")}</h2>
          <ul lang="en">{plan.left_out.map((words) => <li key={words}>{words}</li>)}</ul>
        </>
      ) : null}
    </section>
  );
}

function Apply({ now, plan }: { now: Work; plan: Plan }) {
  const leaving = removed(plan);
  return (
    <div class="apply">
      {leaving ? <p><strong>{t("plan_removes", { n: leaving })}</strong></p> : null}
      {plan.passwords_to_make_up ? <p>{t("plan_passwords", { n: plan.passwords_to_make_up })}</p> : null}
      {now.busy === "apply" ? (
        <>
          <p role="status">{now.progress ? t("plan_applying", { n: now.progress.done, m: now.progress.total }) : t("working")}</p>
          <progress aria-label={t("plan_apply")} max={now.progress?.total || 1} value={now.progress?.done ?? 0} />
        </>
      ) : (
        <button type="button" class="primary" disabled={now.busy !== undefined} onClick={() => void applyPlan(plan)}>{t("plan_apply")}</button>
      )}
    </div>
  );
}

function Done({ now: { applied, slips, handedOut } }: { now: Work }) {
  const open = slips.length > 0 && !handedOut;
  useEffect(() => {
    if (!open) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [open]);
  const table = () => {
    const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
    const rows = [{ username: "username", password: "password" }, ...slips].map(({ username, password }) => `${quoted(username)},${quoted(password)}\r\n`);
    keep(new Blob(rows, { type: "text/csv" }), "passwords.csv");
    change({ handedOut: true });
  };
  return (
    <section class="card">
      <h2>{t("import_done")}</h2>
      <p role="status">{t("import_did", { created: number(applied?.created ?? 0), changed: number(applied?.changed ?? 0), removed: number(applied?.removed ?? 0) })}</p>
      <div class="buttons">
        <button type="button" onClick={startAnew}>{t("import_another")}</button>
        {slips.length ? <button type="button" onClick={table}>{t("passwords_keep")}</button> : null}
      </div>
      {slips.length ? <Slips slips={slips} printed={() => change({ handedOut: true })} /> : null}
    </section>
  );
}
