// People of a type: found as one types.

import { useState } from "preact/hooks";
import { get, query } from "../api";
import { moment, t } from "../language";
import { useLoad } from "../load";
import { Empty, Page, Shown } from "../parts/basics";
import { Choice, Field, Tabs } from "../parts/forms";
import { Pager } from "../parts/pager";
import { containing, usePaused } from "../parts/picker";
import { ALL, KINDS, type Kind, ONE, type User, useInstitutions } from "../people";
import { go, link } from "../route";

const A_PAGE = 30;

/** Those who are active, those who are deactivated, or all. */
type Presence = "" | "only" | "include";

export function PeoplePage({ kind }: { kind: Kind }) {
  const [words, setWords] = useState("");
  const [institution, setInstitution] = useState("");
  const [presence, setPresence] = useState<Presence>("");
  const [page, setPage] = useState(1);
  const asked = usePaused(words);
  const institutions = useInstitutions();
  const found = useLoad(
    (signal) => get<User[]>(`/${kind}${query({ username: containing(asked), institution_id: institution, deactivated: presence, sort: "username", limit: A_PAGE, page })}`, signal),
    [kind, asked, institution, presence, page],
  );
  const search = (set: (value: string) => void) => (value: string) => (set(value), setPage(1));
  const names = new Map((institutions.data ?? []).map((one) => [one.id, one.name]));
  const choices = [["", t("all_institutions")] as const, ...[...names].map(([id, name]) => [id, name] as const)];
  return (
    <Page title={t("people")} actions={<a class="button primary" href={link("people", kind, "new")}>{t("register_one", { what: t(ONE[kind]) })}</a>}>
      <Tabs label={t("type")} value={kind} options={KINDS.map((each) => [each, t(ALL[each])] as const)} onValue={(chosen) => go("people", chosen)} />
      <div class="filters">
        <Field label={t("find_by_name")} type="search" value={words} onValue={search(setWords)} />
        {names.size > 1 ? <Choice label={t("institution")} value={institution} options={choices} onValue={search(setInstitution)} /> : null}
        <Choice label={t("presence")} value={presence} options={[["", t("presence_active")], ["only", t("presence_left")], ["include", t("presence_all")]]} onValue={(chosen) => (setPresence(chosen), setPage(1))} />
      </div>
      <Shown of={found}>
        {({ body, total }) => (
          <>
            <Pager page={page} each={A_PAGE} shown={body.length} total={total} go={setPage} />
            {body.length ? <People kind={kind} people={body} names={names} /> : <Empty>{t("nobody_found")}</Empty>}
          </>
        )}
      </Shown>
    </Page>
  );
}

function People({ kind, people, names }: { kind: Kind; people: User[]; names: Map<string, string> }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t(ALL[kind])}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("username")}</th>
            <th scope="col">{t("institution")}</th>
            {kind === "children" ? <th scope="col">{t("nfc_tag")}</th> : null}
            {kind === "families" ? <th scope="col">{t("children")}</th> : null}
            <th scope="col">{t("last_login")}</th>
          </tr>
        </thead>
        <tbody>
          {people.map((one) => (
            <tr key={one.id}>
              <th scope="row"><a href={link("people", kind, one.id)}>{one.username}</a></th>
              <td>{names.get(one.institution_id ?? "") ?? "–"}</td>
              {kind === "children" ? <td>{one.nfc_tag ?? "–"}</td> : null}
              {kind === "families" ? <td class="wrap">{one.children?.map((child) => child.username).join(", ") || "–"}</td> : null}
              <td>{one.deactivated_at ? t("deactivated_since", { when: moment(one.deactivated_at) }) : one.last_login ? moment(one.last_login) : t("never")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
