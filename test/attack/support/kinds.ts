import { expect } from "vitest";
import { SIGNATURE_NAMES } from "../../../src/protocols/signatures/signature-types.ts";
import { FATES } from "./moves.ts";
import type { Tally } from "./tally.ts";

/** Kinds of moves that are let through now and then: what never is shows nothing of what comes after it. */
const PASSES: readonly string[] = [
  ...["honest", "swap", "wrap", "unwrap", "revoke"],
  ...SIGNATURE_NAMES,
  ...["typed", "socket", "grpc", "json-rpc"].map((door) => `door:${door}`),
  ...FATES.map((fate) => `fate:${fate}`),
  ...["trades", "repeats", "usurps", "signs", "fellow"].map((does) => `race:${does}`),
  ...["fellow", "asked", "grant used", "grant used in a worse market", "drain", "hoard", "promise", "repeat"],
  ...["loot", "sweep", "gift", "push", "nudge", "block", "poke"].map((does) => `between:${does}`),
  ...["wait", "price", "restart", "day", "grant", "deny", "freeze", "new-tier", "just-in-time"],
  ...["odd-fee", "odd-shrinks", "odd-grows", "odd-calls-back"],
];
/** Of those who come at once, some ask for nothing: they are there, and that is all. */
const COMES: readonly string[] = ["race:settles", "race:looks", "race:freezes", "race:pushes"];
/** What no mandate lets through, whoever asks for it and how. */
const NEVER: readonly string[] = ["lie", "permit", "forge", "odd-calls", "by-hand"];

/** Holds that an attack had every kind of move in it, and that each which can be let through was. */
export function everyKindWasPlayed({ moves }: Tally): void {
  const allowed = PASSES.filter((kind) => (moves[kind]?.allowed ?? 0) === 0);
  expect(allowed, "kinds of moves that were never let through").toEqual([]);
  expect([...COMES, ...NEVER].filter((kind) => moves[kind] === undefined)).toEqual([]);
  expect(NEVER.filter((kind) => moves[kind]?.allowed !== 0)).toEqual([]);
}
