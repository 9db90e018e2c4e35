import { type Decimal, min, ZERO } from "../../../core/decimal.ts";
import { lower } from "../../../core/hex.ts";
import type { AccountId, AllowanceChange, AssetId, Delta, Holding, Unknown } from "../../../protocols/effects.ts";
import { flowTotal, unknown } from "../../../protocols/meaning.ts";
import type { Flow, Meaning } from "../../../protocols/protocol.ts";
import { amountOf, type NamedProbe } from "./probes.ts";
import type { Simulation } from "./simulate.ts";

/** What an account held of an asset before and after a simulation. Null: the simulation could not tell. */
export interface Row {
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly before: Decimal | null;
  readonly after: Decimal | null;
}

/** Balances by the probes. `gasPaid` is what the simulation charged `payer` in the native coin. */
export function balanceRows(
  probes: readonly NamedProbe[],
  simulation: Simulation | null,
  { payer, native, gasPaid }: { readonly payer: AccountId; readonly native: AssetId; readonly gasPaid: Decimal },
): readonly Row[] {
  return probes.flatMap((named, i): readonly Row[] => {
    const { account, asset, spender } = named;
    if (spender !== null) return [];
    const [before, after] = [simulation?.before[i] ?? null, simulation?.after[i] ?? null];
    const gas = asset === native && account === payer ? gasPaid : ZERO;
    return [
      {
        account,
        asset,
        before: before === null ? null : amountOf(named, before),
        after: after === null ? null : amountOf(named, after).plus(gas),
      },
    ];
  });
}

/** What positions hold, by account and asset, before and after. */
export function liquidityRows(before: readonly Flow[], after: readonly Flow[] | null): readonly Row[] {
  const keys = new Map([...before, ...(after ?? [])].map(({ account, asset }) => [`${account} ${asset}`, { account, asset }]));
  return [...keys.values()].map(({ account, asset }) => ({
    account,
    asset,
    before: flowTotal(before, account, asset),
    after: after && flowTotal(after, account, asset),
  }));
}

/** Deltas of every row that moves, the caller's native coin first, and what moves without the bytes saying so. */
export function readDeltas(
  meanings: readonly Meaning[],
  rows: readonly Row[],
  { payer, native, reverted }: { readonly payer: AccountId; readonly native: AssetId; readonly reverted: boolean },
): { readonly deltas: readonly Delta[]; readonly unexplained: readonly Unknown[] } {
  const gives = meanings.flatMap((meaning) => meaning.gives);
  const gets = meanings.flatMap((meaning) => meaning.gets);
  const named = [...gives, ...gets, ...meanings.flatMap(({ expects, drains }) => [...expects, ...drains])];
  const unexplained: Unknown[] = [];
  const missing = [...gives, ...gets].filter(
    ({ account, asset }, i, all) =>
      !rows.some((row) => row.account === account && row.asset === asset) &&
      all.findIndex((other) => other.account === account && other.asset === asset) === i,
  );
  const all: readonly Row[] = [...rows, ...missing.map(({ account, asset }) => ({ account, asset, before: ZERO, after: null }))];
  const deltas = all.flatMap(({ account, asset, before, after }): readonly Delta[] => {
    const byBytes = flowTotal(gets, account, asset).minus(flowTotal(gives, account, asset));
    if (before === null || after === null) return byBytes.isZero() ? [] : [{ account, asset, least: byBytes, most: byBytes }];
    const actual = after.minus(before);
    const explained = named.some((flow) => flow.asset === asset);
    if (!explained && !actual.isZero()) {
      unexplained.push(unknown("UNEXPLAINED_EFFECT", `${asset} changes by ${actual.toFixed()}, which the bytes do not say`));
    } else if (actual.lt(byBytes) && !reverted) {
      unexplained.push(
        unknown("UNEXPLAINED_EFFECT", `${asset} changes by ${actual.toFixed()}; the bytes guarantee ${byBytes.toFixed()}`),
      );
    }
    const least = min(byBytes, actual);
    return least.isZero() && actual.isZero() ? [] : [{ account, asset, least, most: reverted ? byBytes : actual }];
  });
  // Settlement takes the first for the account that paid for gas.
  const first = deltas[0]?.account === payer || deltas.length === 0;
  return { deltas: first ? deltas : [{ account: payer, asset: native, least: ZERO, most: ZERO }, ...deltas], unexplained };
}

/**
 * The meanings with every drain as what it can take at most: all that is held and comes in, or all that the spender is
 * allowed where that is less.
 */
export function withDrains(
  meanings: readonly Meaning[],
  probes: readonly NamedProbe[],
  simulation: Simulation | null,
): readonly Meaning[] {
  const gets = meanings.flatMap((meaning) => meaning.gets);
  const approves = meanings.flatMap((meaning) => meaning.approves);
  return meanings.map((meaning) => {
    if (meaning.drains.length === 0) return meaning;
    const taken = meaning.drains.map(({ account, asset, spender }): Flow => {
      const held = beforeOf(probes, simulation, account, asset, null).plus(flowTotal(gets, account, asset));
      if (spender === null) return { account, asset, amount: held };
      const asked = approves.filter((one) => one.owner === account && one.asset === asset && lower(one.spender) === spender);
      const allowed = [beforeOf(probes, simulation, account, asset, spender), ...asked.map(({ amount }) => amount)];
      const most = allowed.reduce((a, b) => (b.gt(a) ? b : a));
      return { account, asset, amount: min(held, most) };
    });
    return { ...meaning, gives: [...meaning.gives, ...taken] };
  });
}

function beforeOf(
  probes: readonly NamedProbe[],
  simulation: Simulation | null,
  account: AccountId,
  asset: AssetId,
  spender: string | null,
): Decimal {
  const i = probes.findIndex((named) => named.account === account && named.asset === asset && named.spender === spender);
  const [named, units] = [probes[i], simulation?.before[i]];
  return named === undefined || units === undefined || units === null ? ZERO : amountOf(named, units);
}

export function readAllowances(probes: readonly NamedProbe[], simulation: Simulation | null): readonly AllowanceChange[] {
  return probes.flatMap((named, i): readonly AllowanceChange[] => {
    const [before, after] = [simulation?.before[i] ?? null, simulation?.after[i] ?? null];
    const { account: owner, asset, spender } = named;
    if (spender === null || before === null || after === null || before === after) return [];
    return [{ owner, asset, spender, before: amountOf(named, before), after: amountOf(named, after) }];
  });
}

/** What was held before, of every asset of the book and inside positions. */
export function readHoldings(rows: readonly Row[]): readonly Holding[] {
  return rows.flatMap(({ account, asset, before }) => (before === null ? [] : [{ account, asset, amount: before }]));
}
