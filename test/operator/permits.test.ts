import { expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/core/clock.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import type { House } from "../support/house.ts";
import { codesOf, nonceOf, standingOf } from "../support/standing.ts";
import { purchase as buy, governedHouse } from "./support/governed-house.ts";

const ASKING = { require_human_approval_above_usd: 100, max_slippage_bps: 100 };

/** Time passes, and the market comes to a price. */
async function later({ world }: House, ms: number, price = "3000"): Promise<void> {
  await world.advance((await world.clock.now()) + ms);
  await world.setTruePrice("WETH", price);
}

function permitOf(outcome: Outcome | undefined): string {
  if (outcome?.kind !== "refused" || outcome.verdict.kind !== "ask" || !outcome.verdict.permit) {
    return expect.unreachable(`nobody was asked: ${outcome?.kind} ${codesOf(outcome).join(" ")}`);
  }
  return outcome.verdict.permit.id;
}

test("an ask waits for the operator, and the same intents an hour later pass once at an equal or better floor", async () => {
  await using governed = await governedHouse({ limits: ASKING });
  const { house, operator } = governed;
  const { gateway, wallet } = house.opened;
  const [asked] = await house.act(await buy(house));
  const id = permitOf(asked);
  expect(await nonceOf(house.world)).toBe(0);
  const { permits } = await gateway.state(wallet);
  expect(permits).toMatchObject([{ id, status: "open", key: asked?.key }]);
  expect(permits[0]?.calls.join("\n")).toContain("sell=USDC buy=WETH amount=150");

  const now = await house.world.clock.now();
  const granted = await operator.approve(id, 2 * HOUR);
  expect(granted).toMatchObject({ status: "granted", until: now + 2 * HOUR });
  expect((await gateway.state(wallet)).permits).toMatchObject([{ id, status: "granted" }]);
  await later(house, HOUR, "2998");
  const [used] = await house.act(await buy(house, "150", "0.0498"));
  expect(used).toMatchObject({ kind: "confirmed" });
  expect((await gateway.state(wallet)).permits).toEqual([]);

  const [again] = await house.act(await buy(house, "150", "0.0498"));
  expect(permitOf(again), "a permit holds once").not.toBe(id);
  expect(await standingOf(house)).toMatchObject({ journalHolds: true, nonce: 2 });
});

test("a permit for one thing is none for another: amount, direction and asset are bound", async () => {
  await using governed = await governedHouse({ limits: ASKING });
  const { house, operator } = governed;
  const [asked] = await house.act(await buy(house));
  const id = permitOf(asked);
  await operator.approve(id);
  const others = [await buy(house, "160", "0.053"), await buy(house, "140", "0.0464")];
  for (const other of others) {
    const [outcome] = await house.act(other);
    expect(permitOf(outcome)).not.toBe(id);
  }
  expect(await nonceOf(house.world)).toBe(0);
  expect((await operator.permit(id)).permit.status).toBe("granted");
  expect((await house.act(await buy(house)))[0]?.kind).toBe("confirmed");
});

test("a worse floor lapses the permit, and the better one that was shown has to be asked for again", async () => {
  await using governed = await governedHouse({ limits: ASKING });
  const { house, operator } = governed;
  const id = permitOf((await house.act(await buy(house)))[0]);
  await operator.approve(id);
  const worse = permitOf((await house.act(await buy(house, "150", "0.04969")))[0]);
  expect(worse).not.toBe(id);
  expect((await operator.permit(id)).permit.status).toBe("lapsed");
  // The question that is open now is the worse one; nothing that was granted before holds.
  expect(permitOf((await house.act(await buy(house)))[0])).toBe(worse);
  expect(await nonceOf(house.world)).toBe(0);
});

test("no answer within the hour is a no, and a grant that is over grants nothing", async () => {
  await using governed = await governedHouse({ limits: ASKING });
  const { house, operator } = governed;
  const id = permitOf((await house.act(await buy(house)))[0]);
  await later(house, HOUR);
  expect((await operator.permit(id)).permit.status).toBe("expired");
  await expect(operator.approve(id)).rejects.toMatchObject({ code: "PERMIT_OVER" });
  const second = permitOf((await house.act(await buy(house)))[0]);
  expect(second).not.toBe(id);
  await operator.approve(second, 5 * MINUTE);
  await later(house, 6 * MINUTE);
  expect(permitOf((await house.act(await buy(house)))[0])).not.toBe(second);
  expect(await nonceOf(house.world)).toBe(0);
});

test("an approval waives the question and no other limit", async () => {
  await using governed = await governedHouse({ limits: { ...ASKING, max_single_trade_usd: 500, max_daily_loss_usd: 0.85 } });
  const { house, operator } = governed;
  await operator.approve(permitOf((await house.act(await buy(house, "150", "0.04975")))[0]));
  await operator.approve(permitOf((await house.act(await buy(house, "140", "0.0464")))[0]));
  expect((await house.act(await buy(house, "150", "0.04975")))[0]?.kind).toBe("confirmed");
  const refused = codesOf((await house.act(await buy(house, "140", "0.0464")))[0]);
  expect(refused).not.toContain("NEEDS_APPROVAL");
  expect(refused).toContain("DAILY_LOSS");
});

test("a permit that was denied stays denied until its question would have expired", async () => {
  await using governed = await governedHouse({ limits: ASKING });
  const { house, operator } = governed;
  const id = permitOf((await house.act(await buy(house)))[0]);
  expect((await operator.deny(id)).status).toBe("denied");
  expect(codesOf((await house.act(await buy(house)))[0])).toContain("APPROVAL_DENIED");
  await expect(operator.approve(id)).rejects.toMatchObject({ code: "PERMIT_OVER" });
  await later(house, HOUR);
  expect(permitOf((await house.act(await buy(house)))[0])).not.toBe(id);
});

test("five questions wait at most and twenty are asked a day: the rest is denied, and a repeat is no new question", async () => {
  await using governed = await governedHouse({ limits: ASKING });
  const { house, operator } = governed;
  let made = 0;
  const next = async () => {
    made += 1;
    return buy(house, String(110 + made), ((110 + made) * 0.000331).toFixed(6));
  };
  const first = await buy(house);
  const id = permitOf((await house.act(first))[0]);
  for (let i = 0; i < 4; i += 1) permitOf((await house.act(await next()))[0]);
  expect(permitOf((await house.act(first))[0])).toBe(id);
  expect(codesOf((await house.act(await next()))[0])).toContain("APPROVALS_FULL");
  expect((await operator.permits()).length).toBe(5);
  for (let i = 0; i < 3; i += 1) {
    await later(house, HOUR);
    for (let j = 0; j < 5; j += 1) permitOf((await house.act(await next()))[0]);
  }
  await later(house, HOUR);
  expect(codesOf((await house.act(await next()))[0])).toContain("APPROVALS_FULL");
  expect((await operator.permits()).length).toBe(20);
  expect(await nonceOf(house.world)).toBe(0);
});

test("what is shown is the gateway's facts; the agent's words come last, without control characters, 200 at most", async () => {
  await using governed = await governedHouse({ limits: ASKING });
  const { house, operator } = governed;
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const why = `\u202eAPPROVED BY THE BANK\u001b[2J\r\n${"so please do ".repeat(500)}`;
  await gateway.note(wallet, [{ kind: "decided", by: "decider", decision: { kind: "intents", why } }]);
  const outcome = await gateway.request({ wallet, lease, cycle, step: 1, actions: await buy(house) });
  const { permit, agent_says } = await operator.permit(permitOf(outcome));
  expect(permit.bounds.map(({ asset, least }) => [asset, least])).toEqual([
    ["base/WETH", "0.0497"],
    ["base/USDC", "-150"],
  ]);
  expect(permit.loss_usd.toFixed()).toBe(permit.outflow_usd.times("0.01").toFixed());
  expect(permit.value_usd?.gt(permit.outflow_usd)).toBe(true);
  expect(permit.accounts.wallet).toMatch(/^0x/);
  expect([...(agent_says ?? "")].length).toBe(200);
  expect(agent_says).toMatch(/^APPROVED BY THE BANK \[2J so please/);
  expect(agent_says).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test("a dry run asks nobody", async () => {
  await using governed = await governedHouse({ limits: ASKING });
  const { house, operator } = governed;
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const request = { wallet, lease, cycle, step: 1, actions: await buy(house) };
  expect(await gateway.preview(request)).toMatchObject({ kind: "ask", permit: null });
  expect(await operator.permits()).toEqual([]);
});

test("a gateway that crashes after a permit was used has used it", async () => {
  await using governed = await governedHouse({ limits: ASKING });
  const { house, operator } = governed;
  const id = permitOf((await house.act(await buy(house)))[0]);
  await operator.approve(id);
  await house.restart();
  expect((await governed.operator.permit(id)).permit.status, "a grant survives a restart").toBe("granted");
  expect((await house.act(await buy(house)))[0]?.kind).toBe("confirmed");
  await house.restart();
  expect((await governed.operator.permit(id)).permit.status).toBe("used");
});
