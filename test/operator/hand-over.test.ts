import { join } from "node:path";
import { expect, test } from "vitest";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import { operatorAt } from "../../src/gateway/operator/operator-desk.ts";
import { createOperatorKey, readOperatorKey } from "../../src/gateway/operator/operator-key.ts";
import { signOrder } from "../../src/gateway/operator/orders.ts";
import { readPinnedCopy } from "../../src/gateway/operator/pinned-copy.ts";
import { governedHouse } from "./support/governed-house.ts";

test("the operator hands over to another key: the new one's orders hold, the old one's no more, through a restart", async () => {
  await using governed = await governedHouse();
  const { house, key } = governed;
  const file = join(house.home, "next.key");
  createOperatorKey(file);
  const next = readOperatorKey(file);
  await governed.operator.freeze("before");
  expect(await governed.operator.handOver(next)).toBe(next.publicKey);
  expect((await governed.desk.hello()).operator).toBe(next.publicKey);
  await expect(governed.operator.unfreeze("old")).rejects.toMatchObject({ code: "PROOF_INVALID" });
  await expect(governed.operator.permits()).rejects.toMatchObject({ code: "PROOF_INVALID" });
  await expect(governed.operator.handOver(key)).rejects.toMatchObject({ code: "PROOF_INVALID" });
  expect(await operatorAt(governed.desk, next).unfreeze("new")).toBeNull();
  expect(readPinnedCopy(house.home).operator).toBe(next.publicKey);
  const { journal, stream } = house.opened.stream;
  expect(await checkStream(journal, stream)).toMatchObject({ ok: true, first_bad: null });
  await expect(house.restart(), "it is started with the old key still").rejects.toMatchObject({ code: "OPERATOR_CHANGED" });
});

test("nobody hands over to a key that nobody has, and an order of the old key that was kept is worth nothing after", async () => {
  await using governed = await governedHouse();
  const { house, key, desk } = governed;
  const file = join(house.home, "next.key");
  createOperatorKey(file);
  const next = readOperatorKey(file);
  const stranger = { publicKey: "5a".repeat(32), sign: (text: string) => key.sign(text) };
  await expect(governed.operator.handOver(stranger)).rejects.toMatchObject({ code: "PROOF_INVALID" });
  const kept = signOrder(key, { ...(await desk.hello()), number: 2 }, "Freeze", { why: "kept for later" });
  await governed.operator.handOver(next);
  await expect(desk.perform("Freeze", kept)).rejects.toMatchObject({ code: "PROOF_INVALID" });
  expect(house.opened.stream.state).toMatchObject({ stopped: null, orders: 1 });
});
