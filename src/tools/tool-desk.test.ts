import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { ManualClock, MINUTE } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import type { Note } from "../gateway/contract.ts";
import { GatewayError } from "../gateway/gateway-error.ts";
import { parseSample } from "../mandate/testing/sample-mandate.ts";
import { Bundles } from "./bundles.ts";
import { EVM_TOOLS } from "./evm/evm-tools.ts";
import { fileStateStore, memoryStateStore } from "./file-state-store.ts";
import { worseThanShown } from "./hold-to-shown.ts";
import { HYPERLIQUID_TOOLS } from "./hyperliquid/hyperliquid-tools.ts";
import { redacted } from "./redact.ts";
import { defineTool, inputSchemaOf } from "./tool.ts";
import type { ToolContext } from "./tool-context.ts";
import { ToolDesk } from "./tool-desk.ts";

const echo = defineTool({
  name: "echo",
  title: "Echo",
  description: "Says it again.",
  category: "data",
  input: z.strictObject({ text: z.string() }),
  output: z.strictObject({ text: z.string() }),
  async run({ text }) {
    if (text === "throw") throw new TypeError("a bug");
    return { data: { text }, explanation: text };
  },
});

function context(limits: Readonly<Record<string, unknown>> = {}) {
  const { terms, brief } = parseSample();
  const notes: Note[] = [];
  const clock = new ManualClock(0);
  const unused = async () => {
    throw new TypeError("not used");
  };
  const made = {
    mandate: { terms: { ...terms, limits: { ...terms.limits, ...limits } }, brief },
    venue: { observe: unused, compile: unused, readIntent: unused },
    gateway: { state: unused, preview: unused },
    ...{ wallet: "wallet:0x1", clock, act: unused, history: { series: unused }, store: memoryStateStore() },
    note: async (more: readonly Note[]) => void notes.push(...more),
    bundles: new Bundles({ wallet: "wallet:0x1", network: "rehearsal", agent: "a" }),
  } as unknown as ToolContext;
  return { context: made, notes, clock };
}

test("whatever the arguments are, a call is answered with the envelope and put on the record", async () => {
  const desk = new ToolDesk({ tools: [echo] });
  await fc.assert(
    fc.asyncProperty(fc.anything({ withBigInt: true, withNullPrototype: true }), fc.string(), async (args, name) => {
      const { context: made, notes } = context();
      for (const tool of ["echo", name]) {
        const result = await desk.call(tool, args, made);
        expect(result.error === null).toBe(result.status === "success");
      }
      expect(notes.map(({ kind }) => kind)).toEqual(["tool-call", "tool-call"]);
      expect(() => JSON.stringify(notes)).not.toThrow();
    }),
  );
});

test("a call that cannot be noted is answered all the same, and says so", async () => {
  const { context: made } = context();
  const unreachable = async () => {
    throw new GatewayError("RATE_LIMITED", "too many notes");
  };
  const result = await new ToolDesk({ tools: [echo] }).call("echo", { text: "x" }, { ...made, note: unreachable });
  expect(result).toMatchObject({ status: "success", decision_hints: ["This call is not on the record: RATE_LIMITED."] });
});

test("a tool's bug is a result, and names of every object are no tools", async () => {
  const desk = new ToolDesk({ tools: [echo] });
  const { context: made } = context();
  expect((await desk.call("echo", { text: "throw" }, made)).error).toMatchObject({ code: "internal_error", recoverable: false });
  for (const name of ["constructor", "__proto__", "toString", ""])
    expect((await desk.call(name, {}, made)).error?.code).toBe("unknown_tool");
});

test("the rate holds over a sliding minute, from what was called before on", async () => {
  const { context: made, clock } = context({ max_tool_calls_per_minute: decimal(3) });
  const desk = new ToolDesk({ tools: [echo], calledAt: [0] });
  const call = async () => (await desk.call("echo", { text: "x" }, made)).error?.code ?? "ok";
  expect([await call(), await call(), await call()]).toEqual(["ok", "ok", "tool_rate_limit"]);
  clock.set(MINUTE - 1);
  expect(await call()).toBe("tool_rate_limit");
  clock.set(MINUTE);
  expect([await call(), await call(), await call(), await call()]).toEqual(["ok", "ok", "ok", "tool_rate_limit"]);
});

test.each([
  ["evm", EVM_TOOLS],
  ["hyperliquid", HYPERLIQUID_TOOLS],
])("the tools of %s have names of their own, closed schemas and hints that fit what they do", (_venue, tools) => {
  expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length);
  for (const tool of tools) {
    const schema = inputSchemaOf(tool);
    expect(schema.type, tool.name).toBe("object");
    expect(schema.additionalProperties, tool.name).toBe(false);
    expect(tool.annotations.readOnlyHint, tool.name).toBe(tool.risk === "read" || tool.risk === "plan");
    if (tool.risk === "write") expect(Object.keys(tool.input.shape), tool.name).toContain("dry_run");
  }
});

test("secrets are taken out by name and by form, and a token's name is none", () => {
  expect(
    redacted({
      privateKey: "x",
      api_key: "y",
      token: "USDC",
      token_in: "WETH",
      deep: [{ password: "z" }],
      hash: `0x${"1".repeat(64)}`,
    }),
  ).toEqual({
    privateKey: "(redacted)",
    api_key: "(redacted)",
    token: "USDC",
    token_in: "WETH",
    deep: [{ password: "(redacted)" }],
    hash: "(redacted)",
  });
});

test("saved state comes back, has a size, and is an error where it cannot be read", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mandate-state-"));
  try {
    const path = join(folder, "state.json");
    const store = fileStateStore(path);
    expect(await store.load()).toBeNull();
    await store.save({ a: [1, "two"] });
    expect(await fileStateStore(path).load()).toEqual({ a: [1, "two"] });
    await expect(store.save({ big: "x".repeat(70_000) })).rejects.toMatchObject({ code: "state_too_large" });
    writeFileSync(path, '{"a": [1,');
    await expect(store.load()).rejects.toMatchObject({ code: "state_load_failed" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a bundle is one wallet's, one network's and one agent's", () => {
  const owner = { wallet: "wallet:0x1", network: "rehearsal", agent: "a" };
  const bundles = new Bundles<{ readonly kind: string }>(owner);
  const effects = { evidence: "e" } as Parameters<typeof bundles.keep>[1];
  const { id, expires } = bundles.keep({ kind: "swap" }, effects, 0);
  for (const other of [{ wallet: "wallet:0x2" }, { network: "base" }, { agent: "b" }]) {
    expect(() => bundles.take(id, { ...owner, ...other }, 0)).toThrow("not known here");
  }
  expect(() => bundles.take(id, owner, expires)).toThrow("has expired");
  expect(bundles.take(id, owner, expires - 1).intent).toEqual({ kind: "swap" });
  expect(() => bundles.take(id, owner, 0)).toThrow("not known here");
});

test("worse than shown is more out, less in, or something new out", () => {
  const effects = (...deltas: readonly (readonly [asset: string, least: number])[]) => ({
    deltas: deltas.map(([asset, least]) => ({
      account: "wallet",
      asset: asset as `${string}/${string}`,
      least: decimal(least),
      most: decimal(least),
    })),
  });
  const shown = effects(["b/USDC", -5], ["b/WETH", 2]);
  expect(worseThanShown(shown, shown)).toBeNull();
  expect(worseThanShown(shown, effects(["b/USDC", -4], ["b/WETH", 3]))).toBeNull();
  expect(worseThanShown(shown, effects(["b/USDC", -6], ["b/WETH", 2]))).toBe("b/USDC");
  expect(worseThanShown(shown, effects(["b/USDC", -5], ["b/WETH", 1]))).toBe("b/WETH");
  expect(worseThanShown(shown, effects(["b/USDC", -5]))).toBe("b/WETH");
  expect(worseThanShown(shown, effects(["b/USDC", -5], ["b/WETH", 2], ["b/DAI", -1]))).toBe("b/DAI");
});
