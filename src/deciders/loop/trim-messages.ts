import type { Message } from "@earendil-works/pi-ai";

/** Cuts a growing conversation for the wire. In steps, so that what was sent before mostly stays what a provider has cached. */
export class MessageTrimmer {
  readonly #most: number;
  readonly #keep: number;
  #from = 0;

  /** With more than `most` messages the oldest are left out, until `keep` remain. */
  constructor(most: number, keep: number) {
    this.#most = most;
    this.#keep = keep;
  }

  /**
   * The message that opened the cycle, and the last ones.
   *
   * @param opening - where in `messages` the cycle's opening stands.
   */
  trim(messages: readonly Message[], opening: number): readonly Message[] {
    const beside = opening < this.#from ? 1 : 0;
    if (messages.length - this.#from + beside > this.#most) this.#from = begin(messages, messages.length - this.#keep);
    if (this.#from === 0) return messages;
    const last = messages.slice(this.#from);
    const first = messages[opening];
    return opening < this.#from && first ? [first, ...last] : last;
  }
}

/** The newest messages, at most `keep` of them. */
export function newest(messages: readonly Message[], keep: number): readonly Message[] {
  return messages.length <= keep ? messages : messages.slice(begin(messages, messages.length - keep));
}

/** A tool's answer without the call before it is refused by every provider. */
function begin(messages: readonly Message[], from: number): number {
  let at = from;
  while (messages[at]?.role === "toolResult") at += 1;
  return at;
}
