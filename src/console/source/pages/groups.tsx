// The groups of an educator or health professional: the list, and making, changing and deleting one.

import { useState } from "preact/hooks";
import { get, send } from "../api";
import { t } from "../language";
import { useLoad } from "../load";
import { Empty, Page, Shown } from "../parts/basics";
import { Field, Form } from "../parts/forms";
import { ChildPicker } from "../parts/picker";
import type { Child } from "../people";
import { go, link } from "../route";
import type { Session } from "../session";

export interface Group {
  id: string;
  name: string;
  school_class?: string;
  children: Child[];
}

/** Where the groups of somebody are. */
export function groupsPath(who: Session): string {
  return `/${who.role === "educator" ? "educators" : "healthprofessionals"}/${who.id}/children/groups`;
}

export function GroupsPage({ who }: { who: Session }) {
  const groups = useLoad(async (signal) => (await get<Group[]>(`${groupsPath(who)}?sort=name&limit=100`, signal)).body, [who.id]);
  return (
    <Page title={t("my_groups")} actions={<a class="button primary" href={link("groups", "new")}>{t("group_new")}</a>}>
      <Shown of={groups}>
        {(found) =>
          found.length ? (
            <ul class="tiles">
              {found.map((group) => (
                <li key={group.id}>
                  <a class="card" href={link("groups", group.id)}>
                    <strong>{group.name}</strong>
                    {group.school_class ? <span>{group.school_class}</span> : null}
                    <span class="note">{t("children_in_it", { n: group.children.length })}</span>
                  </a>
                </li>
              ))}
            </ul>
          ) : (
            <Empty>
              <p>{t("no_groups")}</p>
              <a class="button" href={link("groups", "new")}>{t("group_new")}</a>
            </Empty>
          )
        }
      </Shown>
    </Page>
  );
}

export function NewGroupPage({ who }: { who: Session }) {
  const save = async (changes: GroupChanges) => {
    const made = await send<Group>("POST", groupsPath(who), changes);
    go("groups", made.id);
  };
  return (
    <Page title={t("group_new")}>
      <GroupForm save={save} action={t("group_make")} />
    </Page>
  );
}

export function ChangeGroupPage({ who, id }: { who: Session; id: string }) {
  const path = `${groupsPath(who)}/${id}`;
  const group = useLoad(async (signal) => (await get<Group>(path, signal)).body, [path]);
  const save = async (changes: GroupChanges) => {
    await send("PATCH", path, changes);
    go("groups", id);
  };
  const remove = async () => {
    await send("DELETE", path);
    go("groups");
  };
  return (
    <Page title={t("group_change")}>
      <Shown of={group}>
        {(found) => (
          <>
            <GroupForm group={found} save={save} action={t("save")} />
            <section class="card">
              <h2>{t("group_delete")}</h2>
              <Form action={t("group_delete")} ready danger submit={remove}>
                <p>{t("group_delete_lead")}</p>
              </Form>
            </section>
          </>
        )}
      </Shown>
    </Page>
  );
}

interface GroupChanges {
  name: string;
  school_class?: string;
  children: string[];
}

function GroupForm({ group, save, action }: { group?: Group; save: (changes: GroupChanges) => Promise<void>; action: string }) {
  const [name, setName] = useState(group?.name ?? "");
  const [schoolClass, setSchoolClass] = useState(group?.school_class ?? "");
  const [children, setChildren] = useState(group?.children ?? []);
  const changed = name !== (group?.name ?? "") || schoolClass !== (group?.school_class ?? "") || children !== group?.children;
  const submit = () => save({ name, ...(schoolClass ? { school_class: schoolClass } : {}), children: children.map((child) => child.id) });
  return (
    <section class="card">
      <Form action={action} ready={changed && name !== "" && children.length > 0} submit={submit} more={<a class="button" href={group ? link("groups", group.id) : link("groups")}>{t("cancel")}</a>}>
        <Field label={t("group_name")} value={name} onValue={setName} required />
        <Field label={t("school_class")} value={schoolClass} onValue={setSchoolClass} hint={t("optional")} />
        <ChildPicker label={t("children")} chosen={children} onChosen={setChildren} />
      </Form>
    </section>
  );
}
