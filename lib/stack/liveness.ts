/**
 * Must the process stay alive for this stack? Exactly while something counts: a referenced
 * listener, a referenced connection with a user, or one whose user is gone while its data is still
 * under way.
 */
export interface Countable {
  readonly keepsAlive: boolean;
  /** Liveness's own. Starts as false. */
  isCounted: boolean;
}

export class Liveness {
  #count = 0;
  readonly #changed: (alive: boolean) => void;

  /** @param changed is told when the first begins to count, and when the last ceases to */
  constructor(changed: (alive: boolean) => void) {
    this.#changed = changed;
  }

  /** How many count. */
  get count(): number {
    return this.#count;
  }

  /** Looks again whether this one counts. */
  account(item: Countable): void {
    const counts = item.keepsAlive;
    if (counts === item.isCounted) return;
    item.isCounted = counts;
    this.#count += counts ? 1 : -1;
    if (this.#count === (counts ? 1 : 0)) this.#changed(counts);
  }
}
