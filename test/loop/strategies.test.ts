import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Turn } from "../../src/llm/scripted/turn.ts";
import { rehearse } from "../../src/worlds/rehearsal/rehearse.ts";
import { scratch } from "../e2e/support/scratch.ts";
import { notesIn } from "./support/notes.ts";

const PORTFOLIO = join(import.meta.dirname, "..", "..", "mandates", "balanced-growth", "MANDATE.md");

const strategy = (id: string, market: string) => `---
id: ${id}
title: Long ${market}
markets: [${market}]
directionality: long
risk_profile: moderate
tags: [long]
intended_horizon: hours
minimum_dwell_minutes: 180
compatible_regimes: []
avoid_regimes: []
max_leverage: 1
max_position_pct: 10
expected_switching_cost_bps: 12
invalidation_triggers: []
---
Hold some.
`;

const call = (name: string, given: Readonly<Record<string, string | boolean>>): Turn => ({
  kind: "tools",
  calls: [{ name, arguments: given }],
});
const order = (side: string, market: string, usd: string, dry_run = false) =>
  call("place_order", { market, side, usd, type: "market", dry_run });
const end = call("end_cycle", { why: "that was it" });

test("what a model does with tools is held to the strategy that it follows, in previews too, and across cycles", async () => {
  using place = scratch();
  mkdirSync(join(place.folder, "strategies"));
  for (const [id, market] of [
    ["long-bitcoin", "BTC"],
    ["long-ether", "ETH"],
  ] as const)
    writeFileSync(join(place.folder, "strategies", `${id}.md`), strategy(id, market));
  const file = join(place.folder, "MANDATE.md");
  const text = readFileSync(PORTFOLIO, "utf8")
    .replace(/^decider: .*$/m, "decider: loop\nstrategies: { from: ./strategies, as: summary }")
    .replace("at_least_every: 12h", "at_least_every: 1h");
  writeFileSync(file, text);
  const report = await rehearse({
    ...{ file, home: join(place.folder, "home"), seed: 1, cycles: 3, version: "0.1.0", shell: false },
    mock: {
      rules: [
        {
          do: [
            order("buy", "BTC:perp", "500"),
            call("follow_strategy", { id: "long-nothing" }),
            call("follow_strategy", { id: "long-bitcoin" }),
            order("buy", "ETH:perp", "500"),
            order("buy", "BTC:perp", "20000", true),
            order("buy", "BTC:perp", "20000"),
            end,
            order("sell", "BTC:perp", "500"),
            order("buy", "BTC:perp", "500"),
            end,
            call("follow_strategy", { id: "long-ether" }),
            order("buy", "ETH:perp", "500"),
            call("close_position", { market: "BTC:perp" }),
            end,
          ],
        },
      ],
      otherwise: end,
    },
  });
  expect(report.journal_verified).toBe(true);
  const results = (await notesIn(report.home, "loop-result"))
    .map(({ tool, text }) => ({ tool, text: String(text) }))
    .filter(({ tool }) => tool !== "end_cycle")
    .map(({ tool, text }) => ({ tool, ...(JSON.parse(text).result as { status: string; explanation: string }) }));
  expect(results.map(({ tool, status, explanation }) => `${tool} ${status}: ${explanation}`)).toEqual([
    expect.stringContaining("place_order blocked: order is left out: no strategy is named"),
    expect.stringContaining("follow_strategy blocked: long-nothing is none of the strategies"),
    expect.stringContaining("follow_strategy success"),
    expect.stringContaining("long-bitcoin is for BTC"),
    expect.stringContaining("above 10 %, the most of long-bitcoin"),
    expect.stringContaining("above 10 %, the most of long-bitcoin"),
    expect.stringContaining("long-bitcoin is long only"),
    expect.stringContaining("place_order success"),
    expect.stringContaining("follow_strategy blocked: long-bitcoin is kept for 180 minutes"),
    expect.stringContaining("long-bitcoin is for BTC"),
    expect.stringContaining("close_position success"),
  ]);
  const [system] = await notesIn(report.home, "loop-system");
  expect(system?.system).toContain("Say which one you follow by `follow_strategy`");
  const openings = await notesIn(report.home, "loop-opened");
  expect(openings.map(({ opening }) => /Strategy that is followed: (.*)/.exec(String(opening))?.[1])).toEqual([
    "none yet",
    "long-bitcoin",
    "long-bitcoin",
  ]);
  expect(await notesIn(report.home, "strategy-followed")).toMatchObject([{ strategy: "long-bitcoin" }]);
});
