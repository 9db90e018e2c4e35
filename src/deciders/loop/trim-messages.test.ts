import type { Message } from "@earendil-works/pi-ai";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MessageTrimmer, newest } from "./trim-messages.ts";

const said = (role: "user" | "assistant" | "toolResult", n: number) =>
  ({ role, content: `${n}`, timestamp: n }) as unknown as Message;

/** An opening, then turns of one call or more, each followed by its answers. */
const conversation = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 60 }).map((turns) => {
  const messages: Message[] = [said("user", 0)];
  for (const calls of turns) {
    messages.push(said("assistant", messages.length));
    for (let i = 0; i < calls; i++) messages.push(said("toolResult", messages.length));
  }
  return messages;
});

test("what goes over the wire begins with the opening, never with an answer without its call, and has no more than may be", () => {
  fc.assert(
    fc.property(conversation, fc.integer({ min: 8, max: 30 }), (whole, most) => {
      const trimmer = new MessageTrimmer(most, Math.floor(most / 2));
      for (let length = 1; length <= whole.length; length++) {
        const sent = trimmer.trim(whole.slice(0, length), 0);
        expect(sent.length).toBeLessThanOrEqual(most);
        expect(sent[0]).toBe(whole[0]);
        expect(sent[1]?.role ?? "assistant").toBe("assistant");
        // A trim may leave out all but answers of one long turn; otherwise the newest message is always there.
        if (sent.length > 1) expect(sent.at(-1)).toBe(whole[length - 1]);
      }
    }),
    { numRuns: 60 },
  );
});

test("what was sent before stays the same until it has to be cut, so that providers find it cached", () => {
  const trimmer = new MessageTrimmer(10, 4);
  const whole = [said("user", 0), ...Array.from({ length: 40 }, (_, i) => said("assistant", i + 1))];
  let cuts = 0;
  let before: readonly Message[] = [];
  for (let length = 1; length <= whole.length; length++) {
    const sent = trimmer.trim(whole.slice(0, length), 0);
    if (before.some((message, i) => sent[i] !== message)) cuts += 1;
    before = sent;
  }
  expect(cuts).toBeLessThan(8);
});

test("the newest messages of a session never begin with an answer", () => {
  fc.assert(
    fc.property(conversation, fc.integer({ min: 1, max: 20 }), (whole, keep) => {
      const kept = newest(whole, keep);
      expect(kept.length).toBeLessThanOrEqual(keep);
      expect(kept[0]?.role).not.toBe("toolResult");
    }),
    { numRuns: 60 },
  );
});
