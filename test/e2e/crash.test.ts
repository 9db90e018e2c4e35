import { join } from "node:path";
import { afterEach, beforeAll, expect, test } from "vitest";
import { CRASH_POINTS, type CrashPoint } from "../../src/gateway/crash-point.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { DEFAULT_FUNDS } from "../../src/worlds/rehearsal/default-funds.ts";
import { rehearse } from "../../src/worlds/rehearsal/rehearse.ts";
import { signedKept } from "../support/standing.ts";
import { type Audit, audit, wethShare } from "./support/audit.ts";
import { livingChildren } from "./support/children.ts";
import { SHIPPED } from "./support/mandate-copy.ts";
import { scratch } from "./support/scratch.ts";

afterEach(() => expect(livingChildren()).toEqual([]));

/** 80/20 at first, and WETH up by 80 % in the third cycle: two trades, the second of which is a sale too. */
function quietWorld(): Promise<EvmWorld> {
  return startEvmWorld({
    seed: 1,
    fund: { [REHEARSAL_WALLET]: DEFAULT_FUNDS },
    volatility: { WETH: 0, GOV: 0 },
    scenario: [{ at: 90_000, asset: "WETH", change: "+0.8" }],
  });
}

interface Rehearsed extends Audit {
  readonly share: number;
  readonly crashes: number;
  readonly signals: readonly (string | null)[];
}

async function rehearsed(crashAt?: string): Promise<Rehearsed> {
  using place = scratch();
  const world = await quietWorld();
  try {
    const home = join(place.folder, "home");
    const signals: (string | null)[] = [];
    const report = await rehearse({
      file: SHIPPED,
      home,
      seed: 1,
      cycles: 4,
      version: "0.1.0",
      world,
      on: (event) => event.kind === "crash" && signals.push(event.signal),
      ...(crashAt === undefined ? {} : { crashAt }),
    });
    expect(report.journal_verified).toBe(true);
    expect(signedKept(home)).toBe(0);
    return { ...(await audit(world, home)), share: await wethShare(world), crashes: report.crashes_survived, signals };
  } finally {
    await world.stop();
  }
}

let calm: Rehearsed;
beforeAll(async () => {
  calm = await rehearsed();
});

test("without a crash the rehearsal trades twice and ends at its target", () => {
  const { confirmed, share, crashes } = calm;
  expect(confirmed).toHaveLength(2);
  expect(Math.abs(share - 0.5)).toBeLessThan(0.01);
  expect(crashes).toBe(0);
});

/** What a request that was killed at the point comes to: its bytes are sent only if they had been committed. */
const LEFT: Readonly<Record<CrashPoint, "released" | "confirmed">> = {
  "after-reserve": "released",
  "after-sign": "released",
  "after-commit": "confirmed",
  "after-submit": "confirmed",
  "before-settle": "confirmed",
};

test.each(CRASH_POINTS.flatMap((point) => [1, 2].map((nth) => ({ point, nth }))))(
  "killed $point of request $nth: one effect at most, the target is reached once, budgets equal the chain",
  async ({ point, nth }) => {
    const { state, confirmed, traded, share, crashes, signals } = await rehearsed(`${point}:${nth}`);
    expect(crashes).toBe(1);
    expect(signals).toEqual(["SIGKILL"]);
    const requests = [...state.requests.values()];
    expect(requests[nth - 1]?.settled?.outcome).toBe(LEFT[point]);
    expect(requests.filter(({ settled }) => settled?.outcome === "released")).toHaveLength(LEFT[point] === "released" ? 1 : 0);
    expect(confirmed).toHaveLength(2);
    expect(Math.abs(share - 0.5)).toBeLessThan(0.01);
    expect(traded.minus(calm.traded).abs().toNumber()).toBeLessThan(calm.traded.toNumber() * 0.005);
  },
);
