// Logging in: a page of its own, or over the page that somebody was at when his token was over.

import { useEffect, useRef, useState } from "preact/hooks";
import { logIn } from "../api";
import { LANGUAGES, type Language, choose, language, t } from "../language";
import { Field, Form } from "../parts/forms";
import { begin, end, session } from "../session";
import { useStore } from "../store";

function LogInForm({ name }: { name: string }) {
  const [username, setUsername] = useState(name);
  const [password, setPassword] = useState("");
  const submit = async () => begin(await logIn(username, password), username);
  return (
    <Form action={t("log_in")} ready={username !== "" && password !== ""} submit={submit}>
      <Field label={t("username")} value={username} onValue={setUsername} autoComplete="username" required />
      <Field label={t("password")} value={password} onValue={setPassword} type="password" autoComplete="current-password" required />
    </Form>
  );
}

export function Languages() {
  const current = useStore(language);
  return (
    <div class="languages" role="group" aria-label={t("language")}>
      {(Object.entries(LANGUAGES) as [Language, string][]).map(([tag, name]) => (
        <button key={tag} type="button" lang={tag} aria-pressed={tag === current} onClick={() => choose(tag)}>
          {name}
        </button>
      ))}
    </div>
  );
}

export function LogInPage() {
  useEffect(() => {
    document.title = `${t("log_in")} · OCARIoT`;
  });
  return (
    <main class="log-in" id="main">
      <h1>OCARIoT</h1>
      <p class="lead">{t("log_in_lead")}</p>
      <LogInForm name="" />
      <p class="note">{t("log_in_help")}</p>
      <Languages />
    </main>
  );
}

/** Over the page, whose forms keep what was typed. */
export function LogInAgain() {
  const { current } = useStore(session);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="again" onCancel={(event) => event.preventDefault()}>
      <h2 id="again">{t("log_in_again")}</h2>
      <p>{t("log_in_again_lead")}</p>
      <LogInForm name={current?.username ?? ""} />
      <button type="button" class="plain" onClick={end}>{t("log_out")}</button>
    </dialog>
  );
}
