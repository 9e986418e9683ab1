// A child's own page: what it did and how it slept, in few words, without anybody to be compared with.

import { type Day, type KnownDay, moved, monday, plus, range, spanOf, today } from "../days";
import { day as dayText, duration, t, weekdayName } from "../language";
import { Empty, Page, Shown } from "../parts/basics";
import { go } from "../route";
import type { Session } from "../session";
import { useDays } from "./child";

export function MyWeek({ who, date }: { who: Session; date: string | undefined }) {
  const { day, loaded } = useDays(who.id, "week", date);
  const [first, last] = spanOf("week", day);
  const isNow = first === monday(today());
  const title = isNow ? t("my_week") : t("my_week_of", { day: dayText(first, "short") });
  return (
    <Page title={t("hello", { name: who.username })} lead={title}>
      <div class="steps mine">
        <button type="button" onClick={() => go("me", moved("week", first, -1))}>{t("week_before")}</button>
        <button type="button" disabled={isNow} onClick={() => go("me", moved("week", first, 1))}>{t("week_after")}</button>
      </div>
      <Shown of={loaded}>
        {(mine) => {
          const days = range(first, last).filter((each) => each <= today());
          if (!mine.days.length) return <Empty>{mine.last_day ? t("my_nothing") : t("my_nothing_yet")}</Empty>;
          return (
            <ul class="my-days">
              {days.map((each) => (
                <MyDay key={each} day={each} known={mine.days.find((one) => one.date === each)} />
              ))}
            </ul>
          );
        }}
      </Shown>
    </Page>
  );
}

/** As many feet as thousands of steps, so that they can be counted. */
const PER_FOOT = 1000;
const MOST_FEET = 20;

function MyDay({ day, known }: { day: Day; known: KnownDay | undefined }) {
  const name = day === today() ? t("today") : day === plus(today(), -1) ? t("yesterday") : weekdayName(day);
  const feet = Math.min(MOST_FEET, Math.round((known?.steps ?? 0) / PER_FOOT));
  return (
    <li class="card">
      <h2>{name}</h2>
      {known?.steps === undefined ? null : (
        <>
          <p>{t("my_steps", { n: known.steps })}</p>
          <p class="feet" aria-hidden="true">{Array.from({ length: feet }, (_, n) => <Foot key={n} />)}</p>
        </>
      )}
      {known?.active_minutes === undefined ? null : <p>{t("my_active", { time: duration(known.active_minutes) })}</p>}
      {known?.sleep_minutes === undefined ? null : <p>{t("my_sleep", { time: duration(known.sleep_minutes) })}</p>}
      {known ? null : <p class="note">{t("my_day_nothing")}</p>}
    </li>
  );
}

function Foot() {
  return (
    <svg viewBox="0 0 16 24" width="16" height="24">
      <ellipse cx="8" cy="15" rx="5" ry="8" />
      <circle cx="3" cy="5" r="1.6" />
      <circle cx="6.4" cy="3" r="1.8" />
      <circle cx="10" cy="3.2" r="1.7" />
      <circle cx="13" cy="5.4" r="1.5" />
    </svg>
  );
}

