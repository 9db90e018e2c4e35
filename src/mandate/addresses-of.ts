import { type Address, lower } from "../core/hex.ts";
import type { DecodedCall, Effects } from "../protocols/effects.ts";

/** Whom a request calls, pays or gives an allowance, by "chain address", each once. */
export function addressesOf({ calls, payments, allowances }: Effects): readonly string[] {
  const [first] = calls;
  if (!first) return [];
  const found: readonly Address[] = [
    ...calls.flatMap(calledBy),
    ...payments.map(({ to }) => to),
    ...allowances.flatMap(({ spender, before, after }) => (after.gt(before) ? [spender] : [])),
  ];
  return [...new Set(found.map((address) => `${first.chain} ${lower(address)}`))];
}

function calledBy({ to, inner }: DecodedCall): readonly Address[] {
  return [to, ...inner.flatMap(calledBy)];
}
