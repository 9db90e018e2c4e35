import { expect, test } from "vitest";
import { diffTerms } from "./diff-terms.ts";
import { parseMandate } from "./parse-mandate.ts";
import { SAMPLE } from "./testing/sample-mandate.ts";

function parsed(limits: string) {
  const text = SAMPLE.replace(/^limits:\n/m, `limits:\n  ${limits}\n`);
  return parseMandate(text, { file: "MANDATE.md", worldWallet: `0x${"9".repeat(40)}` });
}

function problemsOf(limits: string): unknown {
  try {
    parsed(limits);
    return [];
  } catch (error) {
    return (error as { problems?: readonly { code: string; path: string }[] }).problems?.map(
      ({ code, path }) => `${code} ${path}`,
    );
  }
}

test("functions that a person is asked about are of contracts, assets and messages of the network, each named once", () => {
  expect(problemsOf("require_human_approval_for: [router.exactInputSingle, USDC.transfer, USDC.Permit]")).toEqual([]);
  const at = (code: string, i: number) => [`${code} limits.require_human_approval_for.${i}`];
  expect(problemsOf("require_human_approval_for: [router.exactInputTwice]")).toEqual(at("UNKNOWN_FUNCTION", 0));
  expect(problemsOf("require_human_approval_for: [nowhere.transfer]")).toEqual(at("UNKNOWN_FUNCTION", 0));
  expect(problemsOf("require_human_approval_for: [USDC.PermitSingle]")).toEqual(at("UNKNOWN_FUNCTION", 0));
  expect(problemsOf("require_human_approval_for: [USDC.transfer, USDC.transfer]")).toEqual(at("DUPLICATE_VALUE", 1));
  expect(problemsOf("require_human_approval_for: [transfer]")).toEqual(at("BAD_VALUE", 0));
});

test("to be asked about less is wider, and about more narrower", () => {
  const [none, some] = [parsed("min_cash_usd: 0").terms, parsed("require_human_approval_for: [USDC.transfer]").terms];
  const fresh = parsed("require_human_approval_for_new_addresses: yes").terms;
  expect(diffTerms(none, some)).toMatchObject([{ effect: "narrower" }]);
  expect(diffTerms(some, none)).toMatchObject([{ effect: "wider" }]);
  expect(diffTerms(none, fresh)).toMatchObject([{ effect: "narrower" }]);
  expect(diffTerms(fresh, none)).toMatchObject([{ effect: "wider" }]);
});
