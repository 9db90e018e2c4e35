// What a request costs in the gateway, each part timed inside the process, in two stretches: the pipeline, from the request's
// arrival until its bytes are signed, committed and handed to be sent; and what comes after, sending, looking and settling.
// Three stages of it are others': seeing what the bytes would do, in the chain's answers and its simulation; committing to the
// disk; signing. Of the first two, waiting and the gateway's work for them are rows of their own. What is left is the gateway's
// own: the queue, what was taken back, budgets, judgment, the account of it. What overlaps is counted once. Time in Node's
// HTTP client is the wire's.
// All of it twice, with a journal on disk and with one in memory.
// Then authorised transactions a second, against the same transactions sent to the same chain by nobody who asks.
// Run: node scripts/launch.mjs --tool node bench/gateway.ts [--json]
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { InvariantError } from "../src/core/errors.ts";
import { openWallet } from "../src/gateway/open-wallet.ts";
import { EvmDesk } from "../src/gateway/rails/evm/evm-desk.ts";
import { WalletContext } from "../src/gateway/wallet-context.ts";
import { SqliteJournal } from "../src/journal/sqlite/sqlite-journal.ts";
import { EVM_BOOK } from "../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../src/worlds/anvil/rehearsal-wallet.ts";
import { mandateOf, swapActions } from "../test/support/house.ts";
import { type Measurement, measure, percentile, ratios, report } from "./measure.ts";
import { Stopwatch } from "./stopwatch.ts";

const REQUESTS = 200;
/** A gateway runs for days, and so is measured once its code has been compiled. */
const WARM = 300;
const BASELINE = "sent directly, transactions";
const PARTS = ["simulation", "other answers of the chain", "syncs of the disk", "signing"] as const;
/** Work for a stage, beside waiting in it. */
const WORK = ["asking the chain, understanding it", "writing records"] as const;
const [ASSESSING, WRITING] = WORK;
const OWN = "the gateway's own";
const STRETCHES = ["until its bytes are committed", "sent, looked up, settled"] as const;

/** A watch on everything that the process waits for or calls out to. */
function watchAll(): Stopwatch {
  const watch = new Stopwatch();
  watchHttp(watch);
  watchSyncs(watch);
  watchWork(watch, ASSESSING, EvmDesk, "look");
  watchWork(watch, ASSESSING, WalletContext, "fromEach");
  watchWork(watch, WRITING, SqliteJournal, "commit");
  return watch;
}

/** Calls under way of a stage's work: what one of them calls is its own. */
let atWork = 0;

/** Of a stage, what is not waited for by others' names. */
function watchWork<A extends unknown[], T>(
  watch: Stopwatch,
  name: (typeof WORK)[number],
  stage: { readonly prototype: object },
  method: string,
): void {
  const methods = stage.prototype as Record<string, (...args: A) => Promise<T>>;
  const work = methods[method];
  if (work === undefined) throw new InvariantError(`there is no ${method}`);
  methods[method] = async function (...args) {
    if (atWork > 0) return work.apply(this, args);
    const [began, waited] = [performance.now(), watch.spentInAll()];
    atWork += 1;
    try {
      return await work.apply(this, args);
    } finally {
      atWork -= 1;
      watch.add(name, performance.now() - began - (watch.spentInAll() - waited));
    }
  };
}

/** From a message's text, handed to the transport, to the answer's last byte. */
function watchHttp(watch: Stopwatch): void {
  const { request } = http;
  let began = 0;
  http.request = ((...args: Parameters<typeof request>) => {
    began = performance.now();
    return request(...args);
  }) as typeof request;
  syncBuiltinESMExports();
  // On the class: a message that is changed itself outlives two collections of garbage, and with it all that it points to.
  const messages = http.ClientRequest.prototype;
  const { end } = messages;
  messages.end = function (this: http.ClientRequest, body: unknown, ...rest: []) {
    const simulates = /"method":"(eth_simulateV1|eth_createAccessList|debug_traceCall)"/.test(String(body));
    const answered = watch.began(simulates ? "simulation" : "other answers of the chain", began);
    this.once("error", answered);
    this.prependOnceListener("response", (answer: http.IncomingMessage) => answer.prependOnceListener("end", answered));
    return Reflect.apply(end, this, [body, ...rest]);
  } as typeof end;
}

interface Statement {
  readonly source: string;
  readonly database: { readonly inTransaction: boolean };
  run(...values: readonly unknown[]): unknown;
}

/** SQLite syncs where a transaction ends, a statement outside of one is run, and the log is merged. */
function watchSyncs(watch: Stopwatch): void {
  const statements = Object.getPrototypeOf(new Database(":memory:").prepare("SELECT 1")) as Statement;
  const { run } = statements;
  statements.run = function (this: Statement, ...values) {
    const syncs = /^COMMIT/i.test(this.source) || !(this.database.inTransaction || /^BEGIN/i.test(this.source));
    if (syncs) return watch.working("syncs of the disk", () => run.apply(this, [...values]));
    if (atWork > 0) return run.apply(this, [...values]);
    const began = performance.now();
    const done = run.apply(this, [...values]);
    watch.add(WRITING, performance.now() - began);
    return done;
  };
  const files = Database.prototype as { pragma(this: unknown, ...values: readonly unknown[]): unknown };
  const { pragma } = files;
  files.pragma = function (...values) {
    return watch.working("syncs of the disk", () => pragma.apply(this, [...values]));
  };
}

/** Small swaps back and forth, so that what is held stays as it is. */
async function swap(world: EvmWorld, n: number) {
  const now = await world.clock.now();
  return n % 2 === 0
    ? swapActions({ sell: "WETH", buy: "USDC", amount: "0.001", floor: "0.5", now })
    : swapActions({ sell: "USDC", buy: "WETH", amount: "2.9", floor: "0.0002", now });
}

/** What a request has spent so far, in all and by part, in milliseconds. */
type Lap = Readonly<Record<"whole" | typeof OWN | (typeof PARTS)[number] | (typeof WORK)[number], number>>;

function lapOf(watch: Stopwatch, start: number): Lap {
  const whole = performance.now() - start;
  const [one, two, three, four] = PARTS;
  const parts = { [one]: watch.spent(one), [two]: watch.spent(two), [three]: watch.spent(three), [four]: watch.spent(four) };
  const work = { [ASSESSING]: watch.spent(ASSESSING), [WRITING]: watch.spent(WRITING) };
  const own = whole - watch.spentInAll() - watch.spent(ASSESSING) - watch.spent(WRITING);
  return { whole, ...parts, ...work, [OWN]: own } as Lap;
}

function between(from: Lap, to: Lap): Lap {
  return Object.fromEntries(Object.entries(to).map(([name, ms]) => [name, ms - from[name as keyof Lap]])) as Lap;
}

interface Passed {
  readonly wholes: readonly number[];
  readonly stretches: Readonly<Record<(typeof STRETCHES)[number], readonly Lap[]>>;
  readonly rate: Measurement;
}

async function through(watch: Stopwatch, folder: string): Promise<Passed> {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: { ETH: "10", WETH: "1", USDC: "3000" } } });
  const home = mkdtempSync(join(folder, "mandate-bench-"));
  try {
    const keyFile = join(home, "key.json");
    writeFileSync(keyFile, "");
    const account = privateKeyToAccount(REHEARSAL_KEY);
    const signer = {
      address: account.address,
      signTransaction: ((...args: Parameters<typeof account.signTransaction>) =>
        watch.waiting("signing", () => account.signTransaction(...args))) as typeof account.signTransaction,
    };
    // On a real network the clock is the machine's: nobody is asked what time it is. A world's stands still meanwhile.
    let time = await world.clock.now();
    let [start, committed] = [0, lapOf(watch, performance.now())];
    const opened = await openWallet({
      home,
      terms: mandateOf().terms,
      signer,
      keyFile,
      clock: { ...world.clock, now: async () => time },
      endpoints: { base: world.url },
      crash: (point) => {
        if (point === "after-commit") committed = lapOf(watch, start);
      },
      onMirrorFailure: (failure) => {
        throw failure;
      },
    });
    const { gateway, wallet } = opened;
    const [first, second] = STRETCHES;
    const stretches: Record<(typeof STRETCHES)[number], Lap[]> = { [first]: [], [second]: [] };
    const wholes: number[] = [];
    const ask = async (n: number) => {
      time = await world.clock.now();
      const session = await gateway.open(wallet);
      const request = { wallet, ...session, step: 1, actions: await swap(world, n) };
      watch.reset();
      start = performance.now();
      const outcome = await gateway.request(request);
      const settled = lapOf(watch, start);
      if (outcome.kind !== "confirmed") throw new InvariantError(`request ${n} came out ${outcome.kind}`);
      wholes.push(settled.whole);
      stretches[first].push(committed);
      stretches[second].push(between(committed, settled));
    };
    for (let n = 0; n < WARM; n += 1) await ask(n);
    for (const list of [wholes, ...Object.values(stretches)]) list.length = 0;
    const rate = await measure("authorised, transactions", { count: REQUESTS }, ask);
    await opened.close();
    return { wholes, stretches, rate: { ...rate, perSecond: rate.perSecond * 2 } };
  } finally {
    await world.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

function row(name: string, all: readonly number[]): Measurement {
  const [p50, p99] = [percentile(all, 0.5), percentile(all, 0.99)];
  return { name, count: all.length, perSecond: 1_000 / p50, p50, p99 };
}

function rowsOf({ wholes, stretches }: Passed): readonly Measurement[] {
  return [
    row("a request, whole", wholes),
    ...STRETCHES.flatMap((stretch) => {
      const laps = stretches[stretch];
      const parts = [...PARTS, ...WORK, OWN].filter((part) => laps.some((lap) => lap[part as keyof Lap] > 0));
      return [
        row(
          `  ${stretch}`,
          laps.map(({ whole }) => whole),
        ),
        ...parts.map((part) =>
          row(
            `    ${part}`,
            laps.map((lap) => lap[part as keyof Lap]),
          ),
        ),
      ];
    }),
  ];
}

/** The same calls, signed beforehand, sent by somebody who neither looks nor writes anything down. */
async function directly(): Promise<Measurement> {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: { ETH: "10", WETH: "1", USDC: "3000" } } });
  try {
    const account = privateKeyToAccount(REHEARSAL_KEY);
    const signed: Hex[] = [];
    for (let n = 0; n < REQUESTS; n += 1) {
      for (const action of await swap(world, n)) {
        if (!("call" in action)) continue;
        const { to, data, value } = action.call;
        const fees = { maxFeePerGas: 10_000_000_000n, maxPriorityFeePerGas: 0n, gas: 400_000n };
        const nonce = signed.length;
        const tx = { type: "eip1559", chainId: EVM_BOOK.chains.base.id, to, data, value, nonce, ...fees } as const;
        signed.push(await account.signTransaction(tx));
      }
    }
    return await measure(BASELINE, { count: signed.length }, (n) => world.rpc("eth_sendRawTransactionSync", [signed[n]]));
  } finally {
    await world.stop();
  }
}

const watch = watchAll();
const RAM = "/dev/shm";
const onDisk = await through(watch, tmpdir());
const inMemory = existsSync(RAM) ? await through(watch, RAM) : onDisk;
const direct = await directly();
const less = row("the same, journal in memory", inMemory.wholes);
report("gateway", [
  ...ratios([...rowsOf(onDisk), less], "a request, whole"),
  ...ratios([direct, onDisk.rate, { ...inMemory.rate, name: less.name }], BASELINE),
]);
const [pipeline] = STRETCHES;
const laps = onDisk.stretches[pipeline];
const own = row(
  "",
  laps.map((lap) => lap[OWN]),
);
const all = row(
  "",
  laps.map((lap) => lap[OWN] + lap[ASSESSING] + lap[WRITING]),
);
process.stderr.write(
  `the gateway's own, ${pipeline}: p50 ${own.p50.toFixed(2)} ms, p99 ${own.p99.toFixed(2)} ms (under 1 ms wanted); with its work for the stages: p50 ${all.p50.toFixed(2)} ms, p99 ${all.p99.toFixed(2)} ms\n`,
);
