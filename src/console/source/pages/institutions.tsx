// Institutions: schools and the like, to which everybody belongs.

import { useState } from "preact/hooks";
import { get, send } from "../api";
import { t } from "../language";
import { useLoad } from "../load";
import { Empty, Page, Shown } from "../parts/basics";
import { Field, Form } from "../parts/forms";
import { type Institution, useInstitutions } from "../people";
import { go, link } from "../route";

export function InstitutionsPage() {
  const found = useInstitutions();
  return (
    <Page title={t("institutions")} actions={<a class="button primary" href={link("institutions", "new")}>{t("institution_new")}</a>}>
      <Shown of={found}>
        {(known) =>
          known.length ? (
            <ul class="tiles">
              {known.map((one) => (
                <li key={one.id}>
                  <a class="card" href={link("institutions", one.id)}>
                    <strong>{one.name}</strong>
                    <span class="note">{one.type}</span>
                  </a>
                </li>
              ))}
            </ul>
          ) : (
            <Empty>{t("institution_first")}</Empty>
          )
        }
      </Shown>
    </Page>
  );
}

export function NewInstitutionPage() {
  const save = async (changes: Record<string, string>) => {
    await send("POST", "/institutions", changes);
    go("institutions");
  };
  return (
    <Page title={t("institution_new")}>
      <InstitutionForm save={save} />
    </Page>
  );
}

export function InstitutionPage({ id }: { id: string }) {
  const found = useLoad(async (signal) => (await get<Institution>(`/institutions/${id}`, signal)).body, [id]);
  const save = async (changes: Record<string, string>) => {
    await send("PATCH", `/institutions/${id}`, changes);
    go("institutions");
  };
  const remove = async () => {
    await send("DELETE", `/institutions/${id}`);
    go("institutions");
  };
  return (
    <Page title={found.data?.name ?? t("institution")} actions={<a class="button" href={link("institutions", id, "rooms")}>{t("rooms")}</a>}>
      <Shown of={found}>
        {(one) => (
          <>
            <InstitutionForm institution={one} save={save} />
            <section class="card">
              <h2>{t("institution_delete")}</h2>
              <Form action={t("institution_delete")} ready danger submit={remove}>
                <p>{t("institution_delete_lead")}</p>
              </Form>
            </section>
          </>
        )}
      </Shown>
    </Page>
  );
}

function InstitutionForm({ institution, save }: { institution?: Institution; save: (changes: Record<string, string>) => Promise<void> }) {
  const [name, setName] = useState(institution?.name ?? "");
  const [type, setType] = useState(institution?.type ?? t("school"));
  const [address, setAddress] = useState(institution?.address ?? "");
  const changed = name !== institution?.name || type !== institution?.type || address !== (institution?.address ?? "");
  const submit = () => save({ name, type, ...(address ? { address } : {}) });
  return (
    <section class="card">
      <Form action={t("save")} ready={changed && name !== "" && type !== ""} submit={submit} more={<a class="button" href={link("institutions")}>{t("cancel")}</a>}>
        <Field label={t("name")} value={name} onValue={setName} required />
        <Field label={t("type")} value={type} onValue={setType} hint={t("institution_type_hint")} required />
        <Field label={t("address")} value={address} onValue={setAddress} hint={t("optional")} />
      </Form>
    </section>
  );
}
