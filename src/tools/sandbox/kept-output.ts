/** The beginning and the end of what a command says, and how much it said. */
export class KeptOutput {
  readonly #half: number;
  #head: Buffer = Buffer.alloc(0);
  #tail: Buffer = Buffer.alloc(0);
  #bytes = 0;

  /** @param most - bytes that are kept. */
  constructor(most: number) {
    this.#half = Math.floor(most / 2);
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const room = this.#half - this.#head.length;
    if (room > 0) this.#head = Buffer.concat([this.#head, chunk.subarray(0, room)]);
    const rest = chunk.subarray(Math.max(0, room));
    if (rest.length > 0) this.#tail = Buffer.concat([this.#tail, rest]).subarray(-this.#half);
  }

  /** As text, with a line that says how much is left out. */
  text(): string {
    const left = this.#bytes - this.#head.length - this.#tail.length;
    const gap = left > 0 ? `\n[… ${left} bytes left out …]\n` : "";
    return left > 0
      ? `${this.#head.toString("utf8")}${gap}${this.#tail.toString("utf8")}`
      : Buffer.concat([this.#head, this.#tail]).toString("utf8");
  }
}
