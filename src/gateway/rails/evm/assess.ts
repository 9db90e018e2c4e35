import { SECOND } from "../../../core/clock.ts";
import { type Decimal, fromUnits, sum, ZERO } from "../../../core/decimal.ts";
import { messageOf } from "../../../core/errors.ts";
import type { Address } from "../../../core/hex.ts";
import { hashOf } from "../../../core/json.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import { decodeCall } from "../../../protocols/decode-call.ts";
import {
  type AccountId,
  type Action,
  assetId,
  type ChainLabel,
  type Effects,
  type GasBound,
  type Prices,
  type Unknown,
} from "../../../protocols/effects.ts";
import type { RpcClient } from "../../../protocols/json-rpc.ts";
import { withLastWords } from "../../../protocols/last-words.ts";
import { unknown } from "../../../protocols/meaning.ts";
import type { CallContext, Meaning } from "../../../protocols/protocol.ts";
import { holdingsOf, type OwnPosition } from "../../../protocols/uniswap-v3/position.ts";
import { crowdProblems, positionsAfter, type SimulationWithPositions, simulateWithPositions } from "./liquidity.ts";
import { poolWatches, readImpacts } from "./pool-impacts.ts";
import { type NamedProbe, probesOf } from "./probes.ts";
import { balanceRows, liquidityRows, readAllowances, readDeltas, readHoldings, withDrains } from "./read-effects.ts";
import { bytesProblems, requestProblems, simulationProblems } from "./request-problems.ts";
import { ACTION_GAS_CAP, type Fees, type Simulator, type Tip } from "./simulate.ts";
import { readSupplied } from "./supplied-pools.ts";
import { vaultProblems, vaultWatches } from "./vaults.ts";
import { type FarSides, withArrivals } from "./warp/assess-dispatches.ts";
import type { WarpReader } from "./warp/warp-reader.ts";

/** A request's effects, and what each of its transactions will be signed with. */
export interface Assessment {
  readonly effects: Effects;
  readonly fees: Fees;
  /** Gas limit by action. */
  readonly gas: readonly bigint[];
}

export interface AssessParameters {
  readonly rpc: RpcClient;
  readonly simulate: Simulator;
  readonly chain: ChainLabel;
  readonly book: ChainBook;
  readonly accounts: Readonly<Record<AccountId, Address>>;
  readonly from: AccountId;
  readonly tip: Tip;
  readonly fees: Fees;
  readonly prices: Prices;
  readonly positions: readonly OwnPosition[];
  /** What an account has of the native coin at the tip, in wei. */
  readonly coins: (account: AccountId) => Promise<bigint>;
  /** Problems found before: code that changed, and such. */
  readonly problems: readonly Unknown[];
  readonly warp: WarpReader;
  /** The tip's number, in hex. */
  readonly block: string;
  /** Chains that the actions send to. */
  readonly far: FarSides;
}

/** What the actions can do: bounded by their bytes, held against a simulation. Problems become `unknown`, never errors. */
export async function assess(actions: readonly Action[], parameters: AssessParameters): Promise<Assessment> {
  const { chain, book, accounts, from, tip, fees, prices, positions } = parameters;
  // What positions hold is told at last words too: that a price is too old is for the judge to say, of every token.
  const spoken = withLastWords(prices);
  const liquidity = { prices: spoken, positions };
  const context: CallContext = { chain, book, accounts, from, liquidity, routes: parameters.warp.routes };
  const calls = actions.flatMap((action) => ("call" in action ? [action.call] : []));
  const read = calls.map((call) => decodeCall(context, call));
  const spenders = read.flatMap(({ approves }) => approves.map(({ spender }) => spender));
  const probes = probesOf(chain, book, accounts, spenders);
  const owner = accounts[from];
  const [simulated, supplied] = await Promise.all([
    owner === undefined || calls.length === 0 ? null : trySimulate(parameters, owner, calls, probes, read),
    readSupplied(parameters, read),
  ]);
  const simulation = simulated && "calls" in simulated ? simulated : null;
  const bounded = withDrains(read, probes, simulation);
  const near = { reader: parameters.warp, block: parameters.block, accounts, far: parameters.far };
  const { meanings, problems: unsent } = simulation
    ? await withArrivals(bounded, simulation, near)
    : { meanings: bounded, problems: [] };
  const native = assetId(chain, book.native.symbol);
  const reverted = simulation?.calls.some(({ ok }) => !ok) ?? false;
  const after = simulation && positionsAfter(simulation, parameters);
  const gasPaid = simulation ? sum(simulation.calls.map(({ gasUsed }) => costOf(gasUsed, tip, fees))) : ZERO;
  const rows = [
    ...balanceRows(probes, simulation, { payer: from, native, gasPaid }),
    ...liquidityRows(holdingsOf(chain, book, spoken, positions), after && holdingsOf(chain, book, spoken, after)),
  ];
  const { deltas, unexplained } = readDeltas(meanings, rows, { payer: from, native, reverted });
  const problems = [
    ...parameters.problems,
    ...actions.flatMap((action) =>
      "typedData" in action
        ? [unknown("SIGNING_NOT_ALLOWED", "a message is signed in a request of its own, and by no other")]
        : [],
    ),
    ...meanings.flatMap((meaning) => bytesProblems(meaning, book, accounts)),
    ...requestProblems(meanings, book),
    ...(owner === undefined ? [unknown("CANNOT_SIMULATE", `${from} is no account of the mandate`)] : []),
    ...(simulated && "problem" in simulated ? [simulated.problem] : []),
    ...(simulation ? simulationProblems(simulation, meanings, { book, accounts }) : []),
    ...(simulation && after === null ? [unknown("CANNOT_SIMULATE", "what a position holds could not be read after")] : []),
    ...(after ? crowdProblems(positions, after) : []),
    ...(simulation ? vaultProblems(parameters, simulation, calls, rows) : []),
    ...(simulation?.problems ?? []),
    ...unsent,
    ...unexplained,
  ];
  const gas = calls.map((_, i) => gasLimit(simulation?.calls[i]?.gasUsed));
  const deadlines = meanings.flatMap(({ deadline }) => (deadline === null ? [] : [deadline]));
  const effects: Effects = {
    deltas,
    allowances: readAllowances(probes, simulation),
    payments: meanings.flatMap(({ pays }) => pays),
    unfloored: meanings.flatMap(({ unfloored }) => unfloored),
    pools: supplied,
    impacts: readImpacts({ chain, book, prices }, read, simulation),
    calls: meanings.map(({ call }) => call),
    gas: simulation ? gas.map((units) => gasBound(parameters, units)) : [],
    deadline: deadlines.length === 0 ? null : Math.max(...deadlines),
    unknown: problems,
    before: readHoldings(rows),
    block: { chain, number: tip.number.toString(), at: Number(tip.timestamp) * SECOND },
    evidence: hashOf(simulation ?? { simulated: null }),
  };
  return { effects, fees, gas };
}

async function trySimulate(
  parameters: AssessParameters,
  from: Address,
  calls: readonly { to: Address; data: `0x${string}`; value: bigint }[],
  probes: readonly NamedProbe[],
  meanings: readonly Meaning[],
): Promise<SimulationWithPositions | { readonly problem: Unknown }> {
  const { tip, fees, book } = parameters;
  try {
    const held = await parameters.coins(parameters.from);
    const gasCap = affordableGas(held, calls, fees);
    if (gasCap < LEAST_GAS) {
      return {
        problem: unknown("CANNOT_SIMULATE", `${fromUnits(held, 18).toFixed()} ${book.native.symbol} does not pay for the gas`),
      };
    }
    return await simulateWithPositions(parameters, tip, {
      from,
      calls,
      gasCap,
      probes: probes.map(({ probe }) => probe),
      watches: [...vaultWatches(book), ...poolWatches(book, meanings)],
      fees,
      blockSeconds: book.block_seconds,
    });
  } catch (error) {
    return { problem: unknown("CANNOT_SIMULATE", `the node did not simulate the request: ${messageOf(error)}`) };
  }
}

/** The gas that each call can be given of what is held: a node demands that all of it could be paid. */
function affordableGas(held: bigint, calls: readonly { readonly value: bigint }[], { maxFeePerGas }: Fees): bigint {
  const sent = calls.reduce((total, { value }) => total + value, 0n);
  const each = (held - sent) / (maxFeePerGas * BigInt(calls.length));
  return each < ACTION_GAS_CAP ? each : ACTION_GAS_CAP;
}

/** What the emptiest transaction burns. */
const LEAST_GAS = 21_000n;

/** Half as much again as simulated: refunds and storage that was warm or free in the simulation. */
function gasLimit(used: bigint | undefined): bigint {
  return used === undefined ? ACTION_GAS_CAP : (used * 3n) / 2n + 10_000n;
}

function gasBound({ chain, book, fees: { maxFeePerGas } }: AssessParameters, units: bigint): GasBound {
  return { chain, asset: assetId(chain, book.native.symbol), units, maxFeePerGas, most: fromUnits(units * maxFeePerGas, 18) };
}

/** What the simulated block charged for gas, in whole native coins. */
function costOf(used: bigint, tip: Tip, { maxFeePerGas, maxPriorityFeePerGas }: Fees): Decimal {
  const asked = tip.nextBaseFee + maxPriorityFeePerGas;
  return fromUnits(used * (asked < maxFeePerGas ? asked : maxFeePerGas), 18);
}
