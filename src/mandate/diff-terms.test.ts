import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import { diffTerms } from "./diff-terms.ts";
import type { Limits } from "./terms.ts";
import { termsWith } from "./testing/judging.ts";

const effects = (before: Partial<Limits>, after: Partial<Limits>) =>
  diffTerms(termsWith(before), termsWith(after)).map(({ path, before: was, after: is, effect }) => [path, was, is, effect]);

test("the same terms have no difference", () => {
  expect(diffTerms(termsWith(), termsWith())).toEqual([]);
});

test("a higher limit is wider, a lower one narrower, unlimited the widest; for a cooldown it is the other way", () => {
  const path = "limits.max_single_trade_usd";
  expect(effects({ max_single_trade_usd: decimal(9) }, { max_single_trade_usd: decimal(10) })).toEqual([
    [path, "9", "10", "wider"],
  ]);
  expect(effects({ max_single_trade_usd: decimal(10) }, { max_single_trade_usd: decimal(9) })).toEqual([
    [path, "10", "9", "narrower"],
  ]);
  expect(effects({ max_single_trade_usd: decimal(10) }, {})).toEqual([[path, "10", "unlimited", "wider"]]);
  expect(effects({}, { max_single_trade_usd: decimal(10) })).toEqual([[path, "unlimited", "10", "narrower"]]);
  const cooldown = "limits.cooldown_seconds";
  expect(effects({ cooldown_seconds: decimal(60) }, { cooldown_seconds: decimal(30) })).toEqual([
    [cooldown, "60", "30", "wider"],
  ]);
});

test("a recipient more is wider and one less is narrower, each by its address", () => {
  const to = `0x${"ab".repeat(20)}` as const;
  const path = `limits.allowed_recipients[${to}]`;
  expect(effects({}, { allowed_recipients: [to] })).toEqual([[path, null, to, "wider"]]);
  expect(effects({ allowed_recipients: [to] }, {})).toEqual([[path, to, null, "narrower"]]);
});

test("another address under the same label is shown as addresses, and is wider", () => {
  const before = termsWith();
  const [chain] = Object.keys(before.book.chains);
  const book = before.book.chains[chain ?? ""];
  const [label] = Object.keys(book?.contracts ?? {});
  const entry = book?.contracts[label ?? ""];
  if (!book || chain === undefined || label === undefined || !entry) return expect.unreachable("the sample has a contract");
  const other = `0x${"cd".repeat(20)}` as const;
  const contracts = { ...book.contracts, [label]: { ...entry, address: other } };
  const after = { ...before, book: { ...before.book, chains: { [chain]: { ...book, contracts } } } };
  expect(diffTerms(before, after)).toEqual([
    { path: `book.chains.${chain}.contracts.${label}.address`, before: entry.address, after: other, effect: "wider" },
  ]);
});

test("less cash that must stay is wider, and so is a condition or a time of the week that is otherwise", () => {
  const cash = "limits.min_cash_usd";
  expect(effects({ min_cash_usd: decimal(60) }, { min_cash_usd: decimal(30) })).toEqual([[cash, "60", "30", "wider"]]);
  const rule = (fee: string) => ({ allowed_calls: { router: { exactInput: { "params.fee": { max: fee } } } } });
  expect(effects(rule("5"), {}).map(([, , , effect]) => effect)).toEqual(["wider"]);
  expect(effects(rule("5"), rule("4")).map(([, , , effect]) => effect)).toEqual(["wider"]);
  const hours = (text: string) => ({ allowed_hours: [text] });
  const changed = effects(hours("mon-fri 08:00-20:00"), hours("mon-sun 00:00-24:00"));
  expect(changed.map(([, , , effect]) => effect)).toContain("wider");
});

test("a shared budget is told by its limits", () => {
  const fleet = { id: "desk", max_hourly_spend_usd: "unlimited", max_weekly_spend_usd: "unlimited" } as const;
  const rest = { max_total_spend_usd: "unlimited", max_daily_loss_usd: decimal(9) } as const;
  const of = (day: number) => ({ ...termsWith(), fleet: { ...fleet, ...rest, max_daily_spend_usd: decimal(day) } });
  expect(diffTerms(of(100), of(50))).toMatchObject([{ path: "fleet.max_daily_spend_usd", effect: "narrower" }]);
  expect(diffTerms(of(100), termsWith()).every(({ effect }) => effect === "wider")).toBe(true);
});
