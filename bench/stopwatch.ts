/** Adds up, by name, how long a process waits for others. What overlaps is counted once in all, and by each name. */
export class Stopwatch {
  readonly #spent = new Map<string, number>();
  readonly #open = new Map<string, { count: number; since: number }>();
  #all = { count: 0, since: 0, spent: 0 };

  reset(): void {
    this.#spent.clear();
    this.#all.spent = 0;
  }

  /** Milliseconds, what is under way included. */
  spent(name: string): number {
    const open = this.#open.get(name);
    return (this.#spent.get(name) ?? 0) + (open && open.count > 0 ? performance.now() - open.since : 0);
  }

  /** Milliseconds, what is under way included. */
  spentInAll(): number {
    return this.#all.spent + (this.#all.count > 0 ? performance.now() - this.#all.since : 0);
  }

  /** @param began - when it began, on the clock of `performance.now`: now unless told, and after all that began before. */
  async waiting<T>(name: string, work: () => Promise<T>, began?: number): Promise<T> {
    this.#start(name, began);
    try {
      return await work();
    } finally {
      this.#end(name);
    }
  }

  /** Milliseconds that were measured elsewhere, and are nobody's wait. */
  add(name: string, ms: number): void {
    this.#spent.set(name, (this.#spent.get(name) ?? 0) + ms);
  }

  /** @returns what to call when it is over; a second call changes nothing. */
  began(name: string, began?: number): () => void {
    this.#start(name, began);
    let open = true;
    return () => {
      if (open) this.#end(name);
      open = false;
    };
  }

  working<T>(name: string, work: () => T): T {
    this.#start(name);
    try {
      return work();
    } finally {
      this.#end(name);
    }
  }

  #start(name: string, now = performance.now()): void {
    const open = this.#open.get(name) ?? { count: 0, since: now };
    if (open.count === 0) open.since = now;
    open.count += 1;
    this.#open.set(name, open);
    if (this.#all.count === 0) this.#all.since = now;
    this.#all.count += 1;
  }

  #end(name: string): void {
    const now = performance.now();
    const open = this.#open.get(name);
    if (open) {
      open.count -= 1;
      if (open.count === 0) this.#spent.set(name, (this.#spent.get(name) ?? 0) + now - open.since);
    }
    this.#all.count -= 1;
    if (this.#all.count === 0) this.#all.spent += now - this.#all.since;
  }
}
