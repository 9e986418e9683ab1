// A child's files, for its family and its educators, and for administrators.

import { get } from "../api";
import { t } from "../language";
import { useLoad } from "../load";
import { Page, Problem, Shown } from "../parts/basics";
import { Files } from "../parts/forms";
import { Uploads, WearableImports } from "../parts/uploads";
import type { Child } from "../people";
import { link } from "../route";
import { useStore } from "../store";
import { bringAll, comeBack, isBusy, work } from "../wearables";

/** What such files are called. */
export const ENDINGS = ".zip,.tgz,.csv,.json,.xml,.db,.sqlite,.sqlite3";

export function UploadPage({ id }: { id: string }) {
  const child = useLoad(async (signal) => (await get<Child>(`/children/${id}`, signal)).body, [id]);
  const known = useLoad(() => comeBack(), []);
  const busy = useStore(work).some((item) => item.child.id === id && isBusy(item));
  const title = child.data ? t("upload_for", { name: child.data.username }) : t("upload_file");
  return (
    <Page title={title} lead={t("upload_lead")} actions={<a class="button" href={link("child", id, "week")}>{t("open_week")}</a>}>
      <Problem error={known.error} again={known.again} />
      <Shown of={child}>
        {(found) => (
          <section class="card">
            <Files label={t("files_choose")} hint={t("files_hint")} accept={ENDINGS} busy={busy} onFiles={(files) => void bringAll([[found, files]])} />
            <Sources />
          </section>
        )}
      </Shown>
      <Uploads child={id} />
      <WearableImports child={id} />
    </Page>
  );
}

/** How to get a file, and what is kept of it. */
export function Sources() {
  return (
    <details>
      <summary>{t("sources")}</summary>
      <ul class="sources">
        <li>{t("source_takeout")}</li>
        <li>{t("source_health_connect")}</li>
        <li>{t("source_gadgetbridge")}</li>
        <li>{t("source_apple")}</li>
        <li>{t("source_withings")}</li>
      </ul>
      <p>{t("sources_kept")}</p>
    </details>
  );
}
