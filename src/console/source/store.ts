// A value that components follow.

import { useEffect, useState } from "preact/hooks";

export class Store<T> {
  private followers = new Set<() => void>();

  constructor(public value: T) {}

  set(value: T): void {
    this.value = value;
    for (const follower of [...this.followers]) follower();
  }

  follow(follower: () => void): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }

  /** Resolves with the first value that fits, at once if the present one does. */
  async until(fits: (value: T) => boolean): Promise<T> {
    while (!fits(this.value)) {
      await new Promise<void>((resolve) => {
        const stop = this.follow(() => (stop(), resolve()));
      });
    }
    return this.value;
  }
}

/** The value, for a component that is drawn again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(store.value);
  useEffect(() => {
    const update = () => setValue(() => store.value);
    update();
    return store.follow(update);
  }, [store]);
  return value;
}
