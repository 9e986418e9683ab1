// What a page shows of the service: it is asked for when it is first shown and when what it depends on changes.

import { useEffect, useState } from "preact/hooks";

export interface Loaded<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  /** Asks again. */
  again: () => void;
}

/** Loads something; what was there before is shown until the new has come, so that nothing jumps. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, depends: unknown[]): Loaded<T> {
  const [state, setState] = useState<{ data?: T; error?: unknown; loading: boolean }>({ loading: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    setState((before) => ({ ...before, error: undefined, loading: true }));
    load(controller.signal).then(
      (data) => controller.signal.aborted || setState({ data, loading: false }),
      (error: unknown) => controller.signal.aborted || setState((before) => ({ ...before, error, loading: false })),
    );
    return () => controller.abort();
  }, [...depends, turn]);
  return { data: state.data, error: state.error, loading: state.loading, again: () => setTurn((n) => n + 1) };
}
