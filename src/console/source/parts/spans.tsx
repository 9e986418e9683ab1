// Which time a page shows, and the way to the one before and after.

import { type Day, type Span, isDay, moved, spanOf, today } from "../days";
import { type Key, day as dayText, dayRange, t } from "../language";
import { Tabs } from "./forms";

const WORDS: Record<Span, Key> = { day: "span_day", week: "span_week", term: "span_term", year: "span_year", years: "span_years" };

interface Props {
  span: Span;
  day: Day;
  spans: Span[];
  go: (span: Span, day: Day) => void;
}

export function Spans({ span, day, spans, go }: Props) {
  const [first, last] = spanOf(span, day);
  const words = span === "day" ? dayText(day, "full") : dayRange(first, last);
  return (
    <div class="spans">
      <Tabs label={t("time_shown")} value={span} options={spans.map((each) => [each, t(WORDS[each])] as const)} onValue={(chosen) => go(chosen, day)} />
      <div class="steps">
        <button type="button" class="icon" aria-label={t("earlier")} onClick={() => go(span, moved(span, day, -1))}>‹</button>
        <span aria-live="polite" class="range">{words}</span>
        <button type="button" class="icon" aria-label={t("later")} disabled={last >= today()} onClick={() => go(span, moved(span, day, 1))}>›</button>
      </div>
      <label class="pick">
        <span>{t("go_to_day")}</span>
        <input type="date" value={day} max={today()} onChange={(event) => isDay(event.currentTarget.value) && go(span, event.currentTarget.value)} />
      </label>
    </div>
  );
}
