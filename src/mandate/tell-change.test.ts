import fc from "fast-check";
import { expect, test } from "vitest";
import type { TermsChange } from "./diff-terms.ts";
import { tellChange } from "./tell-change.ts";

const told = (path: string, before: string | null, after: string | null) =>
  tellChange({ path, before, after, effect: "wider" } satisfies TermsChange);
const PAYEE = `0x${"ab".repeat(20)}`;

test.each([
  ["limits.max_daily_spend_usd", "2000", "4000.5", "max_daily_spend_usd goes up from $2,000 to $4,000.50"],
  ["limits.max_gas_usd_per_day", "5", "4", "max_gas_usd_per_day goes down from $5 to $4"],
  ["limits.max_slippage_bps", "50", "unlimited", "max_slippage_bps goes up from 50 bps to unlimited"],
  ["limits.stop_loss_pct", "unlimited", "8", "stop_loss_pct goes down from unlimited to 8 %"],
  ["limits.cooldown_seconds", "300", "60", "cooldown_seconds goes down from 300 seconds to 60 seconds"],
  ["limits.max_daily_spend.MON", null, "5", "max_daily_spend.MON is 5, where there was none"],
  [`limits.allowed_recipients[${PAYEE}]`, null, PAYEE, `${PAYEE} may be paid from here on (allowed_recipients)`],
  ["limits.allowed_tokens[GOV]", "GOV", null, "GOV may be held and traded no more (allowed_tokens)"],
  [
    "book.chains.base.contracts.router.address",
    "0x1",
    PAYEE,
    `book.chains.base.contracts.router.address is ${PAYEE} instead of 0x1`,
  ],
  ["fleet.max_daily_loss_usd", "9", "10", "fleet.max_daily_loss_usd goes up from $9 to $10"],
  ["book.chains.base.feeds.GOV.kind", "chainlink", null, "book.chains.base.feeds.GOV.kind is gone; it was chainlink"],
] as const)("%s from %s to %s is told in words", (path, before, after, words) => {
  expect(told(path, before, after)).toBe(words);
});

test("whatever a file says, one change is one line, with nothing in it that moves a cursor or turns the writing round", () => {
  const text = fc.string({ unit: "binary", maxLength: 30 });
  fc.assert(
    fc.property(text, fc.option(text), fc.option(text), (path, before, after) => {
      expect(told(`limits.${path}`, before, after)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
    { numRuns: 50 },
  );
});
