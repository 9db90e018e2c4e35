import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readMandate } from "../../mandate/read-mandate.ts";
import { REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import { readAgentConfig } from "./read-agent-config.ts";
import { writeTemplate } from "./write-template.ts";

const SECRET = `0x${"ab".repeat(32)}`;
const CONFIG = `
[hyperliquid]
account_address = "0x1111111111111111111111111111111111111111"
secret_key = "${SECRET}"
base_url = "https://api.hyperliquid-testnet.xyz"
[llm]
provider = "openai"
model = "gpt-4o"
api_key = "sk-abc123"
temperature = 0.7
max_tokens = 1000
[agent]
tick_interval_seconds = 90
log_level = "INFO"
notes = "${SECRET.slice(2)}"
[rebalancer]
rebalance_threshold = 0.07
min_trade_value = 25
max_slippage_pct = 0.004
[governor]
cooldown_minutes = 60
`;

test("model, cadence and thresholds are taken exactly, and the mandate that comes of it is read", () => {
  const dir = mkdtempSync(join(tmpdir(), "mandate-config-"));
  try {
    const { files } = writeTemplate({ dir, template: "balanced", force: false, config: { file: "config.toml", text: CONFIG } });
    const { brief } = readMandate(files[0], { worldWallet: REHEARSAL_WALLET });
    expect(brief).toMatchObject({
      id: "from-config",
      every: 90_000,
      model: { provider: "openai", id: "gpt-4o", temperature: 0.7, max_tokens: 1000 },
    });
    const { threshold_points, min_trade_usd, slippage_bps } = brief.plan;
    expect([threshold_points, min_trade_usd, slippage_bps].map((value) => value.toFixed())).toEqual(["7", "25", "40"]);
    for (const file of files) expect(readFileSync(file, "utf8")).not.toMatch(/abab|sk-abc/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("the account goes where a portfolio's live networks want it, and nowhere else", () => {
  const dir = mkdtempSync(join(tmpdir(), "mandate-config-"));
  try {
    const config = { file: "config.toml", text: CONFIG };
    const { files, carried } = writeTemplate({ dir, template: "portfolio", force: false, config });
    for (const network of ["testnet", "mainnet"]) {
      const { terms } = readMandate(files[0], { network });
      expect(Object.values(terms.accounts)).toEqual(["0x1111111111111111111111111111111111111111"]);
    }
    expect(readMandate(files[0], { worldWallet: REHEARSAL_WALLET }).terms.network).toBe("paper");
    expect(carried?.map(({ from }) => from)).toContain("hyperliquid.account_address");
    for (const file of files) expect(readFileSync(file, "utf8")).not.toMatch(/abab|sk-abc/);
    const wrong = CONFIG.replace(/account_address = ".*"/, 'account_address = "0x11"');
    expect(() => readAgentConfig("config.toml", wrong, true)).toThrow(/is no address/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("secrets are neither taken nor shown, under whatever name they stand, and it is said what to do", () => {
  const config = readAgentConfig("config.toml", CONFIG);
  expect(JSON.stringify(config)).not.toMatch(/abab|sk-abc/);
  const reasons = Object.fromEntries(config.left.map(({ key, reason }) => [key, reason]));
  expect(reasons["hyperliquid.secret_key"]).toContain("mandate keys import");
  expect(reasons["llm.api_key"]).toContain("OPENAI_API_KEY");
  expect(reasons["agent.notes"]).toContain("a secret");
});

test("every key is either taken or listed as not taken", () => {
  const { carried, left } = readAgentConfig("config.toml", CONFIG);
  expect([...carried.map(({ from }) => from), ...left.map(({ key }) => key)].sort()).toEqual(
    [
      "agent.log_level agent.notes agent.tick_interval_seconds governor.cooldown_minutes hyperliquid.account_address",
      "hyperliquid.base_url hyperliquid.secret_key llm.api_key llm.max_tokens llm.model llm.provider llm.temperature",
      "rebalancer.max_slippage_pct rebalancer.min_trade_value rebalancer.rebalance_threshold",
    ]
      .join(" ")
      .split(" "),
  );
});

test.each([
  ["a cadence of nothing", "[agent]\ntick_interval_seconds = 0", /no whole number/],
  ["a threshold in percent", "[x]\nrebalance_threshold = 5.0", /comes to 500/],
  ["a model that would write to the mandate", '[llm]\nmodel = "a, x: b }"', /is no name/],
])("%s is refused", (_, text, message) => {
  expect(() => readAgentConfig("config.toml", text)).toThrow(message);
});

test("a file that is no TOML is refused without a line of it in the message", () => {
  expect(() => readAgentConfig("config.toml", `secret_key = ${SECRET} x`)).toThrow(/config.toml:1 is no TOML/);
});
