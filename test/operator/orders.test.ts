import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HOUR } from "../../src/core/clock.ts";
import { canonicalJson } from "../../src/core/json.ts";
import { caller, gatewayClient } from "../../src/gateway/client.ts";
import { createOperatorKey, readOperatorKey, readOperatorPublicKey } from "../../src/gateway/operator/operator-key.ts";
import { operatorSocket } from "../../src/gateway/operator/operator-socket.ts";
import { helloWire, OPERATOR_CALLS, OPERATOR_PATH, readOrder, signOrder } from "../../src/gateway/operator/orders.ts";
import { serveOperator } from "../../src/gateway/operator/serve-operator.ts";
import { serveGateway } from "../../src/gateway/serve/server.ts";
import { WalletReads } from "../../src/gateway/wallet-reads.ts";
import { openJournalReader } from "../../src/journal/sqlite/open-journal-reader.ts";
import { openHouse } from "../support/house.ts";
import { nonceOf } from "../support/standing.ts";
import { governedHouse, purchase } from "./support/governed-house.ts";

const why = { why: "a look" };

test("an order that somebody else signed, or that was changed after it was signed, is not obeyed", async () => {
  await using governed = await governedHouse();
  const { desk, key, house } = governed;
  const folder = mkdtempSync(join(tmpdir(), "mandate-mallory-"));
  createOperatorKey(join(folder, "key"));
  const mallory = readOperatorKey(join(folder, "key"));
  rmSync(folder, { recursive: true });
  const hello = await desk.hello();
  const honest = signOrder(key, hello, "Freeze", why);
  const forged = [
    signOrder(mallory, hello, "Freeze", why),
    { ...honest, text: honest.text.replace("a look", "a hook") },
    { ...honest, text: ` ${honest.text}` },
    { ...honest, signature: "" },
    { ...honest, signature: "00".repeat(64) },
    { ...honest, signature: honest.signature.toUpperCase() },
  ];
  for (const order of forged) await expect(desk.perform("Freeze", order)).rejects.toMatchObject({ code: "PROOF_INVALID" });
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
  expect(await desk.perform("Freeze", honest)).toMatchObject({ stopped: { code: "FROZEN_BY_OPERATOR" } });
});

test("an order holds once: again, after a restart or out of the journal it is stale", async () => {
  await using governed = await governedHouse();
  const { house, key, operator } = governed;
  const order = signOrder(key, await governed.desk.hello(), "Freeze", why);
  await governed.desk.perform("Freeze", order);
  await operator.unfreeze("on we go");
  await expect(governed.desk.perform("Freeze", order)).rejects.toMatchObject({ code: "ORDER_STALE" });
  await house.restart();
  await expect(governed.desk.perform("Freeze", order)).rejects.toMatchObject({ code: "ORDER_STALE" });
  const reader = await openJournalReader(join(house.home, "journal.sqlite"));
  const orders = [];
  for await (const { kind, body } of reader.read(house.opened.wallet)) {
    if (kind === "stopped" || kind === "resumed") orders.push((body as { readonly order: unknown }).order);
  }
  await reader.close();
  expect(orders).toEqual([order, expect.objectContaining({ text: expect.stringContaining("Unfreeze") })]);
  for (const call of ["Freeze", "Unfreeze", "Kill"] as const) {
    for (const old of orders) await expect(governed.desk.perform(call, old)).rejects.toMatchObject({ name: "GatewayError" });
  }
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
});

test("an order for one call, wallet, journal or time is none for another", async () => {
  await using governed = await governedHouse();
  await using other = await governedHouse();
  const { desk, key, house } = governed;
  const hello = await desk.hello();
  const foreign = [
    signOrder(key, hello, "Unfreeze", { ...why, after_kill: false }),
    signOrder(key, { ...hello, wallet: `wallet:0x${"0".repeat(40)}` }, "Kill", why),
    signOrder(key, { ...hello, journal: (await other.desk.hello()).journal.replace(/^./, "x") }, "Kill", why),
    signOrder(key, { ...hello, journal: "0".repeat(64) }, "Kill", why),
    signOrder(key, { ...hello, now: hello.now - HOUR }, "Kill", why),
    signOrder(key, { ...hello, now: hello.now + 2 * HOUR }, "Kill", why),
  ];
  for (const order of foreign) await expect(desk.perform("Kill", order)).rejects.toMatchObject({ code: "PROOF_INVALID" });
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
});

test("the agent's socket has none of the operator's calls, and the operator's has none of the agent's", async () => {
  await using governed = await governedHouse();
  const { house, desk, key } = governed;
  const [agentPath, operatorPath] = [join(house.home, "a.sock"), join(house.home, "o.sock")];
  const silent = () => undefined;
  const agentSide = await serveGateway({
    gateway: house.opened.gateway,
    reads: new WalletReads(house.opened),
    listen: { socket: agentPath },
    onError: silent,
  });
  const operatorSide = await serveOperator(desk, operatorPath, silent);
  const asOperator = caller(agentPath, OPERATOR_PATH);
  const operator = operatorSocket(operatorPath, key);
  const asAgent = gatewayClient(operatorPath);
  try {
    expect(statSync(operatorPath).mode & 0o777).toBe(0o600);
    expect((await operator.hello()).number).toBe(1);
    const proof = signOrder(key, await desk.hello(), "Freeze", why);
    await expect(asOperator.call("Freeze", OPERATOR_CALLS.Freeze.gives, proof)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(asOperator.call("Hello", helloWire, {})).rejects.toMatchObject({ code: "BAD_REQUEST" });
    for (const call of ["Approve", "Freeze", "Exit", "Amend"]) {
      await expect(asOperator.call(`../mandate.v1.Operator/${call}`, helloWire, proof)).rejects.toMatchObject({
        code: "BAD_REQUEST",
      });
    }
    await expect(asAgent.open(house.opened.wallet)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect(await operator.freeze("over the socket")).toMatchObject({ code: "FROZEN_BY_OPERATOR" });
    await expect(operator.approve("000000000000")).rejects.toMatchObject({ code: "UNKNOWN_PERMIT" });
  } finally {
    for (const end of [asOperator, operator, asAgent]) end.close();
    await agentSide.stop();
    await operatorSide.stop();
  }
});

test("a key file is its owner's alone: one that others can read is not used, and the journal has the public half only", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mandate-key-"));
  const file = join(folder, "operator.key");
  const publicKey = createOperatorKey(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readOperatorPublicKey(file)).toBe(publicKey);
  expect(readOperatorPublicKey(`${file}.pub`)).toBe(publicKey);
  expect(() => createOperatorKey(file)).toThrow();
  chmodSync(file, 0o640);
  expect(() => readOperatorKey(file)).toThrow(expect.objectContaining({ code: "OPERATOR_KEY_EXPOSED" }));
  chmodSync(file, 0o600);
  const secret = readFileSync(file, "utf8").split("\n")[1] ?? "";
  expect(() => readOperatorKey(`${file}.pub`)).toThrow(expect.objectContaining({ code: "OPERATOR_KEY_UNREADABLE" }));
  rmSync(folder, { recursive: true });
  await using governed = await governedHouse();
  const reader = await openJournalReader(join(governed.house.home, "journal.sqlite"));
  let text = "";
  for await (const { body } of reader.read(governed.house.opened.wallet)) text += canonicalJson(body);
  await reader.close();
  expect(text).toContain(governed.key.publicKey);
  expect(secret.length).toBeGreaterThan(40);
  expect(text).not.toContain("PRIVATE");
});

test("the operator of the first start stays: another key does not start, none is needed any more", async () => {
  await using governed = await governedHouse();
  const { house } = governed;
  await house.opened.close();
  const others = { world: house.world, home: house.home };
  await expect(openHouse({ ...others, operatorKey: "ab".repeat(32) })).rejects.toMatchObject({ code: "OPERATOR_CHANGED" });
  await house.restart();
  expect((await governed.desk.hello()).operator).toBe(governed.key.publicKey);
});

test("without an operator nobody can be asked, and a question says so", async () => {
  await using house = await openHouse({
    limits: { require_human_approval_above_usd: 1, max_exit_cost_bps: 100, max_slippage_bps: 100 },
  });
  expect(house.opened.desk).toBeNull();
  const [outcome] = await house.act(await purchase(house));
  expect(outcome).toMatchObject({ kind: "refused", verdict: { kind: "ask", permit: null } });
  expect(await nonceOf(house.world)).toBe(0);
});

test("an order's text is canonical: what reads alike and is written otherwise is none", () => {
  expect(() => readOrder('{"call":"Kill"}')).toThrow(expect.objectContaining({ code: "PROOF_INVALID" }));
  expect(() => readOrder("not json")).toThrow(expect.objectContaining({ code: "PROOF_INVALID" }));
});
