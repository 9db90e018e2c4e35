import { expect, test } from "vitest";
import { HttpRequestError, RpcRequestError, TimeoutError } from "./request-errors.ts";
import { tryAgain } from "./try-again.ts";

const refused = (code: unknown) => new RpcRequestError({ code, message: "no" });
const answered = (status: number) => new HttpRequestError("no", { status, wait: 1 });
const silent = new HttpRequestError("connect ECONNREFUSED", { wait: 1 });

/** How often is tried again what goes on failing so, and what is thrown in the end. */
async function triesOf(failure: unknown, most = 1): Promise<number> {
  let tries = 0;
  const attempt = () => {
    tries += 1;
    return Promise.reject(failure);
  };
  await expect(tryAgain(attempt, failure, most)).rejects.toBe(failure);
  return tries;
}

test("what may pass is tried again: silence, a busy node, an error of its own, one without a code", async () => {
  const passing = [silent, ...[403, 408, 413, 429, 500, 502, 503, 504].map(answered)];
  const codes = [-1, -32_005, -32_007, 429, -32_603, undefined, "-32000"].map(refused);
  expect(await Promise.all([...passing, ...codes, new TimeoutError()].map((failure) => triesOf(failure)))).toEqual(
    Array(passing.length + codes.length + 1).fill(1),
  );
});

test("what stays so is not asked twice: a revert, wrong parameters, a status that is final", async () => {
  const lasting = [...[3, -32_000, -32_602, 4_001].map(refused), ...[307, 400, 401, 404].map(answered)];
  expect(await Promise.all(lasting.map((failure) => triesOf(failure)))).toEqual(lasting.map(() => 0));
});

test("no more tries are made than there are, and none after one that failed for good or had an answer", async () => {
  expect(await Promise.all([0, 1, 3].map((most) => triesOf(silent, most)))).toEqual([0, 1, 3]);
  const said = [() => Promise.reject(silent), () => Promise.resolve("0x1"), () => Promise.resolve("0x2")].values();
  const next = () => said.next().value?.() ?? Promise.reject(new RangeError("asked too often"));
  expect(await tryAgain<unknown>(next, silent, 5)).toBe("0x1");
  const dead = refused(3);
  let tries = 0;
  const dies = () => {
    tries += 1;
    return Promise.reject(dead);
  };
  await expect(tryAgain(dies, silent, 5)).rejects.toBe(dead);
  expect(tries).toBe(1);
});
