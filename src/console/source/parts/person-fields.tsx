// The fields of a user: those that all have, and what a type has of its own.

import { t } from "../language";
import type { Child, Institution, Kind, User } from "../people";
import { Choice, Field } from "./forms";
import { ChildPicker } from "./picker";

/** What is typed into the form. */
export interface Given {
  username: string;
  institution_id: string;
  gender: "female" | "male";
  age: string;
  application_name: string;
  children: Child[];
}

export function given(user: User | undefined, institution: string): Given {
  return {
    username: user?.username ?? "",
    institution_id: user?.institution_id ?? institution,
    gender: user?.gender ?? "female",
    age: user?.age === undefined ? "" : String(user.age),
    application_name: user?.application_name ?? "",
    children: user?.children ?? [],
  };
}

/** What is sent of it. */
export function body(kind: Kind, { username, institution_id, gender, age, application_name, children }: Given): Record<string, unknown> {
  const all = { username, ...(institution_id ? { institution_id } : {}) };
  switch (kind) {
    case "children":
      return { ...all, gender, age };
    case "families":
      return { ...all, children: children.map((child) => child.id) };
    case "applications":
      return { ...all, application_name };
    case "educators":
    case "healthprofessionals":
      return all;
  }
}

/** Whether nothing is missing. */
export function isWhole(kind: Kind, { username, institution_id, age, application_name, children }: Given): boolean {
  const own = { children: age !== "", families: children.length > 0, applications: application_name !== "", educators: true, healthprofessionals: true };
  return username !== "" && (institution_id !== "" || kind === "applications") && own[kind];
}

interface Props {
  kind: Kind;
  value: Given;
  onValue: (value: Given) => void;
  institutions: Institution[];
}

export function PersonFields({ kind, value, onValue, institutions }: Props) {
  const set = (part: Partial<Given>) => onValue({ ...value, ...part });
  const choices = [...(value.institution_id ? [] : [["", "–"] as const]), ...institutions.map(({ id, name }) => [id, name] as const)];
  return (
    <>
      <Field label={t("username")} value={value.username} onValue={(username) => set({ username })} required />
      <Choice label={t("institution")} value={value.institution_id} options={choices} onValue={(institution_id) => set({ institution_id })} />
      {kind === "children" ? (
        <>
          <Choice label={t("gender")} value={value.gender} options={[["female", t("female")], ["male", t("male")]]} onValue={(gender) => set({ gender })} />
          <Field label={t("age")} value={value.age} onValue={(age) => set({ age })} hint={t("age_hint")} required />
        </>
      ) : null}
      {kind === "applications" ? <Field label={t("application_name")} value={value.application_name} onValue={(application_name) => set({ application_name })} required /> : null}
      {kind === "families" ? <ChildPicker label={t("children")} chosen={value.children} onChosen={(children) => set({ children })} /> : null}
    </>
  );
}
