import { expect, test } from "vitest";
import { redactText } from "./redact-text.ts";

const KEY = "0x4c0883a69102937d6231471b5dbb6204fe512961708279f8a1c2d3e4f5061728";

test.each([
  `private key: ${KEY}`,
  `PRIVATE_KEY=${KEY}`,
  `{"privateKey":"${KEY}"}`,
  "password is hunter2hunter2",
  "mnemonic: test test test test test test test test test test test junk",
  "Authorization: Bearer abc.def.ghi.jkl",
  "use sk-ant-api03-0123456789abcdefghij for it",
  "ghp_0123456789abcdefghijABCDEFGHIJ",
])("what is named as a secret, or looks like one, is cut out: %s", (text) => {
  const clean = redactText(text);
  expect(clean).toContain("(redacted)");
  expect(clean).not.toMatch(/4c0883a6|hunter2|junk|abc\.def|0123456789abcdefghij/);
});

test.each([
  `sent as ${KEY}`,
  "the key point is to hold, and the secret of it is patience",
  "swap 0.15 WETH for USDC at 0x2c93b5ae64fccde4a15d938506f0fa3c101a20a1",
])("plain words and hashes of transactions stay: %s", (text) => {
  expect(redactText(text)).toBe(text);
});
