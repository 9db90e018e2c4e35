import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Entry } from "../../src/journal/journal.ts";
import { openJournalReader } from "../../src/journal/sqlite/open-journal-reader.ts";
import { prepareWorkspace } from "../../src/tools/workspace/prepare-workspace.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { FULL_BOOK } from "../effects/support/full-book.ts";
import { balancesOf, STRANGER, standingOf } from "../support/standing.ts";
import { openSandboxHouse, type SandboxHouse } from "./support/sandbox-house.ts";

const WETH = EVM_BOOK.chains.base.assets.WETH.address;
let house: SandboxHouse;

beforeAll(async () => {
  house = await openSandboxHouse({
    book: FULL_BOOK,
    limits: { allowed_tokens: ["WETH", "USDC", "ETH", "vUSDC"], max_single_trade_usd: "800", max_slippage_bps: 100 },
  });
  await refresh();
});
afterAll(() => house[Symbol.asyncDispose]());

/** Brings the workspace up to date, as the beginning of a cycle does. */
async function refresh(ours = false) {
  const { home, mandate, opened } = house.endpoint.house;
  const journal = await openJournalReader(join(home, "journal.sqlite"));
  const entries: Entry[] = [];
  for await (const entry of journal.read(opened.wallet)) entries.push(entry);
  await journal.close();
  return prepareWorkspace({ mandate, folder: house.workspace, ours, entries });
}
const script = (name: string, args: string) => house.sh(`.agents/skills/${name} ${args}`);
const lines = (text: string) =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("cast in the sandbox reaches its chain through the gateway, and is refused what the mandate refuses", async () => {
  expect((await house.sh("cast chain-id")).stdout).toBe("31337\n");
  const wrapped = await house.sh(`cast send ${WETH} 'deposit()' --value 1000 --unlocked --from $ETH_FROM --json | jq -r .status`);
  expect(wrapped).toMatchObject({ exit: 0, stdout: "0x1\n" });
  const paid = await house.sh(`cast send ${STRANGER} --value 1 --unlocked --from $ETH_FROM`);
  expect(paid).toMatchObject({ exit: 1, stderr: expect.stringContaining("denied by mandate: ") });
  const dev = await house.sh(`cast rpc anvil_setBalance $ETH_FROM 0xffff`);
  expect(dev).toMatchObject({ exit: 1, stderr: expect.stringMatching(/-32601|-32004/) });
});

test("check-balances says what the chain says", async () => {
  const ran = await script("check-balances/scripts/balances.sh", "");
  expect(ran.stderr).toBe("");
  const held = await balancesOf(house.endpoint.house.world, REHEARSAL_WALLET);
  const said = Object.fromEntries(lines(ran.stdout).map(({ asset, units }) => [asset, BigInt(String(units))]));
  expect(said).toMatchObject({ WETH: held.WETH, USDC: held.USDC });
});

test("swap sells an exact amount with a floor at the pinned price, and leaves no allowance", async () => {
  const { world } = house.endpoint.house;
  const before = await balancesOf(world, REHEARSAL_WALLET);
  const quote = lines((await script("swap/scripts/swap.sh", "--quote WETH USDC 0.05")).stdout)[0];
  const swapped = await script("swap/scripts/swap.sh", "WETH USDC 0.05");
  expect(swapped.stderr).toBe("");
  const after = await balancesOf(world, REHEARSAL_WALLET);
  expect((before.WETH ?? 0n) - (after.WETH ?? 0n)).toBe(50_000_000_000_000_000n);
  expect(Number((after.USDC ?? 0n) - (before.USDC ?? 0n)) / 1e6).toBeGreaterThanOrEqual(Number(quote?.least));
  const dear = await script("swap/scripts/swap.sh", "WETH USDC 0.3");
  expect(dear).toMatchObject({ exit: 1, stderr: expect.stringContaining("denied by mandate: TRADE_TOO_LARGE") });
});

test("manage-lp opens a position around the price, lists it, and closes it with nothing left", async () => {
  const opened = await script("manage-lp/scripts/lp.sh", "open WETH-USDC 6 0.03 90");
  expect(opened.stderr).toBe("");
  const [position, ...others] = lines((await script("manage-lp/scripts/lp.sh", "list")).stdout);
  expect(others).toEqual([]);
  expect(BigInt(String(position?.liquidity))).toBeGreaterThan(0n);
  const closed = await script("manage-lp/scripts/lp.sh", `close ${position?.id}`);
  expect(closed.stderr).toBe("");
  expect((await script("manage-lp/scripts/lp.sh", "list")).stdout).toBe("");
});

test("vault takes money in and gives all of it back", async () => {
  expect((await script("vault/scripts/vault.sh", "deposit vUSDC 40")).stderr).toBe("");
  const [status] = lines((await script("vault/scripts/vault.sh", "status vUSDC")).stdout);
  expect(Number(status?.redeemable)).toBeGreaterThan(39.9);
  expect((await script("vault/scripts/vault.sh", "withdraw vUSDC")).stderr).toBe("");
  expect((await script("vault/scripts/vault.sh", "withdraw vUSDC")).stderr).toContain("nothing is in vUSDC");
});

test("check-inflight shows nonces and no request, and the snapshot has every verdict and no signed bytes", async () => {
  await refresh();
  const said = lines((await script("check-inflight/scripts/inflight.sh", "")).stdout);
  expect(said).toHaveLength(1);
  expect(said[0]?.pending).toBe(said[0]?.latest);
  const { stdout } = await house.sh(
    "sqlite3 journal.sqlite \"select distinct verdict from verdicts order by 1; select count(*) > 3 from outcomes where outcome = 'confirmed'\"",
  );
  expect(stdout).toBe("allow\ndeny\n1\n");
  expect((await house.sh("grep -c 0x02f8 journal.sqlite; echo x > journal.sqlite")).stdout).toBe("0\n");
});

test("manage-action-log keeps notes over sessions, whatever is in them", async () => {
  expect((await script("manage-action-log/scripts/log.sh", `add fact "it's 5 o'clock'); drop table notes; --"`)).stderr).toBe("");
  await refresh();
  const [note] = lines((await script("manage-action-log/scripts/log.sh", "list 5")).stdout);
  expect(note).toMatchObject({ kind: "fact", text: "it's 5 o'clock'); drop table notes; --" });
  expect(lines((await script("manage-action-log/scripts/log.sh", `find "o'clock"`)).stdout)).toHaveLength(1);
});

test("an agent's own skill is kept and marked; what it changed of others, and every trap it set, is undone", async () => {
  await house.sh(`mkdir -p .agents/skills/mine; printf -- '---\\nname: mine\\ndescription: Say yes.\\n---\\n' > .agents/skills/mine/SKILL.md
    rm -rf .agents/skills/swap AGENTS.md config.json; ln -s /etc .agents/skills/swap; ln -s /etc/passwd AGENTS.md
    mkdir .agents/skills/fake; ln -s /etc/passwd .agents/skills/fake/SKILL.md; mkfifo .agents/skills/fifo; rm -rf .claude; ln -s ${homedir()} .claude`);
  await expect(refresh()).rejects.toMatchObject({ code: "WORKSPACE_UNUSABLE" });
  const { skills } = await refresh(true);
  expect(skills.filter(({ origin }) => origin === "own")).toEqual([
    { name: "mine", description: "Say yes.", allowedTools: [], origin: "own" },
  ]);
  expect(existsSync("/etc/SKILL.md")).toBe(false);
  expect(existsSync(join(homedir(), "skills"))).toBe(false);
  expect((await house.sh("head -1 AGENTS.md; grep -c 'own: written' AGENTS.md; jq -r .id config.json")).stdout).toBe(
    "# under-test\n1\nunder-test\n",
  );
  expect((await script("swap/scripts/swap.sh", "--quote WETH USDC 0.05")).exit).toBe(0);
});

test("after all of it the journal holds and nothing is signed that did not end", async () => {
  expect(await standingOf(house.endpoint.house)).toMatchObject({ journalHolds: true, signed: 0 });
});
