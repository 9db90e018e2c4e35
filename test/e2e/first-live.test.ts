import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { SECOND, systemClock } from "../../src/core/clock.ts";
import { sealKeystore } from "../../src/gateway/keys/seal-keystore.ts";
import { readOperatorPublicKey } from "../../src/gateway/operator/operator-key.ts";
import { startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import { openJournalReader } from "../../src/journal/sqlite/open-journal-reader.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { DEFAULT_FUNDS } from "../../src/worlds/rehearsal/default-funds.ts";
import { jsonOf, runCli, startCli } from "../cli/support/run-cli.ts";
import { type LyingNode, startLyingNode } from "../effects/support/lying-node.ts";
import { livingChildren, putDown } from "./support/children.ts";
import { mandateCopy, standingAt } from "./support/mandate-copy.ts";
import { type Scratch, scratch } from "./support/scratch.ts";

const PASSWORD = "correct horse";
const CHAIN = 31343;

let world: EvmWorld;
let node: LyingNode;
let place: Scratch;
beforeAll(async () => {
  const start = Math.floor((await systemClock.now()) / SECOND) * SECOND;
  world = await startEvmWorld({ seed: 5, start, chainId: CHAIN, fund: { [REHEARSAL_WALLET]: DEFAULT_FUNDS } });
  await world.rpc("anvil_removeBlockTimestampInterval");
  node = await startLyingNode(world.url);
  place = scratch();
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await world.stop();
  place[Symbol.dispose]();
});
afterEach(() => expect(livingChildren()).toEqual([]));

/** Where a process listens on TCP, as the system has it: addresses and ports in hex. Linux. */
function portsOf(pid: number): readonly string[] {
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  const sockets = ["tcp", "tcp6"].flatMap((name) => readFileSync(`/proc/${pid}/net/${name}`, "utf8").trim().split("\n").slice(1));
  return sockets.flatMap((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/ +/);
    return state === "0A" && open.includes(`socket:[${inode}]`) ? [local] : [];
  });
}

test("an operator apart from the gateway orders the first live start; a gateway killed before it pinned starts with the same order, and later with none", async () => {
  const { folder } = place;
  const at = (name: string) => join(folder, name);
  writeFileSync(at("key.json"), sealKeystore({ privateKey: REHEARSAL_KEY, class: "live", password: PASSWORD }), { mode: 0o600 });
  writeFileSync(at("pw"), PASSWORD);
  const standing = { ...standingAt(node.url, REHEARSAL_WALLET), id: "first-live", "        id": CHAIN };
  const file = mandateCopy(folder, { ...standing, max_position_size_usd: "6000\n  two_rpcs_above_usd: 200000" });
  const home = at("home");
  const key = ["--keystore", at("key.json"), "--password-file", at("pw"), "--home", home];
  const gateway = ["gateway", file, "--live", ...key];
  const pub = ["--operator-key", at("operator.key.pub")];

  const unnamed = await jsonOf(gateway);
  expect(unnamed).toMatchObject({ code: 1, document: { error: { code: "FIRST_LIVE_NEEDS_OPERATOR" } } });
  const shown = await runCli(["amend", file, "--home", home]);
  expect(shown.code).toBe(4);
  expect(shown.stderr).toContain("worst case");
  const order = at("MANDATE.go-live.json");
  expect(existsSync(order)).toBe(false);
  const accepted = await jsonOf(["amend", file, "--home", home, "--accept", "--operator-key", at("operator.key")]);
  const made = { file: order, operator_key: at("operator.key.pub") };
  expect(accepted).toMatchObject({ code: 0, document: { amended: false, first_live: made } });
  // The pair was made where the operator is: nobody else has had its private half.
  expect(statSync(at("operator.key")).mode & 0o777).toBe(0o600);
  const own = readOperatorPublicKey(made.operator_key);

  const unordered = await runCli([...gateway, ...pub]);
  expect([unordered.code, unordered.stderr]).toEqual([1, expect.stringContaining(`mandate amend ${file} --accept`)]);

  // Killed while it reads what it is to pin: the order was taken, and nothing came of it.
  const goLive = JSON.parse(readFileSync(order, "utf8")) as { readonly text: string; readonly signature: string };
  const state = join(home, "rehearsal", "first-live");
  const config = { file, home: state, socket: at("g.sock"), keystore: at("key.json"), password: PASSWORD, live: true };
  node.lie("eth_getCode", (code) => {
    for (const child of livingChildren()) putDown(child);
    return code;
  });
  await expect(startGatewayProcess({ ...config, operatorKey: own, goLive })).rejects.toMatchObject({ code: "GATEWAY_DIED" });
  node.honest();
  const reader = await openJournalReader(join(state, "journal.sqlite"));
  expect(await reader.streams()).toEqual([]);
  await reader.close();

  {
    await using running = startCli([...gateway, ...pub, "--go-live", order, "--json"]);
    expect(JSON.parse(await running.line())).toMatchObject({
      wallet: `wallet:${REHEARSAL_WALLET}`,
      operator: expect.any(String),
    });
    expect(await running.interrupt()).toBe(0);
  }
  const later = await startGatewayProcess(config);
  const [child] = livingChildren();
  expect(readFileSync(`/proc/${child?.pid}/limits`, "utf8")).toMatch(/^Max core file size +0 +0 /m);
  // Node's way to a debugger, and with it to all that the process has in memory.
  process.kill(child?.pid ?? 0, "SIGUSR1");
  expect(await jsonOf(["verify", state])).toMatchObject({ code: 0, document: { ok: true } });
  expect(portsOf(child?.pid ?? 0)).toEqual([]);
  await later.stop();

  // What changes after that is told in words, and holds once the operator has said so; no gateway runs meanwhile.
  const wider = readFileSync(file, "utf8").replace(/max_daily_loss_usd: \d+/, "max_daily_loss_usd: 75");
  writeFileSync(file, wider);
  const told = await runCli(["amend", file, "--home", home, "--no-json"]);
  expect(told.stdout).toMatch(/^WIDER +max_daily_loss_usd goes up from \$60 to \$75\nnothing is amended yet/);
  expect(told.code).toBe(4);
  const unsigned = await jsonOf(["amend", file, "--home", home, "--accept"], { env: { MANDATE_OPERATOR_KEY: undefined } });
  expect([unsigned.code, unsigned.document.error]).toEqual([2, expect.objectContaining({ code: "USAGE" })]);
  const amended = await jsonOf(["amend", file, "--home", home, "--accept", "--operator-key", at("operator.key")]);
  expect(amended).toMatchObject({
    code: 0,
    document: { amended: true, changes: [{ effect: "wider", before: "60", after: "75" }] },
  });
  await (await startGatewayProcess(config)).stop();
});
