import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import { signatureTypeOf } from "../protocols/signatures/signature-types.ts";
import { explainMandate } from "./explain.ts";
import { judge } from "./judge.ts";
import { MandateFileError } from "./mandate-file-error.ts";
import { parseMandate } from "./parse-mandate.ts";
import { budgetsWith, delta, effectsWith, NOW, PRICES, swapCall, termsWith } from "./testing/judging.ts";
import { SAMPLE } from "./testing/sample-mandate.ts";
import { worstCase } from "./worst-case.ts";

const PAYEE = "0xabcdef0123456789abcdef0123456789abcdef01";
const PERMIT2 = '          permit2: { kind: permit2, address: "0x000000000022D473030F116dDEE9F6B43aC78BA3" }\n        pools:';

function written(listed: string, { recipients = `["${PAYEE}"]`, book = true } = {}): string {
  const limits = SAMPLE.replace(/^limits:\n/m, `limits:\n  allowed_signatures: ${listed}\n  allowed_recipients: ${recipients}\n`);
  return book ? limits.replace("        pools:", PERMIT2) : limits;
}
function parsed(text: string) {
  return parseMandate(text, { file: "MANDATE.md", worldWallet: `0x${"b".repeat(40)}` });
}
function problems(text: string): readonly string[] {
  try {
    parsed(text);
    return [];
  } catch (error) {
    if (!(error instanceof MandateFileError)) throw error;
    return error.problems.map(({ code, path }) => `${code} ${path}`);
  }
}

test("messages are listed by name or by type hash, which is kept as the name", () => {
  const { hash = "" } = signatureTypeOf("PermitTransferFrom") ?? {};
  expect(parsed(written(`[Permit, "${hash}"]`)).terms.limits.allowed_signatures).toEqual(["Permit", "PermitTransferFrom"]);
  expect(parsed(SAMPLE).terms.limits.allowed_signatures).toEqual([]);
});

test.each([
  ["what nobody knows the meaning of", "[Mail]", {}, ["BAD_VALUE limits.allowed_signatures.0"]],
  ["a hash of nothing that is known", `["0x${"1".repeat(64)}"]`, {}, ["BAD_VALUE limits.allowed_signatures.0"]],
  ["a name twice", "[Permit, Permit]", {}, ["DUPLICATE_VALUE limits.allowed_signatures.1"]],
  ["a payment to nobody", "[TransferWithAuthorization]", { recipients: "[]" }, ["CONFLICT limits.allowed_signatures.0"]],
  ["Permit2 where there is none", "[PermitSingle]", { book: false }, ["UNKNOWN_CONTRACT limits.allowed_signatures.0"]],
] as const)("%s is a mistake of the file", (_, listed, options, found) => {
  expect(problems(written(listed, options))).toEqual(found);
});

test("a message passes where its type hash is listed and nowhere else", () => {
  const codesOf = (signs: `0x${string}`, listed: readonly "Permit"[]) => {
    const call = swapCall({ contract: "USDC", kind: "erc20", function: "Permit", signs });
    const effects = effectsWith({ calls: [call], deltas: [delta("base/USDC", -10)] });
    const verdict = judge(termsWith({ allowed_signatures: listed }), effects, PRICES, budgetsWith(), NOW);
    return verdict.kind === "deny" ? verdict.violations.map(({ code }) => code) : [];
  };
  const { hash = "0x" } = signatureTypeOf("Permit") ?? {};
  expect(codesOf(hash, ["Permit"])).toEqual([]);
  expect(codesOf(hash, [])).toEqual(["SIGNING_NOT_ALLOWED"]);
  expect(codesOf(`0x${"1".repeat(64)}`, ["Permit"])).toEqual(["SIGNING_NOT_ALLOWED"]);
});

test("the worst case in all has what may be live when the stop is reached: sixteen trades, or the day's spend", () => {
  const base = { allowed_recipients: [PAYEE] as const, max_daily_spend_usd: decimal(2000), max_single_trade_usd: decimal(100) };
  const live = (change: Parameters<typeof termsWith>[0]) =>
    worstCase(termsWith({ ...base, ...change }))
      .in_all.terms.find(({ name }) => name === "live signatures")
      ?.usd.toString();
  expect(live({})).toBeUndefined();
  expect(live({ allowed_signatures: ["Permit"] })).toBeUndefined();
  expect(live({ allowed_signatures: ["PermitSingle"] })).toBe("1600");
  expect(live({ allowed_signatures: ["PermitSingle"], max_single_trade_usd: decimal(500) })).toBe("2000");
  expect(live({ allowed_signatures: ["PermitSingle"], allowed_recipients: [] })).toBeUndefined();
});

test("mandate check says what may be signed, and how it counts", () => {
  const said = explainMandate(parsed(written("[PermitTransferFrom]"))).replace(/\s+/g, " ");
  expect(said).toContain("allowed_signatures PermitTransferFrom");
  expect(said).toContain("what is signed (PermitTransferFrom) counts as spent in full from that moment");
  expect(said).toContain("live signatures");
});
