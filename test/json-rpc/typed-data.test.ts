import { createWalletClient, http } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lower } from "../../src/core/hex.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import {
  bookWith,
  PERMIT2,
  PERMIT2_DOMAIN,
  permitTransfer,
  permitTransferData,
  prepareSigning,
  SIGNING_LIMITS,
  textOf,
  USDC,
} from "../gateway/support/signing-house.ts";
import { STRANGER } from "../support/standing.ts";
import { cast } from "./support/cast.ts";
import { call, type Endpoint, openEndpoint } from "./support/endpoint.ts";

const EIP712Domain = [
  { name: "name", type: "string" },
  { name: "chainId", type: "uint256" },
  { name: "verifyingContract", type: "address" },
];

let world: EvmWorld;
let endpoint: Endpoint;
beforeAll(async () => {
  world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: { ETH: "1", USDC: "1000" } } });
  const book = bookWith(await prepareSigning(world));
  endpoint = await openEndpoint({ world, book, limits: SIGNING_LIMITS });
});
afterAll(async () => {
  await endpoint[Symbol.asyncDispose]();
  await world.stop();
});

test("viem's wallet client signs a listed message through the pipeline, and the signature is the wallet's own", async () => {
  const transport = http(`http://127.0.0.1:${endpoint.port}/rpc/base`, {
    fetchOptions: { headers: { authorization: `Bearer ${endpoint.token}` } },
  });
  const { amount, nonce, deadline, spender } = await permitTransfer(endpoint.house);
  const signature = await createWalletClient({ transport, account: REHEARSAL_WALLET }).signTypedData({
    domain: { name: "Permit2", chainId: 31337, verifyingContract: PERMIT2 },
    primaryType: "PermitTransferFrom",
    types: {
      PermitTransferFrom: [
        { name: "permitted", type: "TokenPermissions" },
        { name: "spender", type: "address" },
        { name: "nonce", type: "uint256" },
        { name: "deadline", type: "uint256" },
      ],
      TokenPermissions: [
        { name: "token", type: "address" },
        { name: "amount", type: "uint256" },
      ],
    },
    message: { permitted: { token: USDC, amount }, spender, nonce, deadline },
  });
  const data = { ...permitTransferData({ token: USDC, amount, nonce, deadline, spender }), domain: PERMIT2_DOMAIN };
  const text = textOf({ ...data, types: { ...data.types, EIP712Domain } });
  const { stdout } = await cast("wallet", "sign", "--private-key", REHEARSAL_KEY, "--data", text);
  expect(stdout.trim()).toBe(signature);
});

test("cast sends the same shape, as text; what is refused comes back with the verdict", async () => {
  const data = permitTransferData(await permitTransfer(endpoint.house, { nonce: 21n }));
  const text = textOf({ ...data, types: { ...data.types, EIP712Domain } });
  const ask = (...rest: readonly string[]) => cast("rpc", "--rpc-url", endpoint.url, "eth_signTypedData_v4", ...rest);
  const signed = await ask(REHEARSAL_WALLET, text);
  expect(JSON.parse(signed.stdout)).toMatch(/^0x[0-9a-f]{130}$/);
  const again = await ask(REHEARSAL_WALLET, text);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("denied by mandate: SIGNATURE_NONCE")]);
  const stranger = permitTransferData(await permitTransfer(endpoint.house, { nonce: 22n, spender: STRANGER }));
  const denied = await call(endpoint, "eth_signTypedData_v4", REHEARSAL_WALLET, JSON.parse(textOf(stranger)));
  expect(denied.error).toMatchObject({
    code: -32003,
    data: { verdict: "deny", violations: [{ code: "RECIPIENT_NOT_ALLOWED" }] },
  });
  const foreign = await call(endpoint, "eth_signTypedData_v4", lower(STRANGER), text);
  expect(foreign.error?.message).toContain("no account of this mandate");
});

test("every other way to sign is refused with a reason", async () => {
  const { typed, hash } = { typed: "{}", hash: `0x${"ab".repeat(32)}` };
  for (const [method, ...params] of [
    ["personal_sign", "0xdead", REHEARSAL_WALLET],
    ["eth_sign", REHEARSAL_WALLET, hash],
    ["eth_signTransaction", {}],
    ["eth_signTypedData", REHEARSAL_WALLET, typed],
    ["eth_signTypedData_v1", [], REHEARSAL_WALLET],
    ["eth_signTypedData_v3", REHEARSAL_WALLET, typed],
    ["wallet_signAuthorization", {}],
  ] as const) {
    const { error } = await call(endpoint, method, ...params);
    expect([-32601, -32004], method).toContain(error?.code);
  }
  const raw = await call(endpoint, "eth_signTypedData_v4", REHEARSAL_WALLET, hash);
  expect(raw.error?.message).toContain("SIGNING_NOT_ALLOWED: only typed data (EIP-712) is signed");
});
