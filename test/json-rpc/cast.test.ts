import { afterAll, beforeAll, expect, test } from "vitest";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { STRANGER, standingOf } from "../support/standing.ts";
import { cast } from "./support/cast.ts";
import { type Endpoint, openEndpoint } from "./support/endpoint.ts";

const WETH = EVM_BOOK.chains.base.assets.WETH.address;
const OWN = ["--unlocked", "--from", REHEARSAL_WALLET] as const;

let endpoint: Endpoint;
beforeAll(async () => {
  endpoint = await openEndpoint({ limits: { max_single_trade_usd: "500" } });
});
afterAll(() => endpoint[Symbol.asyncDispose]());

const ask = (...args: readonly string[]) => cast(...args, "--rpc-url", endpoint.url);

test("cast reads: chain, block, balance, nonce, code, storage, calls, logs, gas", async () => {
  const { world } = endpoint.house;
  const answers = await Promise.all([
    ask("chain-id"),
    ask("block-number"),
    ask("balance", REHEARSAL_WALLET),
    ask("nonce", REHEARSAL_WALLET),
    ask("codesize", WETH),
    ask("storage", WETH, "0"),
    ask("call", WETH, "balanceOf(address)(uint256)", REHEARSAL_WALLET),
    ask("logs", "--from-block", "0", "--address", WETH),
    ask("gas-price"),
    ask("client"),
    ask("block", "latest"),
  ]);
  expect(answers.map(({ code, stderr }) => [code, stderr])).toEqual(answers.map(() => [0, ""]));
  const [chain, , balance, , , , called, , , client] = answers;
  expect(chain?.stdout.trim()).toBe(String(world.chainId));
  expect(BigInt(balance?.stdout.trim() ?? "")).toBe(
    BigInt((await world.rpc("eth_getBalance", [REHEARSAL_WALLET, "latest"])) as string),
  );
  expect(called?.stdout).toMatch(/^400000000000000000 /);
  expect(client?.stdout.trim()).toBe("mandate/gateway");
});

test("cast estimates and sends what the mandate allows, and its receipt is the chain's", async () => {
  expect(
    Number((await ask("estimate", WETH, "deposit()", "--value", "1000", "--from", REHEARSAL_WALLET)).stdout),
  ).toBeGreaterThan(21_000);
  const sent = await ask("send", WETH, "deposit()", "--value", "1000000000000000", ...OWN, "--json");
  expect(sent.stderr).toBe("");
  const receipt = JSON.parse(sent.stdout) as { status: string; transactionHash: string };
  expect(receipt.status).toBe("0x1");
  const { state } = endpoint.house.opened.stream;
  expect([...state.requests.values()].at(-1)?.transactions.map(({ hash }) => hash)).toEqual([receipt.transactionHash]);
});

test("fees, gas and nonce that cast insists on are left aside", async () => {
  const args = ["--gas-limit", "9999999", "--gas-price", "500gwei", "--nonce", "77", "--legacy", "--json"];
  const sent = await ask("send", WETH, "deposit()", "--value", "1000", ...OWN, ...args);
  expect(sent.stderr).toBe("");
  const { transactionHash } = JSON.parse(sent.stdout) as { transactionHash: string };
  const mined = (await endpoint.house.world.rpc("eth_getTransactionByHash", [transactionHash])) as {
    gas: string;
    nonce: string;
    type: string;
  };
  expect(Number(mined.nonce)).toBeLessThan(10);
  expect(Number(mined.gas)).toBeLessThan(100_000);
  expect(mined.type).toBe("0x2");
});

test("a refused send prints every reason of the verdict, exits 1, and nothing is signed", async () => {
  const before = await standingOf(endpoint.house);
  const refused = await ask("send", STRANGER, "--value", "1000000000000000", ...OWN);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toBe("");
  expect(refused.stderr).toContain("error code -32003: denied by mandate: ");
  expect(refused.stderr).toContain("RECIPIENT_NOT_ALLOWED: ");
  expect(refused.stderr).toContain('"verdict":"deny"');
  expect(await standingOf(endpoint.house)).toEqual(before);
  const verdict = JSON.parse(refused.stderr.slice(refused.stderr.indexOf("{"))) as { key: string };
  const recorded = [];
  for await (const entry of endpoint.house.opened.stream.journal.read(endpoint.house.opened.wallet)) recorded.push(entry);
  expect(recorded.filter(({ kind }) => kind === "judged").map(({ body }) => (body as { key: string }).key)).toContain(
    verdict.key,
  );
});

test("a call that would revert and be denied says why at the estimate, where cast ends", async () => {
  const refused = await ask("send", WETH, "withdraw(uint256)", "99000000000000000000", ...OWN);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("Failed to estimate gas");
  expect(refused.stderr).toContain("denied by mandate: WOULD_REVERT: ");
  expect(refused.stderr).toContain("TRADE_TOO_LARGE: ");
});

test("a stranger's call that reverts is the chain's answer, with its revert data", async () => {
  const reverted = await ask("estimate", WETH, "withdraw(uint256)", "99000000000000000000");
  expect(reverted.code).toBe(1);
  expect(reverted.stderr).toContain("revert");
  expect(reverted.stderr).not.toContain("denied by mandate");
});

test("what cast cannot do here it is told: raw transactions, creations, messages, impersonation", async () => {
  const [raw, created, signed, set, foreign] = await Promise.all([
    ask("publish", "0x02f86c"),
    cast("send", "--rpc-url", endpoint.url, ...OWN, "--create", "0x6000"),
    ask("rpc", "eth_sign", REHEARSAL_WALLET, "0xdead"),
    ask("rpc", "anvil_setBalance", REHEARSAL_WALLET, "0x1"),
    ask("send", WETH, "deposit()", "--value", "1", "--unlocked", "--from", STRANGER),
  ]);
  expect([raw.code, created.code, signed.code, set.code, foreign.code]).toEqual([1, 1, 1, 1, 1]);
  expect(raw.stderr).toContain("use eth_sendTransaction");
  expect(created.stderr).toContain("denied by mandate: CREATE_NOT_ALLOWED");
  expect(signed.stderr).toContain("messages are not signed");
  expect(set.stderr).toContain("it changes the chain itself");
  expect(foreign.stderr).toContain("no account of this mandate");
  expect(endpoint.failures).toEqual([]);
});
