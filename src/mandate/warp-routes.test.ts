import { expect, test } from "vitest";
import { linkedAsset } from "./linked-assets.ts";
import { parseMandate } from "./parse-mandate.ts";
import { termsFromJson, termsToJson } from "./terms-json.ts";
import { warpRoutesOf } from "./warp-routes.ts";

const at = (last: number) => `0x${"0".repeat(34)}${String(100_000 + last)}`;
const mailbox = (last: number, domain: number) => ({ kind: "hyperlane-mailbox", address: at(last), domain });
const route = (last: number, token: string, to: object) => ({
  kind: "hyperlane-warp-route",
  address: at(last),
  token,
  mailbox: "mailbox",
  to,
});

const BASE = {
  ...{ id: 8453, rpc: "https://base.example", confirmations: 3, block_seconds: 2 },
  assets: {
    WETH: { address: at(1), decimals: 18, kind: "weth9" },
    USDC: { address: at(2), decimals: 6 },
  },
  feeds: {
    WETH: { kind: "chainlink", address: at(11), max_age: "1h", deviation_bps: 50 },
    USDC: { peg: "1.00", feed: at(12) },
  },
  contracts: {
    mailbox: mailbox(3, 8453),
    "usdc-route": { ...route(4, "USDC", { arb: "usdc-route" }), scale: "1000000000000/1" },
    "eth-route": route(5, "ETH", { arb: "weth-route" }),
  },
};
const ARB = {
  ...BASE,
  ...{ id: 42_161, rpc: "https://arb.example" },
  assets: { ...BASE.assets, hUSDC: { address: at(24), decimals: 6 } },
  feeds: { ...BASE.feeds, hUSDC: { peg: "1.00", feed: at(12) } },
  contracts: {
    mailbox: mailbox(3, 42_161),
    "usdc-route": route(24, "hUSDC", { base: "usdc-route" }),
    "weth-route": route(26, "WETH", {}),
  },
};

const LIMITS = {
  ...{ allowed_tokens: ["WETH", "USDC"], max_single_trade_usd: 10, max_daily_spend_usd: 20, max_daily_loss_usd: 5 },
  ...{ max_position_size_usd: 100, max_slippage_bps: 50, stop_loss_pct: 5 },
};

function parsed(base: object = {}, arb: object = {}) {
  const contracts = {
    base: { ...BASE, contracts: { ...BASE.contracts, ...base } },
    arb: { ...ARB, contracts: { ...ARB.contracts, ...arb } },
  };
  const front = {
    ...{ id: "two", venue: "evm", network: "main", numeraire: "USDC", every: "60s", decider: "structured" },
    ...{ model: { provider: "scripted", id: "scripted" }, limits: LIMITS },
    networks: { main: { wallet: at(99), chains: contracts } },
  };
  return parseMandate(`---\n${JSON.stringify(front)}\n---\nHold.\n`, { file: "MANDATE.md", worldWallet: `0x${"9".repeat(40)}` });
}

function problemsOf(base: object, arb: object = {}): unknown {
  try {
    parsed(base, arb);
    return [];
  } catch (error) {
    return (error as { problems?: readonly { code: string; path: string }[] }).problems?.map(
      ({ code, path }) => `${code} ${path.replace("networks.main.chains.", "")}`,
    );
  }
}

test("a book's routes have both ends, and what each router does follows from its token", () => {
  const { book } = parsed().terms;
  const [usdc, eth] = warpRoutesOf(book, "base");
  expect(usdc).toMatchObject({
    label: "usdc-route",
    type: "collateral",
    asset: "base/USDC",
    domain: 8453,
    scale: [10n ** 12n, 1n],
  });
  expect(usdc?.to).toMatchObject({ arb: { type: "synthetic", asset: "arb/hUSDC", domain: 42_161, scale: [1n, 1n] } });
  expect(eth).toMatchObject({
    type: "native",
    asset: "base/ETH",
    decimals: 18,
    to: { arb: { type: "collateral", asset: "arb/WETH" } },
  });
  expect(warpRoutesOf(book, "arb").map(({ label, to }) => [label, Object.keys(to)])).toEqual([
    ["usdc-route", ["base"]],
    ["weth-route", []],
  ]);
});

test("terms with routes read back as they were written", () => {
  const { terms } = parsed();
  expect(termsFromJson(JSON.parse(JSON.stringify(termsToJson(terms))))).toEqual(terms);
});

test("what a route carries under one symbol is one exposure, and under another it is another asset", () => {
  const { book } = parsed().terms;
  expect(linkedAsset(book, "arb/WETH")).toBe("base/WETH");
  expect(linkedAsset(book, "base/WETH")).toBe("base/WETH");
  expect(linkedAsset(book, "arb/hUSDC")).toBe("arb/hUSDC");
  expect(linkedAsset(book, "arb/USDC")).toBe("arb/USDC");
});

test("a route that does not fit into the network is told where it stands", () => {
  const usdc = BASE.contracts["usdc-route"];
  const on = (change: object) => problemsOf({ "usdc-route": { ...usdc, ...change } });
  const here = (code: string, path: string) => [`${code} base.contracts.usdc-route.${path}`];
  expect(problemsOf({})).toEqual([]);
  expect(on({ token: "DAI" })).toEqual(here("BAD_VALUE", "token"));
  expect(on({ mailbox: "eth-route" })).toEqual(here("BAD_VALUE", "mailbox"));
  expect(on({ to: { optimism: "usdc-route" } })).toEqual(here("BAD_VALUE", "to.optimism"));
  expect(on({ to: { base: "eth-route" } })).toEqual(here("BAD_VALUE", "to.base"));
  expect(on({ to: { arb: "mailbox" } })).toEqual(here("BAD_VALUE", "to.arb"));
  expect(on({ scale: "0/1" })).toEqual(here("BAD_VALUE", "scale"));
  expect(on({ domain: 5 })).toEqual(here("UNKNOWN_KEY", "domain"));
  expect(on({ address: at(2) })).toEqual([]);
  expect(on({ address: at(1) })).toEqual(here("CONFLICT", "address"));
  expect(problemsOf({ mailbox: { kind: "hyperlane-mailbox", address: at(3) } })).toEqual(["MISSING_KEY base.contracts.mailbox"]);
  expect(problemsOf({}, { mailbox: mailbox(3, 8453) })).toEqual(["BAD_VALUE arb.contracts.mailbox.domain"]);
});
