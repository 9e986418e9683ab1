// All groups, by whose they are, for administrators.

import { useState } from "preact/hooks";
import { get } from "../api";
import { number, t } from "../language";
import { useLoad } from "../load";
import { Empty, Page, Shown } from "../parts/basics";
import { Field } from "../parts/forms";
import { type Kind, ONE, type Professional } from "../people";
import { link } from "../route";
import { coverageLink } from "./coverage";

interface Owner extends Professional {
  kind: Kind;
}

const OWNERS: Kind[] = ["educators", "healthprofessionals"];
/** The most that one list answers with. */
const MOST = 1000;

export function ClassesPage() {
  const [words, setWords] = useState("");
  const owners = useLoad(async (signal) => {
    const found = await Promise.all(OWNERS.map((kind) => get<Professional[]>(`/${kind}?sort=username&limit=${MOST}`, signal)));
    return found.flatMap(({ body }, n) => body.map((owner) => ({ ...owner, kind: OWNERS[n]! })));
  }, []);
  return (
    <Page title={t("classes")} lead={t("classes_lead")}>
      <Field label={t("find_by_name")} type="search" value={words} onValue={setWords} />
      <Shown of={owners}>{(all) => <Owners owners={matching(all, words.trim().toLocaleLowerCase())} />}</Shown>
    </Page>
  );
}

/** Whose name, or the name or class of whose group, holds the words; of others nothing. */
function matching(owners: Owner[], words: string): Owner[] {
  const holds = (text: string | undefined) => text?.toLocaleLowerCase().includes(words) ?? false;
  return owners
    .map((owner) => (holds(owner.username) ? owner : { ...owner, children_groups: owner.children_groups.filter((group) => holds(group.name) || holds(group.school_class)) }))
    .filter((owner) => holds(owner.username) || owner.children_groups.length);
}

function Owners({ owners }: { owners: Owner[] }) {
  if (!owners.length) return <Empty>{t("nobody_found")}</Empty>;
  return (
    <>
      {owners.map((owner) => (
        <section key={owner.id} class="card" aria-label={owner.username}>
          <h2><a href={link("people", owner.kind, owner.id)}>{owner.username}</a> <span class="note">{t(ONE[owner.kind])}</span></h2>
          {owner.children_groups.length ? null : <p class="note">{t("no_groups_yet")}</p>}
          {owner.children_groups.map((group) => (
            <details key={group.id} class="group">
              <summary>
                <strong>{group.name}</strong> <span class="note">{[group.school_class ? t("of_class", { name: group.school_class }) : "", t("children_in_it", { n: number(group.children.length) })].filter(Boolean).join(" · ")}</span>
              </summary>
              <p><a class="button" href={coverageLink(owner.kind === "educators" ? "educators" : "healthprofessionals", owner.id, group)}>{t("coverage")}</a></p>
              <ul class="chips">
                {group.children.map((child) => (
                  <li key={child.id} class="whole"><a href={link("people", "children", child.id)}>{child.username}</a></li>
                ))}
              </ul>
            </details>
          ))}
        </section>
      ))}
    </>
  );
}
