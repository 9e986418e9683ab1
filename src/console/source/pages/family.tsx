// A family: its children.

import { get } from "../api";
import { moment, t } from "../language";
import { useLoad } from "../load";
import { Empty, Page, Shown } from "../parts/basics";
import type { Child } from "../people";
import { link } from "../route";
import type { Session } from "../session";

export function FamilyPage({ who }: { who: Session }) {
  const children = useLoad(async (signal) => (await get<Child[]>(`/families/${who.id}/children?limit=100`, signal)).body, [who.id]);
  return (
    <Page title={t("my_children")}>
      <Shown of={children}>
        {(found) =>
          found.length ? (
            <ul class="tiles">
              {found.map((child) => (
                <li key={child.id}>
                  <a class="card" href={link("child", child.id, "week")}>
                    <strong>{child.username}</strong>
                    <span class="note">{child.last_sync ? t("last_sync", { when: moment(child.last_sync) }) : t("open_week")}</span>
                  </a>
                </li>
              ))}
            </ul>
          ) : (
            <Empty>{t("no_children")}</Empty>
          )
        }
      </Shown>
    </Page>
  );
}
