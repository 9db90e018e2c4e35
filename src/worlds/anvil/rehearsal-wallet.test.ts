import { privateKeyToAddress } from "viem/accounts";
import { expect, test } from "vitest";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "./rehearsal-wallet.ts";

test("the wallet of a rehearsal is its key's", () => {
  expect(REHEARSAL_WALLET).toBe(privateKeyToAddress(REHEARSAL_KEY).toLowerCase());
});
