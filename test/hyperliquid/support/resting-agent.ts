// An agent in a process of its own: it asks for what it was told to, says what came of it, and lives until it is killed.
// Arguments: the gateway's socket, the wallet, and a list of requests, each a list of the venue's actions, in JSON.
import { gatewayClient } from "../../../src/gateway/client.ts";
import type { Action, HyperliquidAction } from "../../../src/protocols/effects.ts";

const [socket = "", wallet = "", asked = "[]"] = process.argv.slice(2);
const client = gatewayClient(socket);
const kinds: string[] = [];
const session = await client.open(wallet);
for (const [i, actions] of (JSON.parse(asked) as HyperliquidAction["action"][][]).entries()) {
  const [first, ...rest] = actions.map((action): Action => ({ rail: "hyperliquid", from: "wallet", action }));
  if (!first) continue;
  const outcome = await client.request({ wallet, ...session, step: i + 1, actions: [first, ...rest] });
  kinds.push(outcome.kind === "refused" ? JSON.stringify(outcome.verdict) : outcome.kind);
}
process.send?.(kinds);
setInterval(() => undefined, 60_000);
