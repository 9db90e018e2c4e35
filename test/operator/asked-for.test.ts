import { expect, test } from "vitest";
import type { Outcome } from "../../src/gateway/contract.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { evmAction } from "../support/house.ts";
import { codesOf } from "../support/standing.ts";
import { purchase as buy, governedHouse, sale } from "./support/governed-house.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const LOOSE = { max_slippage_bps: 100, max_exit_cost_bps: 100 };

function because(outcome: Outcome | undefined): readonly string[] {
  if (outcome?.kind !== "refused" || outcome.verdict.kind !== "ask") return expect.unreachable(JSON.stringify(codesOf(outcome)));
  return outcome.verdict.because.map(({ limit, value }) => `${limit} ${value}`);
}

function permitOf(outcome: Outcome | undefined): string {
  const verdict = outcome?.kind === "refused" ? outcome.verdict : null;
  return verdict?.kind === "ask" && verdict.permit ? verdict.permit.id : expect.unreachable("nobody was asked");
}

test("a function that the mandate names is asked about at any amount, once for each request; others and exits are not", async () => {
  await using governed = await governedHouse({ limits: { ...LOOSE, require_human_approval_for: ["router.exactInputSingle"] } });
  const { house, operator } = governed;
  const [asked] = await house.act(await buy(house, "30", "0.0099"));
  expect(because(asked)).toEqual(["require_human_approval_for router.exactInputSingle"]);
  await operator.approve(permitOf(asked));
  expect((await house.act(await buy(house, "30", "0.0099")))[0]?.kind).toBe("confirmed");
  expect(codesOf((await house.act(await buy(house, "30", "0.0099")))[0])).toEqual(["NEEDS_APPROVAL"]);
  const approve = evmAction(encodeApprove(assets.USDC.address, contracts.router.address, 5n));
  expect((await house.act([approve]))[0]?.kind).toBe("confirmed");
  expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
});

test("what was never called, paid or allowed anything is asked about, until the operator has agreed to it once", async () => {
  await using governed = await governedHouse({ limits: { ...LOOSE, require_human_approval_for_new_addresses: "yes" } });
  const { house, operator } = governed;
  const [asked] = await house.act(await buy(house, "30", "0.0099"));
  const limit = "require_human_approval_for_new_addresses";
  expect(because(asked)).toEqual([assets.USDC, contracts.router].map(({ address }) => `${limit} base ${address}`));
  await operator.approve(permitOf(asked));
  expect((await house.act(await buy(house, "30", "0.0099")))[0]?.kind).toBe("confirmed");
  await house.restart();
  expect((await house.act(await buy(house, "31", "0.01025")))[0]?.kind).toBe("confirmed");
  const approve = evmAction(encodeApprove(assets.WETH.address, contracts.router.address, 5n));
  expect(because((await house.act([approve]))[0])).toEqual([`${limit} base ${assets.WETH.address}`]);
  expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
});
