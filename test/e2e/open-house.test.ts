import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { InvariantError } from "../../src/core/errors.ts";
import { openHouse, orderGoLive } from "../../src/entries/gateway.ts";
import { createOperatorKey } from "../../src/gateway/operator/operator-key.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { codesOf } from "../support/standing.ts";
import { buy, type HouseOfTwo, houseOfTwo, PASSWORD } from "./support/house-of-two.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const ROOT = join(import.meta.dirname, "..", "..");

let two: HouseOfTwo;
beforeAll(async () => {
  two = await houseOfTwo();
});
afterAll(() => two[Symbol.asyncDispose]());

async function open() {
  const orders = await Promise.all(
    two.members.map(({ file }) => orderGoLive({ file, operatorKey: join(two.folder, "operator.key") })),
  );
  return openHouse({
    wallets: two.members.map(({ file, keystore }, i) => {
      // Where the documents' example has them: a key goes with one journal.
      const home = join(two.folder, "state", i === 0 ? "north" : "south");
      return { file, keystore, home, password: PASSWORD, live: true, ...orders[i] };
    }),
    onError: (what, error) => {
      throw new InvariantError(`${what}: ${String(error)}`);
    },
  });
}

/** An allowance that neither a nonce nor a balance shows, as a signature that was given away makes one. */
async function allowBehind(owner: string): Promise<void> {
  const rpc = (method: string, params?: readonly unknown[]) => two.world.rpc(method, params);
  const before = await Promise.all(["eth_getTransactionCount", "eth_getBalance"].map((of) => rpc(of, [owner, "latest"])));
  const { to, data } = encodeApprove(assets.USDC.address, contracts.router.address, 7_000_000n);
  await rpc("anvil_impersonateAccount", [owner]);
  const hash = await rpc("eth_sendTransaction", [{ from: owner, to, data, gas: "0x30d40" }]);
  while ((await rpc("eth_getTransactionReceipt", [hash])) === null) await rpc("eth_blockNumber");
  await rpc("anvil_stopImpersonatingAccount", [owner]);
  await rpc("anvil_setNonce", [owner, before[0]]);
  await rpc("anvil_setBalance", [owner, before[1]]);
}

test("the house that docs/gateway-api.md opens is one", async () => {
  const docs = readFileSync(join(ROOT, "docs", "gateway-api.md"), "utf8");
  const shown = [...docs.matchAll(/```ts\n(.*?)```/gs)].map(([, text = ""]) => text).find((text) => text.includes("openHouse"));
  const entry = join(ROOT, "src", "entries", "gateway.ts");
  const example = join(two.folder, "example.ts");
  writeFileSync(join(two.folder, "package.json"), '{ "type": "module" }');
  createOperatorKey(join(two.folder, "operator.key"));
  writeFileSync(example, (shown ?? "").replace('"mandate/gateway"', JSON.stringify(entry)));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [example], {
    cwd: two.folder,
    env: { ...process.env, MANDATE_PASSWORD: PASSWORD },
    timeout: 150_000,
    killSignal: "SIGKILL",
  });
  expect(stderr).toBe("");
  const told = JSON.parse(stdout) as readonly { readonly spent: readonly (readonly [string, string])[] }[];
  expect(told).toMatchObject(two.members.map(({ wallet }) => ({ wallet, cycle: 1, stopped: null })));
});

test("two agents in one process never pass the budget that they share, and what happened while the house was shut is found when it opens, before any cycle", async () => {
  {
    await using house = await open();
    const bought = house.gateways.map(async ({ gateway, wallet }, i) => {
      const member = two.members[i];
      if (!member) throw new TypeError("a gateway for each member");
      const session = await gateway.open(wallet);
      return Promise.all([1, 2, 3, 4, 5].map((step) => buy(gateway, member, session, step, "30")));
    });
    const outcomes = (await Promise.all(bought)).flat();
    expect(outcomes.filter(({ kind }) => kind === "confirmed")).toHaveLength(6);
    const refused = outcomes.filter(({ kind }) => kind === "refused");
    expect(refused.map((outcome) => codesOf(outcome))).toEqual(Array.from({ length: 4 }, () => ["FLEET_SPEND"]));
    await house.stop();
  }
  await allowBehind(two.members[1].address);
  await using house = await open();
  const health = await Promise.all(house.gateways.map(({ reads }) => reads.health()));
  expect(health.map(({ stopped }) => stopped)).toEqual([null, "UNEXPLAINED_ALLOWANCE"]);
});
