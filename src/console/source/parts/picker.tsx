// Choosing children by their names: one request for each pause in typing.

import { useEffect, useState } from "preact/hooks";
import { type Answer, get, query } from "../api";
import { t } from "../language";
import { useLoad } from "../load";
import type { Child } from "../people";
import { Field } from "./forms";

const PAUSE = 150;

/** What was typed, once the typing pauses. */
export function usePaused(value: string): string {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return paused;
}

/** A filter that finds what holds the words anywhere. */
export function containing(words: string): string | undefined {
  const trimmed = words.trim();
  return trimmed ? `*${trimmed}*` : undefined;
}

export function ChildPicker({ label, chosen, onChosen }: { label: string; chosen: Child[]; onChosen: (children: Child[]) => void }) {
  const [words, setWords] = useState("");
  const asked = usePaused(words);
  const found = useLoad<Answer<Child[]>>((signal) => get<Child[]>(`/children${query({ username: containing(asked), sort: "username", limit: 12 })}`, signal), [asked]);
  const others = (found.data?.body ?? []).filter((child) => !chosen.some((one) => one.id === child.id));
  return (
    <fieldset>
      <legend>{label}</legend>
      <p role="status">{t("chosen", { n: chosen.length })}</p>
      {chosen.length ? (
        <ul class="chips">
          {chosen.map((child) => (
            <li key={child.id}>
              {child.username}
              <button type="button" aria-label={t("take_out", { name: child.username })} onClick={() => onChosen(chosen.filter((one) => one !== child))}>×</button>
            </li>
          ))}
        </ul>
      ) : null}
      <Field label={t("find_children")} type="search" value={words} onValue={setWords} hint={found.data ? t("found", { n: found.data.total }) : ""} />
      <ul class="chips">
        {others.map((child) => (
          <li key={child.id}>
            <button type="button" class="add" onClick={() => onChosen([...chosen, child])}>{`+ ${child.username}`}</button>
          </li>
        ))}
      </ul>
      {others.length > 1 ? <button type="button" class="plain" onClick={() => onChosen([...chosen, ...others])}>{t("add_all_shown")}</button> : null}
    </fieldset>
  );
}
