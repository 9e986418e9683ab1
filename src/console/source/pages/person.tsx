// A user, for administrators: change, a new password, a tag, erasing.

import { useState } from "preact/hooks";
import { get, send } from "../api";
import { moment, t } from "../language";
import { useLoad } from "../load";
import { Page, Shown } from "../parts/basics";
import { Field, Form } from "../parts/forms";
import { PersonFields, body, given, isWhole } from "../parts/person-fields";
import { type Slip, Slips } from "../parts/slips";
import { type Kind, type User, madeUpPassword, useInstitutions } from "../people";
import { go, link } from "../route";

export function PersonPage({ kind, id }: { kind: Kind; id: string }) {
  const user = useLoad(async (signal) => (await get<User>(`/${kind}/${id}`, signal)).body, [kind, id]);
  const last = user.data?.last_login;
  const lead = user.data ? (last ? t("last_login_at", { when: moment(last) }) : t("never_logged_in")) : "";
  const actions = (
    <>
      {kind === "children" ? <a class="button" href={link("child", id, "week")}>{t("open_week")}</a> : null}
      <a class="button" href={link("service", "audit", "target", id)}>{t("audit")}</a>
      <a class="button" href={link("people", kind)}>{t("to_list")}</a>
    </>
  );
  return (
    <Page title={user.data?.username ?? t("people")} lead={lead} actions={actions}>
      <Shown of={user}>
        {(found) => (
          <>
            <ChangeForm key={JSON.stringify(found)} kind={kind} user={found} changed={user.again} />
            <ResetForm user={found} />
            <UnlockForm user={found} />
            {kind === "children" ? <TagForm user={found} changed={user.again} /> : null}
            {found.deactivated_at ? <ActivateForm user={found} since={found.deactivated_at} changed={user.again} /> : <DeactivateForm user={found} changed={user.again} />}
            <EraseForm kind={kind} user={found} />
          </>
        )}
      </Shown>
    </Page>
  );
}

function ChangeForm({ kind, user, changed }: { kind: Kind; user: User; changed: () => void }) {
  const before = given(user, "");
  const [value, setValue] = useState(before);
  const institutions = useInstitutions();
  const touched = JSON.stringify(body(kind, value)) !== JSON.stringify(body(kind, before));
  const submit = async () => {
    await send("PATCH", `/${kind}/${user.id}`, body(kind, value));
    changed();
  };
  return (
    <section class="card">
      <h2>{t("change")}</h2>
      <Form action={t("save")} ready={touched && isWhole(kind, value)} submit={submit}>
        <PersonFields kind={kind} value={value} onValue={setValue} institutions={institutions.data ?? []} />
      </Form>
    </section>
  );
}

function ResetForm({ user }: { user: User }) {
  const [password, setPassword] = useState(madeUpPassword);
  const [slips, setSlips] = useState<Slip[]>([]);
  const submit = async () => {
    await send("POST", `/users/${user.id}/reset-password`, { new_password: password });
    setSlips([{ username: user.username, password }]);
  };
  return (
    <section class="card">
      <h2>{t("new_password")}</h2>
      {slips.length ? (
        <>
          <p role="status" class="done">{t("password_reset")}</p>
          <Slips slips={slips} />
        </>
      ) : (
        <Form action={t("reset_password")} ready={password !== ""} submit={submit}>
          <p>{t("reset_lead")}</p>
          <Field label={t("password_new")} value={password} onValue={setPassword} hint={t("password_made_up")} />
        </Form>
      )}
    </section>
  );
}

function UnlockForm({ user }: { user: User }) {
  const submit = async () => {
    await send("POST", `/users/${user.id}/unlock`);
    return t("unlocked");
  };
  return (
    <section class="card">
      <h2>{t("unlock")}</h2>
      <Form action={t("unlock")} ready submit={submit}>
        <p>{t("unlock_lead")}</p>
      </Form>
    </section>
  );
}

function TagForm({ user, changed }: { user: User; changed: () => void }) {
  const [tag, setTag] = useState(user.nfc_tag ?? "");
  const path = `/children/${user.id}/nfc`;
  const submit = async () => {
    await (tag ? send("POST", path, { nfc_tag: tag }) : send("DELETE", path));
    changed();
    return t("saved");
  };
  return (
    <section class="card">
      <h2>{t("nfc_tag")}</h2>
      <Form action={t("save")} ready={tag !== (user.nfc_tag ?? "")} submit={submit}>
        <Field label={t("nfc_tag")} value={tag} onValue={setTag} hint={t("nfc_tag_hint")} />
      </Form>
    </section>
  );
}

/** The midnight that a day begins with, where the reader is. */
function midnight(day: string): string {
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  return new Date(year, month - 1, date).toISOString();
}

function DeactivateForm({ user, changed }: { user: User; changed: () => void }) {
  const [day, setDay] = useState("");
  const [days, setDays] = useState("");
  const submit = async () => {
    const at = day ? midnight(day) : undefined;
    await send("POST", `/users/${user.id}/deactivate`, { ...(at ? { at } : {}), ...(days ? { erase_after_days: Number(days) } : {}) });
    if (!at || Date.parse(at) <= Date.now()) changed();
    return at ? t("deactivated_from", { when: moment(at) }) : "";
  };
  return (
    <section class="card">
      <h2>{t("deactivate")}</h2>
      <Form action={t("deactivate")} ready submit={submit}>
        <p>{t("deactivate_lead")}</p>
        <Field label={t("deactivate_day")} type="date" value={day} onValue={setDay} hint={t("deactivate_day_hint")} />
        <Field label={t("erase_after_days")} value={days} onValue={setDays} hint={t("erase_after_days_hint")} />
      </Form>
    </section>
  );
}

function ActivateForm({ user, since, changed }: { user: User; since: string; changed: () => void }) {
  const submit = async () => {
    await send("POST", `/users/${user.id}/activate`);
    changed();
  };
  return (
    <section class="card">
      <h2>{t("activate")}</h2>
      <Form action={t("activate")} ready submit={submit}>
        <p>{t("deactivated_since", { when: moment(since) })}</p>
      </Form>
    </section>
  );
}

function EraseForm({ kind, user }: { kind: Kind; user: User }) {
  const [typed, setTyped] = useState("");
  const submit = async () => {
    await send("DELETE", `/users/${user.id}`);
    go("people", kind);
  };
  return (
    <section class="card">
      <h2>{t("erase")}</h2>
      <Form action={t("erase_for_good")} ready={typed === user.username} danger submit={submit}>
        <p>{kind === "children" ? t("erase_lead_child") : t("erase_lead")}</p>
        <Field label={t("erase_typed", { name: user.username })} value={typed} onValue={setTyped} />
      </Form>
    </section>
  );
}
