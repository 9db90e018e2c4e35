import { expect, test } from "vitest";
import { decimal } from "../../core/decimal.ts";
import { emptyWallet } from "../../journal/fold-wallet.ts";
import type { Permits } from "../../journal/permits.ts";
import { judge } from "../../mandate/judge.ts";
import { budgetsWith, buying, NOW, PRICES, termsWith } from "../../mandate/testing/judging.ts";
import type { Request } from "../contract.ts";
import { answerQuestion } from "./answer-question.ts";
import { type PermitTerms, permitTerms, worseThan } from "./permit-terms.ts";

const terms = termsWith({ require_human_approval_above_usd: decimal(10), max_slippage_bps: decimal(50) });
const verdict = judge(terms, buying(100, 20), PRICES, budgetsWith(), NOW);
if (verdict.kind !== "ask") throw new TypeError("it asks");
const shown = permitTerms(verdict, terms.limits);

test("what a person was shown holds to the last unit and the last hundredth of a basis point", () => {
  const now = (change: Partial<PermitTerms>) => worseThan(shown, { ...shown, ...change });
  const lower = (by: string) =>
    shown.bounds.map((bound) =>
      bound.asset === "base/WETH" ? { ...bound, least: decimal(bound.least).minus(decimal(by)).toFixed() } : bound,
    );
  expect(worseThan(shown, shown)).toBeNull();
  expect(now({ bounds: lower("-0.1") })).toBeNull();
  expect(now({ bounds: lower("0.000000000000000001") })).toContain("base/WETH");
  expect(shown.loss_bps).toBe("50");
  expect(now({ loss_bps: "50.01" })).toContain("a loss of 50 bps was shown, now it is 50.01 bps");
  // What was not there at all when it was shown is worse as well.
  expect(now({ bounds: [...shown.bounds, { account: "wallet", asset: "base/GOV", least: "-1", most: "-1" }] })).toContain("GOV");
});

test("where there is no operator nobody is asked: the question is a refusal, and nothing of it is kept", () => {
  const request = { wallet: "wallet:0x1", lease: 1, cycle: 1, step: 1, actions: [] } as unknown as Request;
  const asked = (operator: string | null) =>
    answerQuestion({ ...emptyWallet, operator }, { request, key: "k", verdict, limits: terms.limits, now: NOW });
  expect(asked(null)).toMatchObject({ kind: "refused", verdict: { kind: "ask", permit: null }, entries: [] });
  expect(asked("key")).toMatchObject({
    kind: "refused",
    verdict: { permit: { id: expect.any(String) } },
    entries: [{ kind: "asked" }],
  });
});

test("a question never takes the name of another, though whoever asks sought one that would: what was shown is what is approved", () => {
  const request = { wallet: "wallet:0x1", lease: 1, cycle: 1, step: 1, actions: [] } as unknown as Request;
  const ask = (permits: Permits) => {
    const state = { ...emptyWallet, operator: "key", permits };
    const { entries } = answerQuestion(state, { request, key: "k", verdict, limits: terms.limits, now: NOW });
    const [entry] = entries;
    if (entry?.kind !== "asked") throw new TypeError("it asks");
    return entry.body;
  };
  const first = ask(new Map());
  // Twelve digits are few: of two requests that an agent writes, some ten million variants are enough to meet.
  const other = { ...first, content: "0".repeat(64) };
  const taken: Permits = new Map([[first.permit, { asked: other, at: NOW, lease: 1, answer: null, ended: null, wish: null }]]);
  const second = ask(taken);
  expect(second.permit).toMatch(/^[0-9a-f]{12}$/);
  expect(second.permit).not.toBe(first.permit);
});
