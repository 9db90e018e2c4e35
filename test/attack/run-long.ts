import { startVitest } from "vitest/node";

/** `npm run test:long`: the tests that are cut short in `npm test`, at full length. Takes a quarter of an hour or so. */
process.env.MANDATE_LONG = "1";
const LONG = [
  "test/attack/mixed-load.test.ts",
  "test/attack/hyperliquid/optimiser.test.ts",
  "test/attack/hyperliquid/scenarios.test.ts",
  "test/attack/hyperliquid/sequences.test.ts",
  "test/attack/scenario-01-dust-loop.test.ts",
  "test/hyperliquid/liquidation-distance.test.ts",
  "test/surface/adversary.test.ts",
  "test/portfolio/faults.test.ts",
  "test/portfolio/month.test.ts",
  "test/portfolio/rehearsal.test.ts",
];
const vitest = await startVitest("test", LONG, { watch: false });
await vitest.close();
