// Names and passwords, shown once: to be printed and handed out.

import { t } from "../language";

export interface Slip {
  username: string;
  password: string;
  /** The group of a child. */
  group?: string;
}

export function Slips({ slips, printed }: { slips: Slip[]; printed?: () => void }) {
  return (
    <section class="slips" aria-label={t("slips")}>
      <div class="title">
        <div>
          <h2>{t("slips")}</h2>
          <p class="note">{t("slips_lead")}</p>
        </div>
        <button type="button" onClick={() => (print(), printed?.())}>{t("print")}</button>
      </div>
      <ul>
        {slips.map(({ username, password, group }, n) => (
          <li key={n} class="card">
            <dl>
              {group ? <><dt>{t("class")}</dt><dd>{group}</dd></> : null}
              <dt>{t("address")}</dt>
              <dd>{location.origin}</dd>
              <dt>{t("username")}</dt>
              <dd><strong>{username}</strong></dd>
              <dt>{t("password")}</dt>
              <dd><code>{password}</code></dd>
            </dl>
          </li>
        ))}
      </ul>
    </section>
  );
}
