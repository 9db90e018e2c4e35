/** What came of doing something many times. Times in milliseconds. */
export interface Measurement {
  readonly name: string;
  readonly count: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** The value below which the share `p` (0 to 1) of the samples lies, by nearest rank. NaN for no samples. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

/** Milliseconds that `work` takes. What answers at once is not waited for: a turn of the queue is as long as what is measured in microseconds. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  const answer = work();
  if (answer instanceof Promise) await answer;
  return performance.now() - start;
}

/** Does `work` `count` times with `concurrency` callers, each starting its next when its last is done. */
export async function measure(
  name: string,
  { count, concurrency = 1 }: { readonly count: number; readonly concurrency?: number },
  work: (n: number, caller: number) => unknown,
): Promise<Measurement> {
  const samples: number[] = [];
  let next = 0;
  const caller = async (index: number) => {
    for (let n = next++; n < count; n = next++) samples.push(await timed(() => work(n, index)));
  };
  const total = await timed(() => Promise.all(Array.from({ length: concurrency }, (_, index) => caller(index))));
  return { name, count, perSecond: (count / total) * 1_000, p50: percentile(samples, 0.5), p99: percentile(samples, 0.99) };
}

/** Of several rounds, for each name the one with the median rate: a machine that hiccups spoils one round, not the result. */
export function medians(rounds: readonly (readonly Measurement[])[]): readonly Measurement[] {
  const names = new Set(rounds.flat().map(({ name }) => name));
  return [...names].flatMap((name) => {
    const same = rounds
      .flat()
      .filter((it) => it.name === name)
      .sort((a, b) => a.perSecond - b.perSecond);
    return same[Math.floor(same.length / 2)] ?? [];
  });
}

export interface Ratio extends Measurement {
  /** Its rate over that of the baseline. */
  readonly ratio: number;
}

/** Each measurement beside the one named `baseline`. Ratios carry over from machine to machine, rates do not. */
export function ratios(measurements: readonly Measurement[], baseline: string): readonly Ratio[] {
  const base = measurements.find(({ name }) => name === baseline)?.perSecond ?? Number.NaN;
  return measurements.map((it) => ({ ...it, ratio: it.perSecond / base }));
}

/** Writes a table for people, or with `--json` one document for programs, to stdout. */
export function report(bench: string, rows: readonly Ratio[]): void {
  if (process.argv.includes("--json")) {
    process.stdout.write(`${JSON.stringify({ schema_version: 1, bench, rows })}\n`);
    return;
  }
  const width = Math.max(...rows.map(({ name }) => name.length));
  const cell = (value: number, digits: number) => value.toFixed(digits).padStart(10);
  process.stdout.write(
    `${bench.padEnd(width)}${["per s", "ratio", "p50 ms", "p99 ms"].map((text) => text.padStart(10)).join("")}\n`,
  );
  for (const { name, perSecond, ratio, p50, p99 } of rows) {
    process.stdout.write(`${name.padEnd(width)}${cell(perSecond, 0)}${cell(ratio, 2)}${cell(p50, 2)}${cell(p99, 2)}\n`);
  }
}
