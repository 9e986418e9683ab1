// Forms: labelled fields, a button that wakes when something changed, and what went wrong beside it.

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { t } from "../language";
import { Problem } from "./basics";

interface FieldProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  type?: "text" | "password" | "date" | "number" | "search";
  hint?: string;
  required?: boolean;
  autoComplete?: string;
}

export function Field({ label, value, onValue, type = "text", hint, required, autoComplete = "off" }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        {...({ type } as { type: "text" })}
        value={value}
        required={required ?? false}
        autoComplete={autoComplete}
        spellcheck={false}
        autocapitalize="none"
        {...(hint ? { "aria-describedby": `${id}-hint` } : {})}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      {hint ? <small id={`${id}-hint`}>{hint}</small> : null}
    </div>
  );
}

interface ChoiceProps<V extends string> {
  label: string;
  value: V;
  options: readonly (readonly [V, string])[];
  onValue: (value: V) => void;
}

export function Choice<V extends string>({ label, value, options, onValue }: ChoiceProps<V>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onValue(event.currentTarget.value as V)}>
        {options.map(([option, words]) => (
          <option key={option} value={option} selected={option === value}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Buttons of which one is pressed. */
export function Tabs<V extends string>({ label, value, options, onValue }: ChoiceProps<V>) {
  return (
    <div class="tabs" role="group" aria-label={label}>
      {options.map(([option, words]) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => onValue(option)}>
          {words}
        </button>
      ))}
    </div>
  );
}

interface FormProps {
  /** What the button says. */
  action: string;
  /** Whether something is there to be sent. */
  ready: boolean;
  submit: () => Promise<string | void>;
  children: ComponentChildren;
  danger?: boolean;
  /** Beside the button. */
  more?: ComponentChildren;
}

/** A form; what `submit` resolves with is said when it is done. */
export function Form({ action, ready, submit, children, danger, more }: FormProps) {
  const [state, setState] = useState<{ busy: boolean; error?: unknown; done?: string }>({ busy: false });
  const send = async (event: Event) => {
    event.preventDefault();
    if (!ready || state.busy) return;
    setState({ busy: true });
    try {
      setState({ busy: false, done: (await submit()) ?? "" });
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return (
    <form onSubmit={send} noValidate>
      {children}
      <Problem error={state.error} />
      <div class="buttons">
        <button type="submit" class={danger ? "danger" : "primary"} disabled={!ready || state.busy}>
          {state.busy ? t("working") : action}
        </button>
        {more}
        <span role="status" class="done">{state.done ?? ""}</span>
      </div>
    </form>
  );
}

export function Check({ label, value, onValue, hint }: { label: string; value: boolean; onValue: (value: boolean) => void; hint?: string }) {
  const id = useId();
  return (
    <div class="check">
      <input id={id} type="checkbox" checked={value} {...(hint ? { "aria-describedby": `${id}-hint` } : {})} onChange={(event) => onValue(event.currentTarget.checked)} />
      <label for={id}>{label}</label>
      {hint ? <small id={`${id}-hint`}>{hint}</small> : null}
    </div>
  );
}

/** Files that are handed on as soon as they are chosen. */
export function Files({ label, hint, accept, busy, folder, onFiles }: { label: string; hint: string; accept: string; busy: boolean; folder?: boolean; onFiles: (files: File[]) => void }) {
  const id = useId();
  return (
    <div class="field files">
      <input
        id={id}
        type="file"
        multiple
        {...(folder ? { webkitdirectory: true } : {})}
        accept={accept}
        disabled={busy}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          // The same file can be chosen again, once it was mended.
          event.currentTarget.value = "";
          if (files.length) onFiles(files);
        }}
      />
      <label for={id} class="button">{label}</label>
      <small id={`${id}-hint`}>{hint}</small>
    </div>
  );
}

/** A button for something that takes a while, with what went wrong below it. */
export function Deed({ action, deed, danger }: { action: string; deed: () => Promise<unknown>; danger?: boolean }) {
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const act = async () => {
    setState({ busy: true });
    try {
      await deed();
      setState({ busy: false });
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return (
    <>
      <button type="button" class={danger ? "danger" : ""} disabled={state.busy} onClick={act}>
        {state.busy ? t("working") : action}
      </button>
      <Problem error={state.error} />
    </>
  );
}
