import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bringBack, takeCharge } from "../../src/cli/operator/flatten-mandate.ts";
import { MINUTE } from "../../src/core/clock.ts";
import { InvariantError } from "../../src/core/errors.ts";
import { operatorAt } from "../../src/gateway/operator/operator-desk.ts";
import { createOperatorKey, readOperatorKey } from "../../src/gateway/operator/operator-key.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import {
  authorization,
  openSigningHouse,
  PAYEE,
  PERMIT2_DOMAIN,
  permitTransfer,
  permitTransferData,
  pull,
  type SigningHouse,
  seconds,
  signatureIn,
  tokenDomain,
  typedData,
  USDC,
  usd,
  WETH,
} from "../gateway/support/signing-house.ts";
import { codesOf } from "../support/standing.ts";

const folder = mkdtempSync(join(tmpdir(), "mandate-operator-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "operator.key");
const operatorKey = createOperatorKey(file);

function operatorOf(house: SigningHouse) {
  const { desk } = house.opened;
  if (!desk) throw new InvariantError("the house has an operator");
  return operatorAt(desk, readOperatorKey(file));
}

test("flatten takes back what Permit2 was to honour, and says what it cannot take back and until when", async () => {
  await using house = await openSigningHouse({ operatorKey });
  const one = await permitTransfer(house);
  const taken = signatureIn(await house.ask(permitTransferData(one)));
  const until = await seconds(house, 200);
  const details = { token: USDC, amount: usd(50), expiration: until, nonce: 0 };
  expect((await house.ask(typedData("PermitSingle", PERMIT2_DOMAIN, { details, spender: PAYEE, sigDeadline: until }))).kind).toBe(
    "open",
  );
  const paid = typedData("TransferWithAuthorization", tokenDomain(house.token), await authorization(house));
  expect((await house.ask(paid)).kind).toBe("open");
  const operator = operatorOf(house);
  expect((await operator.standing()).signatures.map(({ type }) => type)).toEqual([
    "PermitTransferFrom",
    "PermitSingle",
    "TransferWithAuthorization",
  ]);
  const said: string[] = [];
  await takeCharge(operator, { say: (line: string) => said.push(line) }, house.mandate);
  expect(said).toEqual([
    "took back 2 signatures",
    expect.stringMatching(/^cannot take back the TransferWithAuthorization of 100 base\/PUSD to 0x7a.* it ends at 20/),
  ]);
  await expect(pull(house, one, taken)).rejects.toThrow("reverted");
  expect(await house.spent()).toBe("100");
  expect(codesOf(await house.ask(permitTransferData(await permitTransfer(house, { nonce: 99n }))))).toContain("FROZEN");
});

test("the way home waits for nobody who has a signature", async () => {
  await using house = await openSigningHouse({ operatorKey });
  const paid = typedData("TransferWithAuthorization", tokenDomain(house.token), await authorization(house));
  expect((await house.ask(paid)).kind).toBe("open");
  const operator = operatorOf(house);
  await takeCharge(operator, { say: () => undefined }, house.mandate);
  const begun = await house.world.clock.now();
  const sold: string[] = [];
  const { clock, url } = house.world;
  await bringBack(house.mandate, { base: url }, operator, (event) => event.kind === "sold" && sold.push(event.asset), { clock });
  expect(sold).toContain("base/WETH");
  expect(await house.balance(WETH, REHEARSAL_WALLET)).toBe(0n);
  expect((await operator.standing()).signatures).toHaveLength(1);
  expect((await clock.now()) - begun).toBeLessThan(MINUTE);
});

test("a person's grant is for the message that was shown, and is used once", async () => {
  await using house = await openSigningHouse({ operatorKey, limits: { require_human_approval_above_usd: 50 } });
  const message = await permitTransfer(house);
  const asked = await house.ask(permitTransferData(message));
  const permit = asked.kind === "refused" && asked.verdict.kind === "ask" ? asked.verdict.permit : null;
  expect(permit).not.toBeNull();
  const operator = operatorOf(house);
  const { calls, payments } = (await operator.permit(permit?.id ?? "")).permit;
  expect(calls).toEqual([`base/permit2.PermitTransferFrom base/USDC=100 spender=${PAYEE} nonce=7`]);
  expect(payments).toMatchObject([{ to: PAYEE, asset: "base/USDC", amount: "100" }]);
  await operator.approve(permit?.id ?? "");
  const more = await house.ask(permitTransferData({ ...message, amount: usd(101) }));
  expect(codesOf(more)).toEqual(["NEEDS_APPROVAL"]);
  expect((await house.ask(permitTransferData({ ...message, deadline: message.deadline + 10n }))).kind).toBe("open");
  expect(codesOf(await house.ask(permitTransferData(await permitTransfer(house, { nonce: 8n }))))).toEqual(["NEEDS_APPROVAL"]);
});
