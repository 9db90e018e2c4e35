import { expect, test } from "vitest";
import type { LogLine } from "./log-lines.ts";
import { denied, half, hold, setUp } from "./testing/in-memory-agent.ts";

async function linesOf(
  decision: Parameters<typeof setUp>[0],
  prepare: (stage: ReturnType<typeof setUp>) => void = () => undefined,
  cycles = 1,
) {
  const stage = setUp(decision);
  prepare(stage);
  const lines: LogLine[] = [];
  await stage.run({ cycles, log: (line) => void lines.push(line) });
  return lines;
}

test("a cycle is one line with what it was worth, what was done and what that was to cost", async () => {
  const lines = await linesOf(half);
  expect(lines.filter(({ message }) => message === "cycle")).toEqual([
    {
      level: "info",
      message: "cycle",
      fields: {
        tick: 1,
        at: "2026-01-05T00:00:00Z",
        portfolio_value: "1500.00",
        decision: "targets",
        asked: true,
        failure: null,
        selected_strategy: null,
        num_actions: 1,
        num_rebalance_actions: 1,
        num_refused: 0,
        estimated_cost: expect.stringMatching(/^0\.\d{4}$/),
        model_calls: 1,
        model_cost: "0.010000",
      },
    },
  ]);
});

test("a model call and an order have lines of their own, before the cycle's", async () => {
  const lines = await linesOf(half);
  expect(lines.map(({ message }) => message)).toEqual(["model call", "order sent", "order confirmed", "cycle"]);
  expect(lines.every(({ fields }) => fields.tick === 1)).toBe(true);
});

test("what was refused, failed or is tried again is a warning; a quiet cycle is one line", async () => {
  const refused = await linesOf(half, ({ gateway }) => {
    gateway.answer = () => denied("COOLDOWN");
  });
  expect(refused.find(({ message }) => message === "order refused")).toMatchObject({
    level: "warn",
    fields: { codes: ["COOLDOWN"] },
  });
  let failures = 1;
  const retried = await linesOf(half, ({ gateway }) => {
    gateway.answer = () => (failures-- > 0 ? "GATEWAY_UNREACHABLE" : "confirmed");
  });
  expect(retried.find(({ message }) => message === "retry")).toMatchObject({
    level: "warn",
    fields: { code: "GATEWAY_UNREACHABLE" },
  });
  const failed = await linesOf({ kind: "hold", why: "silence", code: "MODEL_STALLED" });
  expect(failed.at(-1)).toMatchObject({ level: "warn", fields: { decision: "hold", failure: "MODEL_STALLED" } });
  const quiet = await linesOf(hold, undefined, 2);
  expect(quiet.filter(({ fields }) => fields.tick === 2)).toMatchObject([{ message: "cycle", fields: { asked: false } }]);
});
