import { parseSignature, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { signatureParts } from "./signature-parts.ts";

test("a signature's parts are those that viem reads, whichever way its parity is written", async () => {
  const account = privateKeyToAccount(toHex(7n, { size: 32 }));
  const signatures = await Promise.all(Array.from({ length: 20 }, (_, i) => account.signMessage({ message: `message ${i}` })));
  for (const signature of signatures) {
    const { r, s, v } = parseSignature(signature);
    expect(signatureParts(signature)).toEqual({ r, s, v: Number(v) });
    expect(signatureParts(`${signature.slice(0, 130) as "0x"}0${Number(v) - 27}`)).toEqual({ r, s, v: Number(v) });
  }
  expect(new Set(signatures.map((signature) => signatureParts(signature).v))).toEqual(new Set([27, 28]));
});
