import { SECOND } from "../../../core/clock.ts";
import { Decimal, fromUnits, min, sum, ZERO } from "../../../core/decimal.ts";
import { messageOf } from "../../../core/errors.ts";
import { type Address, lower, shortHex } from "../../../core/hex.ts";
import { hashOf } from "../../../core/json.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import { decodeCall } from "../../../protocols/decode-call.ts";
import {
  type AccountId,
  type Action,
  type AllowanceChange,
  assetId,
  type ChainLabel,
  type Delta,
  type Effects,
  type GasBound,
  type Holding,
  type Unknown,
} from "../../../protocols/effects.ts";
import type { RpcClient } from "../../../protocols/json-rpc.ts";
import { flowTotal, unknown } from "../../../protocols/meaning.ts";
import type { Meaning } from "../../../protocols/protocol.ts";
import { amountOf, type NamedProbe, probesOf } from "./probes.ts";
import { ACTION_GAS_CAP, type Fees, type Simulation, simulate, type Tip } from "./simulate.ts";

/** A request's effects, and what each of its transactions will be signed with. */
export interface Assessment {
  readonly effects: Effects;
  readonly fees: Fees;
  /** Gas limit by action. */
  readonly gas: readonly bigint[];
}

export interface AssessParameters {
  readonly rpc: RpcClient;
  readonly chain: ChainLabel;
  readonly book: ChainBook;
  readonly accounts: Readonly<Record<AccountId, Address>>;
  readonly from: AccountId;
  readonly tip: Tip;
  readonly fees: Fees;
  /** Problems found before: code that changed, and such. */
  readonly problems: readonly Unknown[];
}

/** What the actions can do: bounded by their bytes, held against a simulation. Problems become `unknown`, never errors. */
export async function assess(actions: readonly Action[], parameters: AssessParameters): Promise<Assessment> {
  const { chain, book, accounts, from, tip, fees } = parameters;
  const context = { chain, book, accounts, from };
  const calls = actions.flatMap((action) => ("call" in action ? [action.call] : []));
  const meanings = calls.map((call) => decodeCall(context, call));
  const spenders = meanings.flatMap(({ approves }) => approves.map(({ spender }) => spender));
  const probes = probesOf(chain, book, accounts, spenders);
  const owner = accounts[from];
  const simulated = owner === undefined || calls.length === 0 ? null : await trySimulate(parameters, owner, calls, probes);
  const simulation = simulated && "calls" in simulated ? simulated : null;
  const problems = [
    ...parameters.problems,
    ...actions.flatMap((action) =>
      "typedData" in action ? [unknown("SIGNING_NOT_ALLOWED", "messages are not signed unless their type is listed")] : [],
    ),
    ...meanings.flatMap((meaning) => bytesProblems(meaning, book)),
    ...requestProblems(meanings),
    ...(owner === undefined ? [unknown("CANNOT_SIMULATE", `${from} is no account of the mandate`)] : []),
    ...(simulated && "problem" in simulated ? [simulated.problem] : []),
    ...(simulation ? simulationProblems(simulation, meanings, book) : []),
  ];
  const gas = calls.map((_, i) => gasLimit(simulation?.calls[i]?.gasUsed));
  const bounds = gas.map((units): GasBound => gasBound(chain, book, units, fees));
  const refund = simulation ? sum(simulation.calls.map(({ gasUsed }) => gasPaid(gasUsed, tip, fees))) : ZERO;
  const { deltas, unexplained } = readDeltas(meanings, probes, simulation, { chain, book, from, refund });
  const deadlines = meanings.flatMap(({ deadline }) => (deadline === null ? [] : [deadline]));
  const effects: Effects = {
    deltas,
    allowances: readAllowances(probes, simulation),
    payments: meanings.flatMap(({ pays }) => pays),
    calls: meanings.map(({ call }) => call),
    gas: bounds,
    deadline: deadlines.length === 0 ? null : Math.max(...deadlines),
    unknown: [...problems, ...unexplained],
    before: readHoldings(probes, simulation),
    block: { chain, number: tip.number.toString(), at: Number(tip.timestamp) * SECOND },
    evidence: hashOf(simulation ?? { simulated: null }),
  };
  return { effects, fees, gas };
}

async function trySimulate(
  { rpc, tip, fees, book }: AssessParameters,
  from: Address,
  calls: readonly { to: Address; data: `0x${string}`; value: bigint }[],
  probes: readonly NamedProbe[],
): Promise<Simulation | { readonly problem: Unknown }> {
  try {
    return await simulate(rpc, tip, {
      from,
      calls,
      probes: probes.map(({ probe }) => probe),
      fees,
      blockSeconds: book.block_seconds,
    });
  } catch (error) {
    return { problem: unknown("CANNOT_SIMULATE", `the node did not simulate the request: ${messageOf(error)}`) };
  }
}

/** What the bytes alone forbid. */
function bytesProblems(meaning: Meaning, book: ChainBook): readonly Unknown[] {
  const pinned = new Set(Object.values(book.contracts).map(({ address }) => lower(address)));
  const strangers = meaning.approves.filter(({ spender, amount }) => amount.gt(0) && !pinned.has(lower(spender)));
  return [
    ...meaning.unknown,
    ...strangers.map(({ spender }) => unknown("SPENDER_NOT_ALLOWED", `${shortHex(spender)} may not be given an allowance`)),
    ...(meaning.timeSensitive && meaning.deadline === null ? [unknown("NO_DEADLINE", "the bytes never stop being valid")] : []),
    ...(inAndOut(meaning) ? [unknown("MALFORMED_CALL", "the same asset goes in and comes out of one call")] : []),
  ];
}

function inAndOut({ gives, gets }: Meaning): boolean {
  return gives.some((out) => gets.some((back) => back.account === out.account && back.asset === out.asset));
}

/** What is wrong with calls together: any of them may land without the others. */
function requestProblems(meanings: readonly Meaning[]): readonly Unknown[] {
  const swaps = meanings.filter(({ timeSensitive }) => timeSensitive);
  return [
    ...(swaps.length > 1
      ? [
          unknown(
            "MALFORMED_CALL",
            "two swaps of a request can land without each other; put them into one call, or request them one by one",
          ),
        ]
      : []),
    ...meanings
      .flatMap(({ approves }) => approves)
      .flatMap(({ asset, spender, amount }) => {
        const used = sum(
          meanings
            .filter(({ call }) => lower(call.to) === lower(spender))
            .flatMap(({ gives }) => gives.filter((flow) => flow.asset === asset).map((flow) => flow.amount)),
        );
        if (amount.lte(used)) return [];
        return [
          unknown(
            "ALLOWANCE_LEFT",
            `an allowance of ${allowanceText(amount)} ${asset} is asked for; the calls of the request use ${used.toFixed()}`,
          ),
        ];
      }),
  ];
}

function simulationProblems(
  { calls, before, after }: Simulation,
  meanings: readonly Meaning[],
  book: ChainBook,
): readonly Unknown[] {
  const known = new Set(
    [...Object.values(book.assets), ...Object.values(book.contracts), ...Object.values(book.pools)].map(({ address }) =>
      lower(address),
    ),
  );
  const problems: Unknown[] = [];
  calls.forEach(({ ok, reason, logs }, i) => {
    const name = meanings[i]?.call.function ?? "call";
    if (!ok) problems.push(unknown("WOULD_REVERT", `${name} would revert: ${reason ?? "no reason given"}`));
    for (const { address } of logs) {
      if (!known.has(address))
        problems.push(unknown("UNEXPLAINED_EFFECT", `${name} reaches ${address}, which is not in the book`));
    }
  });
  if (calls.length !== meanings.length || [...before, ...after].includes(null)) {
    problems.push(unknown("CANNOT_SIMULATE", "a holding could not be read before and after"));
  }
  return problems;
}

function readDeltas(
  meanings: readonly Meaning[],
  probes: readonly NamedProbe[],
  simulation: Simulation | null,
  { chain, book, from, refund }: { chain: ChainLabel; book: ChainBook; from: AccountId; refund: Decimal },
): { readonly deltas: readonly Delta[]; readonly unexplained: readonly Unknown[] } {
  const gives = meanings.flatMap((meaning) => meaning.gives);
  const gets = meanings.flatMap((meaning) => meaning.gets);
  const native = assetId(chain, book.native.symbol);
  const unexplained: Unknown[] = [];
  const deltas = probes.flatMap((named, i): readonly Delta[] => {
    if (named.spender !== null) return [];
    const { account, asset } = named;
    const byBytes = flowTotal(gets, account, asset).minus(flowTotal(gives, account, asset));
    const seen = change(simulation, i);
    if (seen === undefined) return byBytes.isZero() ? [] : [{ account, asset, least: byBytes, most: byBytes }];
    const gasBack = asset === native && account === from ? refund : ZERO;
    const actual = amountOf(named, seen).plus(gasBack);
    const explained = gives.some((flow) => flow.asset === asset) || gets.some((flow) => flow.asset === asset);
    const reverted = simulation?.calls.some(({ ok }) => !ok) ?? false;
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
  return { deltas, unexplained };
}

function readAllowances(probes: readonly NamedProbe[], simulation: Simulation | null): readonly AllowanceChange[] {
  return probes.flatMap((named, i): readonly AllowanceChange[] => {
    const [before, after] = [simulation?.before[i], simulation?.after[i]];
    if (
      named.spender === null ||
      before === undefined ||
      before === null ||
      after === undefined ||
      after === null ||
      before === after
    )
      return [];
    const { account: owner, asset, spender } = named;
    return [{ owner, asset, spender, before: amountOf(named, before), after: amountOf(named, after) }];
  });
}

function readHoldings(probes: readonly NamedProbe[], simulation: Simulation | null): readonly Holding[] {
  return probes.flatMap((named, i): readonly Holding[] => {
    const units = simulation?.before[i];
    return named.spender !== null || units === undefined || units === null
      ? []
      : [{ account: named.account, asset: named.asset, amount: amountOf(named, units) }];
  });
}

function change(simulation: Simulation | null, i: number): bigint | undefined {
  const [before, after] = [simulation?.before[i], simulation?.after[i]];
  return before === undefined || before === null || after === undefined || after === null ? undefined : after - before;
}

/** Half as much again as simulated: refunds and storage that was warm or free in the simulation. */
function gasLimit(used: bigint | undefined): bigint {
  return used === undefined ? ACTION_GAS_CAP : (used * 3n) / 2n + 10_000n;
}

function gasBound(chain: ChainLabel, book: ChainBook, units: bigint, { maxFeePerGas }: Fees): GasBound {
  return { chain, asset: assetId(chain, book.native.symbol), units, maxFeePerGas, most: fromUnits(units * maxFeePerGas, 18) };
}

/** What the simulated block charged for gas, in whole native coins. */
function gasPaid(used: bigint, tip: Tip, { maxFeePerGas, maxPriorityFeePerGas }: Fees): Decimal {
  const asked = tip.nextBaseFee + maxPriorityFeePerGas;
  return fromUnits(used * (asked < maxFeePerGas ? asked : maxFeePerGas), 18);
}

/** No token has so many: whoever asks for it asks for everything. */
const UNLIMITED_FROM = new Decimal(10).pow(40);

function allowanceText(amount: Decimal): string {
  return amount.gte(UNLIMITED_FROM) ? "unlimited" : amount.toFixed();
}
