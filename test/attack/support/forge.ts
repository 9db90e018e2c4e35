import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GatewayError } from "../../../src/gateway/gateway-error.ts";
import { createOperatorKey, type OperatorKey, readOperatorKey } from "../../../src/gateway/operator/operator-key.ts";
import { signOrder } from "../../../src/gateway/operator/orders.ts";
import type { GovernedHouse } from "../../operator/support/governed-house.ts";
import { holds } from "./holds.ts";

let forger: OperatorKey | null = null;

/** A key that no gateway has heard of. */
function forgersKey(): OperatorKey {
  if (forger) return forger;
  const folder = mkdtempSync(join(tmpdir(), "mandate-forger-"));
  try {
    createOperatorKey(join(folder, "key"));
    forger = readOperatorKey(join(folder, "key"));
    return forger;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Orders that the operator never gave, or gave for something else: none is obeyed. */
export async function forge({ desk, key, house }: GovernedHouse, which: number): Promise<void> {
  const hello = await desk.hello();
  const [permit = "000000000000"] = house.opened.stream.state.permits.keys();
  const grant = { permit, hold_ms: 3_600_000 };
  const honest = signOrder(key, hello, "Deny", { permit });
  const forged = [
    ["Approve", signOrder(forgersKey(), hello, "Approve", grant)],
    ["Approve", { ...honest, text: honest.text.replace("Deny", "Approve") }],
    ["Approve", honest],
    ["Unfreeze", signOrder(key, { ...hello, number: hello.number + 1 }, "Unfreeze", { why: "soon", after_kill: true })],
    ["Unfreeze", signOrder(key, { ...hello, journal: "0".repeat(64) }, "Unfreeze", { why: "there", after_kill: true })],
    ["Exit", signOrder(forgersKey(), hello, "Settle", {})],
  ] as const;
  const [call, order] = forged[which % forged.length] ?? forged[0];
  const before = house.opened.stream.state.seq;
  try {
    await desk.perform(call, order);
    holds(false, `a forged ${call} was obeyed`);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    holds(["PROOF_INVALID", "ORDER_STALE"].includes(error.code), `a forged ${call} met ${error.code}`);
  }
  holds(house.opened.stream.state.seq === before, "a forged order left a mark in the journal");
}
