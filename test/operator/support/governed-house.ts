import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvariantError } from "../../../src/core/errors.ts";
import type { Operator } from "../../../src/gateway/operator/operator.ts";
import { type OperatorDesk, operatorAt } from "../../../src/gateway/operator/operator-desk.ts";
import { createOperatorKey, type OperatorKey, readOperatorKey } from "../../../src/gateway/operator/operator-key.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import { startEvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { type House, type HouseOptions, openHouse, START_FUNDS, swapActions } from "../../support/house.ts";

/** A house with an operator, who has a key file of its own. */
export interface GovernedHouse extends AsyncDisposable {
  readonly house: House;
  readonly key: OperatorKey;
  readonly keyFile: string;
  /** The operator's side of the gateway that runs now. */
  readonly operator: Operator;
  readonly desk: OperatorDesk;
}

export interface GovernedHouseOptions extends HouseOptions {
  /** The book names the world's endpoint itself, as a real network's does. */
  readonly rpcInBook?: boolean;
}

export async function governedHouse({ rpcInBook, ...options }: GovernedHouseOptions = {}): Promise<GovernedHouse> {
  const folder = mkdtempSync(join(options.under ?? tmpdir(), "mandate-operator-"));
  const file = join(folder, "operator.key");
  createOperatorKey(file);
  const key = readOperatorKey(file);
  const world = rpcInBook ? await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } }) : undefined;
  const house = await openHouse({ ...options, operator: key, ...(world ? { world, book: bookAt(world.url) } : {}) });
  const deskNow = () => {
    const { desk } = house.opened;
    if (!desk) throw new InvariantError("the house has an operator");
    return desk;
  };
  return {
    house,
    key,
    keyFile: file,
    get desk() {
      return deskNow();
    },
    get operator() {
      return operatorAt(deskNow(), key);
    },
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      await world?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Sells WETH for USDC, with the floor that is given. */
export async function sale(house: House, amount = "0.15", floor = "447") {
  return swapActions({ sell: "WETH", buy: "USDC", amount, floor, now: await house.world.clock.now() });
}

export async function purchase(house: House, usdc = "150", floor = "0.0497") {
  return swapActions({ sell: "USDC", buy: "WETH", amount: usdc, floor, now: await house.world.clock.now() });
}

function bookAt(rpc: string): object {
  const chain = { ...EVM_BOOK.chains.base, rpc, block_seconds: 1, confirmations: 1 };
  return { wallet: REHEARSAL_WALLET, chains: { base: chain } };
}
