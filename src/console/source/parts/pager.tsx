// Where in a long list one is: “1 – 30 of 1,535”.

import { number, t } from "../language";

export function Pager({ page, each, shown, total, go }: { page: number; each: number; shown: number; total: number; go: (page: number) => void }) {
  const first = total ? (page - 1) * each + 1 : 0;
  return (
    <div class="pager">
      <span role="status">{t("from_to_of", { from: first, to: number((page - 1) * each + shown), all: total })}</span>
      <button type="button" class="icon" aria-label={t("earlier")} disabled={page === 1} onClick={() => go(page - 1)}>‹</button>
      <button type="button" class="icon" aria-label={t("later")} disabled={page * each >= total} onClick={() => go(page + 1)}>›</button>
    </div>
  );
}
