// Uploads of children's files: how far each is, what it asks, what it would store; and imports that can be taken back.

import { useState } from "preact/hooks";
import { get, insist } from "../api";
import { type Key, moment, number, t } from "../language";
import { useLoad } from "../load";
import { leftWords, skippedWords } from "../refusals";
import { useStore } from "../store";
import { type Counts, type Item, type Plan, type Question, amount, answer, apply, drop, isBusy, isReady, open, plan, work } from "../wearables";
import { Problem, Shown } from "./basics";
import { Choice, Form } from "./forms";
import { Table } from "./table";

const KINDS: Record<string, Key> = {
  steps: "steps",
  calories: "calories",
  active_minutes: "active_minutes",
  lightly_active_minutes: "lightly_active",
  sedentary_minutes: "sedentary",
  physicalactivities: "activities",
  sleep: "sleep",
  weights: "weights",
  bodyfats: "body_fats",
};

/** The word for a kind of data. */
export function kindName(kind: string): string {
  const key = KINDS[kind];
  return key ? t(key) : kind;
}

/** What is asked, and what can be answered. */
const QUESTIONS: Record<string, { label: Key; options: [string, Key][] }> = {
  "weight-unit": { label: "ask_weight_unit", options: [["kg", "kilograms"], ["lb", "pounds"]] },
  "date-order": { label: "ask_date_order", options: [["dmy", "day_first"], ["mdy", "month_first"]] },
  "exercise-times": { label: "ask_exercise_times", options: [["local", "times_local"], ["utc", "times_utc"]] },
};

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The uploads of this child, or of all. */
export function Uploads({ child }: { child?: string }) {
  const items = useStore(work).filter((item) => child === undefined || item.child.id === child);
  if (!items.length) return null;
  const [asked, ready] = [items.filter((item) => open(item).length), items.filter(isReady)];
  return (
    <section aria-label={t("uploads")}>
      {asked.length ? <Questions key={asked.map((item) => item.known?.plan?.plan).join()} items={asked} /> : null}
      {ready.length > 1 ? (
        <p><button type="button" class="primary" onClick={() => ready.forEach((item) => void apply(item))}>{t("store_all", { n: ready.length })}</button></p>
      ) : null}
      {items.map((item) => <UploadCard key={item.upload} item={item} />)}
    </section>
  );
}

/** What files leave open, asked once for all of them, with the first rows of each. */
function Questions({ items }: { items: Item[] }) {
  // Of each the rows of the first child.
  const questions = new Map(items.flatMap(open).reverse().map((one) => [one.question, one]));
  const usual = (question: string) => (question === "zone" ? HERE : "");
  const [given, setGiven] = useState(() => Object.fromEntries([...questions.keys()].map((question) => [question, usual(question)])));
  const names = (question: string) => items.filter((item) => open(item).some((one) => one.question === question)).map((item) => item.child.username);
  return (
    <section class="card">
      <h2>{t("questions")}</h2>
      <Form action={t("questions_answer")} ready={[...questions.keys()].some((question) => given[question])} submit={() => answer(Object.fromEntries(Object.entries(given).filter(([, value]) => value)))}>
        <p>{t("questions_lead")}</p>
        {[...questions.values()].map((question) => (
          <div key={question.question}>
            <Ask question={question} value={given[question.question] ?? ""} onValue={(value) => setGiven({ ...given, [question.question]: value })} />
            <p class="note">{t("question_of", { names: names(question.question).join(", ") })}</p>
            {question.rows.length ? <ul class="rows">{question.rows.map((row, n) => <li key={n}><code>{row}</code></li>)}</ul> : null}
          </div>
        ))}
      </Form>
    </section>
  );
}

function Ask({ question, value, onValue }: { question: Question; value: string; onValue: (value: string) => void }) {
  const known = QUESTIONS[question.question];
  if (known) {
    const options = [["", t("choose")] as const, ...known.options.map(([option, key]) => [option, t(key)] as const)];
    return <Choice label={t(known.label)} value={value} options={options} onValue={onValue} />;
  }
  const zones = Intl.supportedValuesOf("timeZone");
  const all = zones.includes(value) || !value ? zones : [value, ...zones];
  return <Choice label={t("ask_zone")} value={value} options={all.map((zone) => [zone, zone] as const)} onValue={onValue} />;
}

function stageWords(item: Item): string {
  const { known, sending } = item;
  if (sending) return t("upload_sending", { file: sending.file, part: number(100 * sending.part) });
  switch (known?.stage) {
    case "reading":
      return t("upload_reading");
    case "applying":
      return t("upload_storing", { n: known.done, m: known.total });
    case "planned":
      return open(item).length ? t("upload_asks") : amount(item) ? t("upload_ready", { n: amount(item) }) : t("upload_nothing");
    case "applied":
      return known.applied?.import === undefined ? t("upload_nothing") : t("upload_stored", { created: known.applied.created, changed: known.applied.changed });
    case "refused":
      return t("upload_refused");
    default:
      return t("loading");
  }
}

function UploadCard({ item }: { item: Item }) {
  const { child, known, sending, problem } = item;
  const busy = isBusy(item);
  const end = t(known?.stage === "applied" ? "close" : "upload_drop");
  const part = sending ? sending.part : known?.total ? known.done / known.total : 0;
  return (
    <section class="card" aria-label={t("upload_of", { name: child.username })}>
      <h2>{child.username} {known?.plan ? <span class="note">{known.plan.title}</span> : null}</h2>
      <p role="status" class={known?.stage === "applied" ? "done" : ""}>{stageWords(item)}</p>
      {busy ? <progress aria-label={t("upload_of", { name: child.username })} max={1} value={part} /> : null}
      <Problem error={problem} />
      {known?.problem && known.stage !== "applied" ? (
        <div class="problem" role="alert">
          {known.stage === "refused" ? <p>{t("upload_refused_lead")}</p> : null}
          <p class="original" lang="en">{known.problem}</p>
        </div>
      ) : null}
      {known?.plan && !busy ? <Plan name={child.username} plan={known.plan} /> : null}
      <div class="buttons">
        {isReady(item) ? <button type="button" class="primary" onClick={() => void apply(item)}>{amount(item) ? t("upload_store") : t("upload_end")}</button> : null}
        {problem && known && !busy ? <button type="button" onClick={() => void plan(item)}>{t("try_again")}</button> : null}
        {known?.stage === "applying" ? null : <button type="button" class="plain" aria-label={`${end}: ${child.username}`} onClick={() => drop(item)}>{end}</button>}
      </div>
    </section>
  );
}

const AMOUNTS: [Exclude<keyof Counts, "kind">, Key][] = [["new", "deed_create"], ["changed", "deed_change"], ["equal", "there_already"], ["skipped", "left_as_it_is"]];

function Plan({ name, plan: { counts, days, origins, left_out, cannot_say, questions } }: { name: string; plan: Plan }) {
  const answered = questions.filter((one) => one.answer !== undefined);
  const skipped = days.filter((one) => one.what === "skipped");
  return (
    <>
      {counts.length ? (
        <Table
          label={`${t("plan_amounts_of_kinds")}: ${name}`}
          rows={counts}
          columns={[
            { title: t("kind"), cell: (one) => kindName(one.kind) },
            ...AMOUNTS.map(([what, key]) => ({ title: t(key), cell: (one: Counts) => (one[what] ? number(one[what]) : "–"), form: "number" as const })),
          ]}
        />
      ) : null}
      <details>
        <summary>{t("plan_more")}</summary>
        {answered.map((one) => <p key={one.question}>{t("taken_as", { what: askedName(one.question), answer: one.answer! })}</p>)}
        {origins.map((one) => <p key={one.origin}>{t("origin_taken", { origin: one.origin, taken: one.taken, days: one.days })}</p>)}
        {skipped.length ? (
          <Table
            label={`${t("left_as_it_is")}: ${name}`}
            rows={skipped.slice(0, 50)}
            columns={[
              { title: t("kind"), cell: (one) => kindName(one.kind) },
              { title: t("days"), cell: (one) => (one.from === one.to ? one.from : `${one.from} – ${one.to}`) },
              { title: t("amount"), cell: (one) => number(one.count), form: "number" },
              { title: t("why"), cell: (one) => <Why words={one.why ?? ""} />, form: "wrap" },
            ]}
          />
        ) : null}
        {left_out.length ? (
          <>
            <h3>{t("left_out")}</h3>
            <ul lang="en">{left_out.map(({ what, why, count }) => <li key={what + why}>{`${number(count)} × ${what}: ${why}`}</li>)}</ul>
          </>
        ) : null}
        <h3>{t("cannot_say")}</h3>
        <p lang="en">{cannot_say}</p>
      </details>
    </>
  );
}

function askedName(question: string): string {
  return t(QUESTIONS[question]?.label ?? "ask_zone");
}

function Why({ words }: { words: string }) {
  const known = skippedWords(words);
  return known ? <>{known}<br /><span class="note" lang="en">{words}</span></> : <span lang="en">{words}</span>;
}

interface Import {
  import: number;
  child_id: string;
  username: string;
  at: string;
  format: string;
  created: number;
  changed: number;
  undone_at?: string;
  can_undo: boolean;
}

interface Undo {
  put_back: number;
  removed: number;
  left_in_all: number;
  left: { kind: string; id: string; why: string }[];
}

/** The imports of this child's files, or of all. */
export function WearableImports({ child }: { child?: string }) {
  // What was stored just now is among them.
  const stored = useStore(work).filter((item) => item.known?.stage === "applied").length;
  const imports = useLoad(async (signal) => (await get<Import[]>(child ? `/children/${child}/wearables/imports` : "/wearables/imports", signal)).body, [child, stored]);
  const [chosen, setChosen] = useState<Import>();
  return (
    <>
      <h2>{t("imports")}</h2>
      {chosen ? <UndoCard key={`${chosen.import} ${chosen.child_id}`} of={chosen} done={imports.again} close={() => setChosen(undefined)} /> : null}
      <Shown of={imports}>
        {(found) => (found.length ? <ImportTable found={found} ofOne={child !== undefined} choose={setChosen} /> : <p class="note">{t("imports_none")}</p>)}
      </Shown>
    </>
  );
}

function ImportTable({ found, ofOne, choose }: { found: Import[]; ofOne: boolean; choose: (one: Import) => void }) {
  const undo = (one: Import) => {
    if (one.undone_at) return t("import_undone_at", { when: moment(one.undone_at) });
    if (!one.can_undo) return <span class="note">{t("import_of_others")}</span>;
    const label = t("import_undo_for", { name: one.username, when: moment(one.at) });
    return <button type="button" aria-label={label} onClick={() => choose(one)}>{t("import_undo")}…</button>;
  };
  return (
    <Table
      label={t("imports")}
      rows={found}
      columns={[
        { title: t("at"), cell: (one) => moment(one.at) },
        ...(ofOne ? [] : [{ title: t("child"), cell: (one: Import) => one.username }]),
        { title: t("import_format"), cell: (one) => one.format },
        { title: t("deed_create"), cell: (one) => number(one.created), form: "number" },
        { title: t("deed_change"), cell: (one) => number(one.changed), form: "number" },
        { title: t("import_undo"), cell: undo },
      ]}
    />
  );
}

/** What would be taken back, before it is, and what was. */
function UndoCard({ of, done, close }: { of: Import; done: () => void; close: () => void }) {
  const path = `/children/${of.child_id}/wearables/imports/${of.import}`;
  const preview = useLoad(async (signal) => (await get<Undo>(path, signal)).body, [path]);
  const [undone, setUndone] = useState<Undo>();
  const submit = async () => {
    setUndone(await insist<Undo>("POST", `${path}/undo`));
    done();
  };
  const words = (undo: Undo, key: Key) => t(key, { put_back: undo.put_back, removed: undo.removed, left: undo.left_in_all });
  return (
    <section class="card" aria-label={t("import_undo")}>
      <h2>{t("import_undo_for", { name: of.username, when: moment(of.at) })}</h2>
      {undone ? (
        <>
          <p role="status">{words(undone, "import_was_undone")}</p>
          <Left left={undone.left} />
          <button type="button" onClick={close}>{t("close")}</button>
        </>
      ) : (
        <Shown of={preview}>
          {(shown) => (
            <Form action={t("import_undo")} ready danger submit={submit} more={<button type="button" onClick={close}>{t("cancel")}</button>}>
              <p>{words(shown, "import_would_undo")}</p>
              <Left left={shown.left} />
            </Form>
          )}
        </Shown>
      )}
    </section>
  );
}

function Left({ left }: { left: Undo["left"] }) {
  if (!left.length) return null;
  return (
    <>
      <Table
        label={t("import_left")}
        rows={left}
        columns={[
          { title: t("import_left"), cell: (one) => one.id },
          { title: t("kind"), cell: (one) => kindName(one.kind) },
          { title: t("why"), cell: ({ why }) => <><span>{leftWords(why)}</span><br /><span class="note" lang="en">{why}</span></>, form: "wrap" },
        ]}
      />
      <p />
    </>
  );
}
