// The imports that there were, and taking one back.

import { useState } from "preact/hooks";
import { get, insist } from "../api";
import { moment, number, t } from "../language";
import { useLoad } from "../load";
import { Problem, Shown } from "../parts/basics";
import { Form } from "../parts/forms";
import { sheetName } from "../parts/plan";
import { Table } from "../parts/table";
import { isKind } from "../people";
import { leftWords } from "../refusals";
import { link } from "../route";

interface Import {
  import: number;
  at: string;
  format: string;
  created: number;
  changed: number;
  undone_at?: string;
}

interface Undo {
  import: Import;
  put_back: number;
  removed: number;
  left_in_all: number;
  left: { sheet: string; id: string; why: string }[];
}

export function Imports() {
  const imports = useLoad(async (signal) => (await get<Import[]>("/rosters/imports", signal)).body, []);
  const [chosen, setChosen] = useState<number>();
  return (
    <>
      <h2>{t("imports")}</h2>
      {chosen === undefined ? null : <UndoCard key={chosen} number={chosen} done={imports.again} close={() => setChosen(undefined)} />}
      <Shown of={imports}>
        {(found) =>
          found.length ? (
            <Table
              label={t("imports")}
              rows={found}
              columns={[
                { title: t("at"), cell: (one) => moment(one.at) },
                { title: t("import_format"), cell: (one) => one.format },
                { title: t("deed_create"), cell: (one) => number(one.created), form: "number" },
                { title: t("deed_change"), cell: (one) => number(one.changed), form: "number" },
                {
                  title: t("import_undo"),
                  cell: (one) =>
                    one.undone_at ? t("import_undone_at", { when: moment(one.undone_at) }) : <button type="button" aria-label={t("import_undo_of", { when: moment(one.at) })} onClick={() => setChosen(one.import)}>{t("import_undo")}…</button>,
                },
              ]}
            />
          ) : (
            <p class="note">{t("imports_none")}</p>
          )
        }
      </Shown>
    </>
  );
}

/** What would be taken back, before it is, and what was. */
function UndoCard({ number: which, done, close }: { number: number; done: () => void; close: () => void }) {
  const preview = useLoad(async (signal) => (await get<Undo>(`/rosters/imports/${which}`, signal)).body, [which]);
  const [undone, setUndone] = useState<Undo>();
  const submit = async () => {
    setUndone(await insist<Undo>("POST", `/rosters/imports/${which}/undo`));
    done();
  };
  if (preview.error) return <Problem error={preview.error} again={preview.again} />;
  const shown = undone ?? preview.data;
  return (
    <section class="card" aria-label={t("import_undo")}>
      {shown ? (
        <>
          <h2>{t("import_undo_of", { when: moment(shown.import.at) })}</h2>
          {undone ? (
            <>
              <UndoWords undo={undone} done />
              <button type="button" onClick={close}>{t("close")}</button>
            </>
          ) : (
            <Form action={t("import_undo")} ready danger submit={submit} more={<button type="button" onClick={close}>{t("cancel")}</button>}>
              <UndoWords undo={shown} />
            </Form>
          )}
        </>
      ) : (
        <p role="status">{t("loading")}</p>
      )}
    </section>
  );
}

function UndoWords({ undo, done }: { undo: Undo; done?: boolean }) {
  return (
    <>
      <p {...(done ? { role: "status" } : {})}>{t(done ? "import_was_undone" : "import_would_undo", { put_back: undo.put_back, removed: undo.removed, left: undo.left_in_all })}</p>
      {undo.left.length ? (
        <Table
          label={t("import_left")}
          rows={undo.left}
          columns={[
            { title: t("import_left"), cell: ({ sheet, id }) => (isKind(sheet) ? <a href={link("people", sheet, id)}>{id}</a> : id) },
            { title: t("sheet"), cell: ({ sheet }) => sheetName(sheet) },
            { title: t("why"), cell: ({ why }) => <><span>{leftWords(why)}</span><br /><span class="note" lang="en">{why}</span></>, form: "wrap" },
          ]}
        />
      ) : null}
      {undo.left.length < undo.left_in_all ? <p class="note">{t("shown_first", { n: undo.left.length, all: undo.left_in_all })}</p> : null}
      {undo.left.length ? <p /> : null}
    </>
  );
}
