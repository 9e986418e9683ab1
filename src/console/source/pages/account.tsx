// One's own account: password, language, logging out.

import { useState } from "preact/hooks";
import { send } from "../api";
import { t } from "../language";
import { Page } from "../parts/basics";
import { Field, Form } from "../parts/forms";
import { type Session, end } from "../session";
import { Languages } from "./log-in";

export function AccountPage({ who }: { who: Session }) {
  return (
    <Page title={t("account")} lead={t("logged_in_as", { name: who.username })}>
      <section class="card">
        <h2>{t("language")}</h2>
        <Languages />
      </section>
      <section class="card">
        <h2>{t("change_password")}</h2>
        {who.role === "child" ? <p>{t("password_of_child")}</p> : <PasswordForm who={who} />}
      </section>
      <section class="card">
        <h2>{t("log_out")}</h2>
        <p>{t("log_out_lead")}</p>
        <button type="button" onClick={end}>{t("log_out")}</button>
      </section>
    </Page>
  );
}

function PasswordForm({ who }: { who: Session }) {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const differs = again !== "" && fresh !== again;
  const submit = async () => {
    await send("PUT", `/users/${who.id}/password`, { old_password: old, new_password: fresh });
    [setOld, setFresh, setAgain].forEach((set) => set(""));
    return t("password_changed");
  };
  return (
    <Form action={t("change_password")} ready={old !== "" && fresh !== "" && fresh === again} submit={submit}>
      <p>{t("password_lead")}</p>
      <Field label={t("password_old")} value={old} onValue={setOld} type="password" autoComplete="current-password" />
      <Field label={t("password_new")} value={fresh} onValue={setFresh} type="password" autoComplete="new-password" />
      <Field label={t("password_again")} value={again} onValue={setAgain} type="password" autoComplete="new-password" hint={differs ? t("password_differs") : ""} />
    </Form>
  );
}
