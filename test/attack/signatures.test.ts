import { encodeFunctionData, toHex } from "viem";
import { expect, test } from "vitest";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import { MINUTE } from "../../src/core/clock.ts";
import { decimal, fromUnits } from "../../src/core/decimal.ts";
import type { Hex } from "../../src/core/hex.ts";
import { seededRandom } from "../../src/core/random.ts";
import { worstCase } from "../../src/mandate/worst-case.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import {
  actsAs,
  authorization,
  openSigningHouse,
  PAYEE,
  PERMIT2,
  PERMIT2_ABI,
  PERMIT2_DOMAIN,
  permitTransfer,
  permitTransferData,
  pull,
  type SigningHouse,
  seconds,
  tokenDomain,
  typedData,
  USDC,
  usd,
  useAuthorization,
} from "../gateway/support/signing-house.ts";
import { STRANGER } from "../support/standing.ts";

const STEPS = 45;
const SEEDS = process.env.MANDATE_LONG ? Array.from({ length: 40 }, (_, seed) => seed) : [7];
const LIMITS = {
  max_single_trade_usd: 60,
  max_daily_spend_usd: 150,
  max_daily_loss_usd: 10,
  max_position_size_usd: 1_000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 100,
  stop_loss_pct: 50,
  max_gas_usd_per_day: 5,
  exit_gas_usd_per_day: 2,
};

/** A signature in a thief's hands, and how it is used: for a part of it, where that can be. */
type Loot = (part: bigint) => Promise<void>;

/** Asks for one message; what came of it, if it was signed. */
async function steal(house: SigningHouse, n: number, kind: number, amount: bigint): Promise<Loot | null> {
  const until = await seconds(house, 240);
  const signed = async (data: object): Promise<Hex | null> => {
    const outcome = await house.ask(data);
    return outcome.kind === "open" && outcome.signature !== undefined ? outcome.signature : null;
  };
  if (kind === 0) {
    const message = await authorization(house, { value: amount, nonce: toHex(n + 1, { size: 32 }) });
    const signature = await signed(typedData("TransferWithAuthorization", tokenDomain(house.token), message));
    return signature && (async () => void (await useAuthorization(house, message, signature)));
  }
  if (kind === 1) {
    const message = await permitTransfer(house, { amount, nonce: BigInt(n * 97) });
    const signature = await signed(permitTransferData(message));
    return signature && (async (part) => void (await pull(house, message, signature, part < amount ? part : amount)));
  }
  const allowance = encodeFunctionData({ abi: PERMIT2_ABI, functionName: "allowance", args: [REHEARSAL_WALLET, USDC, PAYEE] });
  const told = (await house.world.rpc("eth_call", [{ to: PERMIT2, data: allowance }, "latest"])) as Hex;
  const details = { token: USDC, amount, expiration: until, nonce: Number(BigInt(`0x${told.slice(130)}`)) };
  const message = { details, spender: PAYEE, sigDeadline: BigInt(until) };
  const signature = await signed(typedData("PermitSingle", PERMIT2_DOMAIN, message));
  if (!signature) return null;
  const permit = encodeFunctionData({ abi: PERMIT2_ABI, functionName: "permit", args: [REHEARSAL_WALLET, message, signature] });
  return async (part) => {
    await actsAs(house.world, STRANGER, { to: PERMIT2, data: permit });
    const args = [REHEARSAL_WALLET, PAYEE, part < amount ? part : amount, USDC] as const;
    await actsAs(house.world, PAYEE, {
      to: PERMIT2,
      data: encodeFunctionData({ abi: PERMIT2_ABI, functionName: "transferFrom", args }),
    });
  };
}

test.each(SEEDS)(
  "whatever is signed, used late, in part, together or not at all, no more leaves in a day than may be spent (seed %s)",
  async (seed) => {
    await using house = await openSigningHouse({ limits: LIMITS });
    const { world } = house;
    const random = seededRandom(seed);
    const pick = (most: number) => Number(random.next() * most) | 0;
    const live: Loot[] = [];
    let [stolen, uses, refused] = [0, 0, 0];
    const gone = async () => fromUnits((await house.balance(USDC, PAYEE)) + (await house.balance(house.token, PAYEE)), 6);
    for (let n = 0; n < STEPS; n += 1) {
      const what = pick(10);
      if (what < 5) {
        const loot = await steal(house, n, pick(3), usd(5 + pick(60)));
        if (loot) live.push(loot);
        if (loot) stolen += 1;
        else refused += 1;
      } else if (what < 8) {
        const [loot] = live.splice(pick(Math.max(1, live.length)), 1);
        // What is over by now is reverted.
        const worked =
          loot &&
          (await loot(usd(1 + pick(60))).then(
            () => true,
            () => false,
          ));
        if (worked) uses += 1;
      } else if (what === 8) await world.advance((await world.clock.now()) + pick(3) * MINUTE);
      else await house.restart();
      if (pick(2) === 0) await house.opened.gateway.settle(house.opened.wallet);
      const spent = decimal((await house.spent()) ?? "0");
      expect((await gone()).lte(spent), `step ${n}: ${(await gone()).toFixed()} left, ${spent.toFixed()} counts`).toBe(true);
      expect(spent.lte(LIMITS.max_daily_spend_usd)).toBe(true);
      await house.opened.gateway.open(house.opened.wallet);
      const { stopped } = await house.opened.gateway.state(house.opened.wallet);
      expect(stopped, `step ${n}`).toBeNull();
    }
    expect(Math.min(stolen, uses, refused)).toBeGreaterThan(0);
    await world.advance((await world.clock.now()) + 6 * MINUTE);
    // Pulls are told from transfers once all of those are settled.
    for (const _ of [1, 2]) await house.opened.gateway.settle(house.opened.wallet);
    expect(await house.spent()).toBe((await gone()).toFixed());
    const { per_day } = worstCase(house.mandate.terms);
    expect((await gone()).lte(String(per_day.total_usd))).toBe(true);
    const { stream } = house.opened;
    expect(await checkStream(stream.journal, stream.stream)).toMatchObject({ ok: true });
  },
);
