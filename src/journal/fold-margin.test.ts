import fc from "fast-check";
import { expect, test } from "vitest";
import { DAY, HOUR } from "../core/clock.ts";
import { marginStaked } from "./fold-margin.ts";
import { foldOf, opened, reserved, settled, signed, type Told } from "./testing/wallet-story.ts";

const START = 1_000_000_000;

/** An opening order, or margin that was put in, that was done at once. */
function done(
  key: string,
  at: number,
  { risk, put = 0, buys = 0 }: { risk: number; put?: number; buys?: number },
): readonly Told[] {
  const margin = { at_risk_usd: String(risk), put_usd: String(put) };
  const amounts = { buys_usd: String(buys) };
  return [
    [at, reserved(key, 1, amounts, { margin })],
    [at, signed(key, 1)],
    [at, settled(key, "confirmed", amounts)],
  ];
}

const staked = (now: number, ...story: readonly (readonly Told[])[]) =>
  marginStaked(foldOf([START, opened(1)], ...story.flat()), now)?.toNumber();

test("what stood behind positions counts whole after some of it was lost, with what was put in since", () => {
  const story = [
    done("a", START, { risk: 500, buys: 1000 }),
    done("b", START + HOUR, { risk: 300, put: 200 }),
    done("c", START + 2 * HOUR, { risk: 250, put: 100 }),
  ];
  expect(staked(START + 3 * HOUR, ...story)).toBe(800);
});

test("a day after the last opening still stands what it had, and what was put in since, however long ago", () => {
  const story = [
    done("a", START, { risk: 500, buys: 1000 }),
    done("b", START + HOUR, { risk: 500, put: 200 }),
    done("c", START + 10 * DAY, { risk: 250, put: 100 }),
  ];
  expect(staked(START + 20 * DAY, ...story)).toBe(800);
});

test("what was opened a day ago and before is out once something was opened after it, but for what stood as the day began", () => {
  const story = [
    done("a", START, { risk: 900, buys: 1000 }),
    done("b", START + HOUR, { risk: 400, put: 50 }),
    done("c", START + 2 * HOUR, { risk: 450, buys: 10 }),
    done("d", START + 2 * DAY, { risk: 460, buys: 10 }),
  ];
  expect(staked(START + 2 * DAY + HOUR, ...story)).toBe(460);
  expect(staked(START + 3 * HOUR, ...story.slice(0, 3))).toBe(950);
});

test("margin that the venue refused was not put in; what nobody answered, or a nonce that was used, may be", () => {
  const put = (outcome: "rejected" | "released", reason: string | null): readonly Told[] => {
    const entry = settled("b", outcome);
    const body = entry.kind === "settled" ? { ...entry.body, reason } : undefined;
    if (!body) return expect.unreachable();
    return [
      [START, reserved("b", 1, {}, { margin: { at_risk_usd: "0", put_usd: "200" } })],
      [START, signed("b", 1)],
      [START, { kind: "settled", body }],
    ];
  };
  const before = done("a", START, { risk: 500, buys: 1000 });
  expect(staked(START, before, put("rejected", "Insufficient margin"))).toBe(500);
  expect(staked(START, before, put("rejected", "Invalid nonce"))).toBe(700);
  expect(staked(START, before, put("released", "the venue did not say"))).toBe(700);
});

test("a wallet that trades at no exchange has no such figure", () => {
  expect(staked(START, [[START, reserved("a", 1)]])).toBeUndefined();
});

const act = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant("open" as const), usd: fc.integer({ min: 1, max: 600 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("put" as const), usd: fc.integer({ min: 10, max: 600 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("lose" as const), share: fc.constantFrom(0.1, 0.5, 1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 40 }) }) },
);

test("whatever is opened, fed and lost, no day takes more than the limit and what was opened in it, nor does all time after the last opening", () => {
  const MOST = 1_000;
  let fed = 0;
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40, size: "max" }), (acts) => {
      const story: Told[] = [[START, opened(1)]];
      let [at, stands, lastOpening] = [START, 0, START];
      const lost: { at: number; usd: number }[] = [];
      const openings: { at: number; usd: number }[] = [];
      for (const [i, one] of acts.entries()) {
        if (one.do === "wait") at += one.hours * HOUR;
        else if (one.do === "lose") {
          lost.push({ at, usd: stands * one.share });
          stands -= stands * one.share;
        } else if (one.do === "open" && stands + one.usd <= MOST) {
          stands += one.usd;
          at += 1;
          openings.push({ at, usd: one.usd });
          lastOpening = at;
          story.push(...done(String(i), at, { risk: stands, buys: one.usd }));
        } else if (one.do === "put") {
          const stood = marginStaked(foldOf(...story), at)?.toNumber() ?? 0;
          if (Math.max(stood, stands) + one.usd > MOST) continue;
          stands += one.usd;
          at += 1;
          fed += 1;
          story.push(...done(String(i), at, { risk: stands, put: one.usd }));
        }
      }
      const within = (some: readonly { at: number; usd: number }[], from: number, until = Number.POSITIVE_INFINITY) =>
        some.filter((one) => one.at >= from && one.at < until).reduce((sum, { usd }) => sum + usd, 0);
      for (const { at: from } of lost)
        expect(within(lost, from, from + DAY)).toBeLessThanOrEqual(MOST + within(openings, from, from + DAY) + 1e-6);
      expect(within(lost, lastOpening)).toBeLessThanOrEqual(MOST + 1e-6);
    }),
    { seed: 1564, numRuns: 500 },
  );
  expect(fed).toBeGreaterThan(200);
});
