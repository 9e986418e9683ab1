// Registering people, one after another: what thirty children have in common is typed once.

import { useState } from "preact/hooks";
import { send } from "../api";
import { t } from "../language";
import { Empty, Page, Shown } from "../parts/basics";
import { Field, Form } from "../parts/forms";
import { Slips, type Slip } from "../parts/slips";
import { PersonFields, body, given, isWhole } from "../parts/person-fields";
import { type Institution, type Kind, ONE, type User, madeUpPassword, useInstitutions } from "../people";
import { link } from "../route";

export function RegisterPage({ kind }: { kind: Kind }) {
  const institutions = useInstitutions();
  return (
    <Page title={t("register_one", { what: t(ONE[kind]) })}>
      <Shown of={institutions}>
        {(known) =>
          known.length || kind === "applications" ? (
            <RegisterForm kind={kind} institutions={known} />
          ) : (
            <Empty>
              <p>{t("institution_first")}</p>
              <a class="button primary" href={link("institutions", "new")}>{t("institution_new")}</a>
            </Empty>
          )
        }
      </Shown>
    </Page>
  );
}

function RegisterForm({ kind, institutions }: { kind: Kind; institutions: Institution[] }) {
  const blank = given(undefined, institutions.length === 1 ? institutions[0]!.id : "");
  const [value, setValue] = useState(blank);
  const [password, setPassword] = useState(madeUpPassword);
  const [slips, setSlips] = useState<Slip[]>([]);
  const ready = isWhole(kind, value) && password !== "";
  const save = async () => {
    const made = await send<User>("POST", `/${kind}`, { ...body(kind, value), password });
    setSlips((before) => [...before, { username: made.username, password }]);
    setValue({ ...value, username: "", children: [] });
    setPassword(madeUpPassword());
    return t("registered");
  };
  return (
    <>
      <section class="card">
        <Form
          action={t("save_and_another")}
          ready={ready}
          submit={save}
          more={<a class="button" href={link("people", kind)}>{t("to_list")}</a>}
        >
          <PersonFields kind={kind} value={value} onValue={setValue} institutions={institutions} />
          <Field label={t("password")} value={password} onValue={setPassword} hint={t("password_made_up")} required />
        </Form>
      </section>
      {slips.length ? <Slips slips={slips} /> : null}
    </>
  );
}
