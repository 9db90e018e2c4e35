import fc from "fast-check";
import { decodeAbiParameters, encodeAbiParameters, parseAbiParameters } from "viem";
import { expect, test } from "vitest";
import type { Hex } from "../core/hex.ts";
import { ifDecodable } from "./if-decodable.ts";

const TYPES = parseAbiParameters("address, bool, uint256[], string, (bytes32, bytes)[]");
const bytes = fc.uint8Array({ maxLength: 512 }).map((some): Hex => `0x${Buffer.from(some).toString("hex")}`);

test("whatever the bytes are, they are decoded or they are not", () => {
  fc.assert(
    fc.property(bytes, (data) => {
      const read = ifDecodable(() => decodeAbiParameters(TYPES, data));
      expect(read === undefined || read.length === TYPES.length).toBe(true);
    }),
  );
  const written = encodeAbiParameters(TYPES, ["0x00000000000000000000000000000000000a11ce", true, [1n, 2n], "a", []]);
  expect(ifDecodable(() => decodeAbiParameters(TYPES, written))?.[2]).toEqual([1n, 2n]);
  fc.assert(
    fc.property(fc.nat({ max: written.length - 3 }), fc.constantFrom("f", "0", "8"), (at, digit) => {
      const bent = `${written.slice(0, at + 2)}${digit}${written.slice(at + 3)}` as Hex;
      expect(() => ifDecodable(() => decodeAbiParameters(TYPES, bent))).not.toThrow();
    }),
  );
});

test("what is no word about the bytes goes on: nobody's failure is taken for bytes that mean nothing", () => {
  const dead = new TypeError("the node is dead");
  expect(() =>
    ifDecodable(() => {
      throw dead;
    }),
  ).toThrow(dead);
});
