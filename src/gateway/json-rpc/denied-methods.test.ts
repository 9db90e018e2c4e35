import { expect, test } from "vitest";
import { deniedMethod } from "./denied-methods.ts";

test("methods that change the chain, sign or trace are refused with the reason", () => {
  for (const [method, reason] of [
    ["anvil_setBalance", "changes the chain"],
    ["evm_increaseTime", "changes the chain"],
    ["hardhat_impersonateAccount", "changes the chain"],
    ["debug_traceTransaction", "tracing"],
    ["txpool_content", "operator"],
    ["eth_sendRawTransaction", "eth_sendTransaction"],
    ["eth_sendRawTransactionSync", "eth_sendTransaction"],
    ["eth_sendPrivateTransaction", "eth_sendTransaction"],
    ["personal_sign", "eth_sendTransaction"],
    ["wallet_sendCalls", "eth_sendTransaction"],
    ["eth_sign", "not signed"],
    ["eth_signTypedData", "not signed"],
    ["eth_signTypedData_v3", "not signed"],
    ["eth_signTransaction", "not signed"],
    ["eth_newFilter", "eth_getLogs"],
    ["eth_subscribe", "eth_getLogs"],
    ["eth_frobnicate", "list of methods"],
  ] as const) {
    const error = deniedMethod(method);
    expect(error.message, method).toContain(reason);
    expect([-32601, -32004]).toContain(error.rpcCode);
  }
});

test("a method's name is shown without anything that a terminal would obey", () => {
  expect(deniedMethod("eth_\u001b[31mx\u202e").message).toMatch(/^eth_\?\?31mx\? is not available/);
});
