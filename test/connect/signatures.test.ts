import { createClient } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { Execution } from "../../src/gateway/proto/mandate/v1/execution-pb.ts";
import {
  openSigningHouse,
  permitTransfer,
  permitTransferData,
  signAction,
  signatureIn,
  textOf,
} from "../gateway/support/signing-house.ts";
import { openServed, transports } from "./support/served.ts";

test("a message is asked for and its signature answered the same by every client, to its request alone", async () => {
  await using house = await openSigningHouse();
  await using served = await openServed({ house });
  const { wallet, local, remote } = served;
  const { lease, cycle } = await local.open(wallet);
  const text = textOf(permitTransferData(await permitTransfer(house)));
  const request = { wallet, lease, cycle, step: 1, actions: [signAction(text)] as const };
  const signature = signatureIn(await local.request(request));
  expect(signatureIn(await remote.request(request))).toBe(signature);
  for (const [name, transport] of Object.entries(transports(served))) {
    const client = createClient(Execution, transport);
    const what = { case: "typedData" as const, value: text };
    const asked = { wallet, lease, cycle, step: 1, actions: [{ rail: "evm", chain: "base", from: "wallet", what }] };
    expect((await client.request(asked)).signature, name).toBe(signature);
    const state = await client.state({ wallet });
    expect(
      state.open.map(({ kind, signature: shown, awaits }) => [kind, shown, awaits[0]?.kind]),
      name,
    ).toEqual([["open", undefined, "signature"]]);
  }
  expect(served.failures).toEqual([]);
});
