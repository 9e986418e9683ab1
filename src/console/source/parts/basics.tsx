// Small parts that every page is made of.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../language";
import type { Loaded } from "../load";
import { meaning, original } from "../refusals";

/** A page: its title gets the focus when it is opened, so that it is read out. */
export function Page({ title, lead, actions, children }: { title: string; lead?: string; actions?: ComponentChildren; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · OCARIoT`;
  }, [title]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <>
      <div class="title">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead ? <p class="lead">{lead}</p> : null}
        </div>
        {actions ? <div class="actions">{actions}</div> : null}
      </div>
      {children}
    </>
  );
}

/** What went wrong, and the service's own words for it. */
export function Problem({ error, again }: { error: unknown; again?: () => void }) {
  if (!error) return null;
  const words = original(error);
  return (
    <div class="problem" role="alert">
      <p>{meaning(error)}</p>
      {words ? <p class="original" lang="en">{words}</p> : null}
      {again ? <button type="button" onClick={again}>{t("try_again")}</button> : null}
    </div>
  );
}

/** What was loaded, or why it was not. */
export function Shown<T>({ of, children }: { of: Loaded<T>; children: (data: T) => ComponentChildren }) {
  if (of.error) return <Problem error={of.error} again={of.again} />;
  if (of.data === undefined) return <p class="loading" role="status">{t("loading")}</p>;
  return <div aria-busy={of.loading}>{children(of.data)}</div>;
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

/** A figure and what it is. */
export function Figure({ label, value, note }: { label: string; value: string; note?: string }) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd>{value}</dd>
      {note ? <dd class="note">{note}</dd> : null}
    </div>
  );
}
