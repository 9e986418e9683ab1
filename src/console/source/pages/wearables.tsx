// Wearables, for administrators: files of one child or of a class, imports, and the way to coverage.

import { useState } from "preact/hooks";
import { query, get } from "../api";
import { t } from "../language";
import { useLoad } from "../load";
import { Page, Problem } from "../parts/basics";
import { Field, Files } from "../parts/forms";
import { containing, usePaused } from "../parts/picker";
import { Uploads, WearableImports } from "../parts/uploads";
import type { Child } from "../people";
import { link } from "../route";
import { useStore } from "../store";
import { bringAll, byChild, comeBack, everyChild, work } from "../wearables";
import { ENDINGS, Sources } from "./upload";

export function WearablesPage() {
  const known = useLoad(() => comeBack(), []);
  return (
    <Page title={t("wearables")} lead={t("wearables_lead")} actions={<a class="button" href={link("classes")}>{t("coverage_of_classes")}</a>}>
      <Problem error={known.error} again={known.again} />
      <div class="halves">
        <OneChild />
        <AClass />
      </div>
      <Uploads />
      <WearableImports />
    </Page>
  );
}

function OneChild() {
  const [words, setWords] = useState("");
  const asked = usePaused(words);
  const found = useLoad(async (signal) => (asked.trim() ? (await get<Child[]>(`/children${query({ username: containing(asked), sort: "username", limit: 8 })}`, signal)).body : []), [asked]);
  return (
    <section class="card">
      <h2>{t("files_of_one")}</h2>
      <Field label={t("find_children")} type="search" value={words} onValue={setWords} hint={t("files_of_one_hint")} />
      <Problem error={found.error} again={found.again} />
      <ul class="chips">
        {(found.data ?? []).map((child) => (
          <li key={child.id} class="whole"><a href={link("upload", child.id)}>{child.username}</a></li>
        ))}
      </ul>
      <Sources />
    </section>
  );
}

function AClass() {
  const sending = useStore(work).some((item) => item.sending);
  const [state, setState] = useState<{ nobodys: string[]; problem?: unknown }>({ nobodys: [] });
  const bring = async (files: File[]) => {
    setState({ nobodys: [] });
    try {
      const { found, nobodys } = byChild(files, await everyChild());
      setState({ nobodys });
      await bringAll(found);
    } catch (problem) {
      setState({ nobodys: [], problem });
    }
  };
  return (
    <section class="card">
      <h2>{t("files_of_class")}</h2>
      <p>{t("files_of_class_lead")}</p>
      <div class="buttons">
        <Files label={t("files_choose")} hint={t("files_of_class_hint")} accept={ENDINGS} busy={sending} onFiles={(files) => void bring(files)} />
        <Files label={t("folder_choose")} hint={t("folder_hint")} accept="" folder busy={sending} onFiles={(files) => void bring(files)} />
      </div>
      <Problem error={state.problem} />
      {state.nobodys.length ? (
        <div class="problem" role="alert">
          <p>{t("files_of_nobody", { n: state.nobodys.length })}</p>
          <ul>{state.nobodys.slice(0, 20).map((name) => <li key={name}>{name}</li>)}</ul>
        </div>
      ) : null}
    </section>
  );
}
