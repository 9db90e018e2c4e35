import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toJson } from "../../../src/core/json.ts";
import { evmAction, openHouse, swapActions } from "../../support/house.ts";
import { encodeTransfer } from "./encode-transfer.ts";

/** A folder with a mandate file and the journal of its first rehearsal. */
export interface Journaled extends AsyncDisposable {
  readonly folder: string;
  readonly file: string;
  /** The journal's folder. */
  readonly home: string;
}

/** Two cycles through a real gateway on a real chain: a swap that is confirmed, and one that is refused. */
export async function journaled(): Promise<Journaled> {
  await using house = await openHouse({
    limits: { max_daily_spend_usd: 2000, max_daily_loss_usd: 60, max_single_trade_usd: 500 },
  });
  const { gateway, wallet } = house.opened;
  const now = await house.world.clock.now();
  const { lease, cycle } = await gateway.open(wallet);
  const why = "drift beyond the band \u202e\u001b[31m";
  await gateway.note(wallet, [
    { kind: "model-call", provider: "scripted", model: "scripted", cost_usd: "0.0041" },
    {
      kind: "decided",
      by: "decider",
      because: "first decision",
      decision: { kind: "targets", targets: [{ account: "wallet", asset: "base/WETH", weight: "0.5" }], why },
    },
    { kind: "planned", plan: { steps: [{}], line: "SELL 0.15 WETH", cost_usd: "0.93" } },
  ]);
  const actions = swapActions({ sell: "WETH", buy: "USDC", amount: "0.15", floor: "447.75", now });
  await gateway.request({ wallet, lease, cycle, step: 1, actions });
  const stranger = "0x00000000000000000000000000000000000bad00";
  const intent = { kind: "transfer", asset: "base/USDC", to: stranger, amount: "100" };
  const second = await gateway.open(wallet);
  await gateway.note(wallet, [
    { kind: "decided", by: "decider", because: "asked", decision: toJson({ kind: "intents", intents: [intent], why: "pay" }) },
  ]);
  await gateway.request({ wallet, ...second, step: 1, actions: [evmAction(encodeTransfer("USDC", stranger, "100"))] });
  const folder = mkdtempSync(join(tmpdir(), "mandate-cli-"));
  const home = join(folder, ".mandate", "rehearsals", "under-test", "1");
  mkdirSync(home, { recursive: true });
  // Everything is durable when a call of the gateway returns: the copy is what a crash would leave.
  cpSync(house.home, home, { recursive: true });
  const file = join(folder, "MANDATE.md");
  writeFileSync(file, "---\nid: under-test\n---\nHold half.\n");
  return {
    folder,
    file,
    home,
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
