import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "../cli/support/run-cli.ts";

const MANDATES = join(import.meta.dirname, "..", "..", "mandates");

function scratch(change: (text: string) => string = (text) => text, shipped = "ax") {
  const home = mkdtempSync(join(tmpdir(), "mandate-ax-"));
  const mandate = join(home, "MANDATE.md");
  writeFileSync(mandate, change(readFileSync(join(MANDATES, shipped, "MANDATE.md"), "utf8")));
  return {
    home,
    async ax(...args: readonly string[]) {
      const { code, stdout, stderr } = await runCli(["ax", ...args, "--mandate", mandate, "--json"], { cwd: home });
      const lines = stdout.trim().split("\n");
      expect(lines, stderr).toHaveLength(1);
      return { code, document: JSON.parse(lines[0] ?? "null"), stderr };
    },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

test("ax swaps, and what it spent counts in the next call: the limits are the journal's", async () => {
  using folder = scratch((text) => text.replace("max_daily_spend_usd: 2000", "max_daily_spend_usd: 100"));
  expect(await folder.ax("swap", "60", "USDC", "WETH", "--yes")).toMatchObject({
    code: 0,
    document: { result: { status: "success" } },
  });
  const second = await folder.ax("--yes", "swap", "60", "USDC", "WETH");
  expect(second).toMatchObject({
    code: 3,
    document: { result: { status: "blocked", verdict: { violations: [{ code: "DAILY_SPEND" }] } } },
  });
  expect(await folder.ax("swap", "30", "USDC", "WETH", "--yes")).toMatchObject({ code: 0 });
  expect((await folder.ax("balance", "USDC")).document.result.data.balances).toMatchObject([{ amount: "210" }]);
});

test("a sentence is one document: the words, the call, what was shown and what came of it", async () => {
  using folder = scratch();
  const { code, document } = await folder.ax("-n", "swap 5 USDC to WETH", "--mock", "--yes");
  expect(code).toBe(0);
  expect(document).toMatchObject({
    schema_version: 1,
    words: "swap 5 USDC to WETH",
    tool: "swap_tokens",
    confirmed: true,
    preview: { status: "simulated" },
    result: {
      status: "success",
      data: { done: expect.arrayContaining([{ account: "wallet", asset: "base/USDC", amount: "-5" }]) },
    },
  });
});

test("without a terminal a sentence that moves money needs --yes, and --dry-run signs nothing", async () => {
  using folder = scratch();
  expect(await folder.ax("-n", "swap 5 USDC to WETH", "--mock")).toMatchObject({
    code: 2,
    document: { error: { code: "AX_NOT_CONFIRMED" } },
  });
  expect(await folder.ax("-n", "swap 5 USDC to WETH", "--mock", "--dry-run")).toMatchObject({
    code: 0,
    document: { result: { status: "simulated" } },
  });
  expect((await folder.ax("balance", "USDC")).document.result.data.balances).toMatchObject([{ amount: "300" }]);
});

test("words that are no call, a missing key and a wrong argument each say what to do, with their exit codes", async () => {
  using folder = scratch();
  expect(await folder.ax("-n", "make me rich", "--mock")).toMatchObject({ code: 1, document: { error: { code: "AX_NO_CALL" } } });
  expect(await folder.ax("run", "get_price", "{}")).toMatchObject({
    code: 2,
    document: { result: { error: { code: "validation_error" } } },
  });
  expect(await folder.ax("run", "get_prise", "{}")).toMatchObject({
    code: 2,
    document: { result: { error: { suggestion: "did you mean get_price?" } } },
  });
  expect(await folder.ax("run", "get_price", "nonsense")).toMatchObject({ code: 2, document: { error: { code: "USAGE" } } });
});

test("tools are called no faster than the mandate allows, also by processes of their own", async () => {
  using folder = scratch((text) => text.replace("max_tool_calls_per_minute: 60", "max_tool_calls_per_minute: 2"));
  expect((await folder.ax("price", "ETH")).code).toBe(0);
  expect((await folder.ax("price", "ETH")).code).toBe(0);
  expect(await folder.ax("price", "ETH")).toMatchObject({
    code: 3,
    document: { result: { error: { code: "tool_rate_limit" } } },
  });
});

test("at an exchange ax has that venue's tools, under the same limits, and the account stays as the last call left it", async () => {
  using folder = scratch(undefined, "balanced-growth");
  const order = JSON.stringify({ market: "BTC", side: "buy", usd: "100" });
  expect(await folder.ax("run", "place_order", order, "--yes")).toMatchObject({
    code: 0,
    document: { preview: { status: "simulated" }, result: { status: "success" } },
  });
  expect((await folder.ax("run", "list_positions", "{}")).document.result.data.positions).toMatchObject([
    { market: "hl/BTC:perp", leverage: "2 isolated" },
  ]);
  expect(await folder.ax("run", "set_leverage", JSON.stringify({ market: "BTC", leverage: 40 }), "--yes")).toMatchObject({
    code: 3,
    document: { preview: { verdict: { violations: expect.arrayContaining([expect.objectContaining({ code: "LEVERAGE" })]) } } },
  });
  expect(await folder.ax("swap", "5", "USDC", "WETH", "--yes")).toMatchObject({
    code: 2,
    document: { result: { error: { code: "unknown_tool" } } },
  });
});

test("--fresh begins a new world and puts the old one aside", async () => {
  using folder = scratch();
  expect((await folder.ax("swap", "60", "USDC", "WETH", "--yes")).code).toBe(0);
  expect((await folder.ax("balance", "USDC", "--fresh")).document.result.data.balances).toMatchObject([{ amount: "300" }]);
});

test("a world that is gone while its journal stands is not signed upon", async () => {
  using folder = scratch();
  expect((await folder.ax("swap", "60", "USDC", "WETH", "--yes")).code).toBe(0);
  rmSync(join(folder.home, ".mandate", "rehearsal", "ax", "world.json"));
  expect((await folder.ax("swap", "60", "USDC", "WETH", "--yes")).code).not.toBe(0);
});
