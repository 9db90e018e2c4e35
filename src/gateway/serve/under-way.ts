/** Work that somebody may have to wait for. */
export class UnderWay {
  readonly #work = new Set<Promise<void>>();

  get some(): boolean {
    return this.#work.size > 0;
  }

  /** The same promise, known here until it is settled. */
  track<T>(work: Promise<T>): Promise<T> {
    const forget = () => void this.#work.delete(settled);
    const settled = work.then(forget, forget);
    this.#work.add(settled);
    return work;
  }

  /** Resolves when there is none, or after so many milliseconds. */
  async done(most?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = most === undefined ? null : new Promise<"late">((resolve) => (timer = setTimeout(resolve, most, "late")));
    try {
      while (this.some) {
        const all = Promise.all(this.#work);
        if ((await (late ? Promise.race([all, late]) : all)) === "late") return;
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
