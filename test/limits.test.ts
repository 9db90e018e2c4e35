import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ManualClock } from "../src/core/clock.ts";
import { requireTwoRpcs } from "../src/gateway/require-two-rpcs.ts";
import { memoryModelBudget } from "../src/llm/budget.ts";
import {
  fleetSchema,
  LIMIT_NAMES,
  CHAIN_LIMITS as ONLY_CHAINS,
  EXCHANGE_LIMITS as ONLY_EXCHANGES,
} from "../src/mandate/limits-schema.ts";
import { parseMandate } from "../src/mandate/parse-mandate.ts";
import type { Limits, Terms } from "../src/mandate/terms.ts";
import { EXCHANGE_PRICES, exchangeTerms } from "../src/mandate/testing/exchange-judging.ts";
import { held, NOW, PRICES, termsWith } from "../src/mandate/testing/judging.ts";
import { sampleWith } from "../src/mandate/testing/sample-mandate.ts";
import { toolAllowed } from "../src/mandate/tool-allowed.ts";
import type { Prices } from "../src/protocols/effects.ts";
import { CHAIN_BOUNDARIES, CHAIN_LIMITS, FLEET_BOUNDARIES } from "./support/chain-boundaries.ts";
import { EXCHANGE_BOUNDARIES, EXCHANGE_LIMITS } from "./support/exchange-boundaries.ts";
import { type Boundary, told, usd } from "./support/limit-boundaries.ts";

const VENUES = [
  { venue: "chains", terms: termsWith(CHAIN_LIMITS), prices: PRICES, boundaries: CHAIN_BOUNDARIES },
  { venue: "an exchange", terms: exchangeTerms(EXCHANGE_LIMITS), prices: EXCHANGE_PRICES, boundaries: EXCHANGE_BOUNDARIES },
] as const;

const CASES = VENUES.flatMap(({ venue, terms, prices, boundaries }) =>
  Object.entries(boundaries).flatMap(([name, some]) => some.map((one) => ({ venue, terms, prices, name, one, what: one.what }))),
);

/** Stands for a limit that is passed where a refusal is that of another: what costs more than an exit may is no exit. */
const SAID_BY_ANOTHER: readonly string[] = ["max_exit_cost_bps", "max_unhedged_usd"];

function holds(terms: Terms, prices: Prices, name: string, one: Boundary): void {
  const [at, past, exit] = [one.at, one.past, one.exit].map((asked) => told(terms, prices, one, asked));
  expect(at).toMatchObject({ kind: "allow", violations: [] });
  expect(past?.kind).toBe(one.asks ? "ask" : "deny");
  expect(past?.violations.map(({ code }) => code)).toEqual([one.code]);
  if (!SAID_BY_ANOTHER.includes(name)) expect(past?.violations.map(({ limit }) => limit)).toEqual([name]);
  if (one.binds) expect(exit?.violations.map(({ code }) => code)).toContain(one.code);
  else expect(exit).toMatchObject({ kind: "allow", violations: [], reduces: true });
}

test.each(CASES)(
  "$name ($venue: $what) allows at its boundary, refuses past it, and binds getting safer or does not",
  ({ terms, prices, name, one }) => holds(terms, prices, name, one),
);

test.each(Object.entries(FLEET_BOUNDARIES))(
  "fleet.%s allows at its boundary, refuses past it, and does not bind getting safer",
  (name, one) => holds(termsWith(CHAIN_LIMITS), PRICES, `fleet.${name}`, one),
);

/** Limits that are held elsewhere: what passes, and what does not. */
const ELSEWHERE: Partial<Readonly<Record<keyof Limits, (past: boolean) => boolean | Promise<boolean>>>> = {
  async max_llm_usd_per_day(past) {
    const budget = memoryModelBudget({ limit: usd(1), clock: new ManualClock(NOW) });
    await budget.reserve(usd("0.4"));
    return passes(() => budget.reserve(usd(past ? "0.600001" : "0.6")));
  },
  async two_rpcs_above_usd(past) {
    const { terms } = parseMandate(sampleWith(["network: rehearsal", "network: base"]), { file: "MANDATE.md" });
    const wallet = { holdings: holdings(past ? "10000.000001" : "10000"), prices: async () => PRICES, now: async () => NOW };
    return passes(() => requireTwoRpcs({ ...terms, limits: { ...terms.limits, two_rpcs_above_usd: usd(10_000) } }, wallet));
  },
  allowed_tools: (past) => toolAllowed({ allowed_tools: ["quote"] }, past ? "swap" : "quote"),
  allowed_deciders: (past) =>
    passes(async () =>
      parseMandate(sampleWith(["limits:\n", `limits:\n  allowed_deciders: [${past ? "loop" : "structured"}]\n`]), {
        file: "MANDATE.md",
        worldWallet: "0x00000000000000000000000000000000000aaaaa",
      }),
    ),
};

/** Held by what needs more than a judgment: the test that has both sides of the boundary. */
const OF_THEIR_OWN: Partial<Readonly<Record<keyof Limits, string>>> = {
  max_tool_calls_per_minute: "src/tools/tool-desk.test.ts",
  order_expiry_seconds: "test/hyperliquid/order-expiry.test.ts",
};

const holdings = (amount: string) => async () => [held("base/USDC", amount)];

async function passes(work: () => Promise<unknown>): Promise<boolean> {
  return work().then(
    () => true,
    () => false,
  );
}

test.each(Object.entries(ELSEWHERE))("%s allows at its boundary and refuses past it", async (_, asked) => {
  expect(await asked(false)).toBe(true);
  expect(await asked(true)).toBe(false);
});

test.each(Object.entries(OF_THEIR_OWN))("%s has its boundary in %s", (name, file) => {
  expect(readFileSync(new URL(`../${file}`, import.meta.url), "utf8")).toContain(name);
});

test("no limit is without its boundaries: on chains, at an exchange, in a fleet, or where it is held", () => {
  const elsewhere = [...Object.keys(ELSEWHERE), ...Object.keys(OF_THEIR_OWN)];
  const missing = (boundaries: object, foreign: readonly string[]) =>
    LIMIT_NAMES.filter((name) => !foreign.includes(name) && !(name in boundaries) && !elsewhere.includes(name));
  expect(missing(CHAIN_BOUNDARIES, ONLY_EXCHANGES)).toEqual([]);
  expect(missing(EXCHANGE_BOUNDARIES, ONLY_CHAINS)).toEqual([]);
  expect(Object.keys(fleetSchema.shape).filter((name) => name !== "id")).toEqual(Object.keys(FLEET_BOUNDARIES));
});
