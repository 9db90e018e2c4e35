import fc from "fast-check";
import { hashTypedData, keccak256, toBytes, toHex } from "viem";
import { expect, test } from "vitest";
import type { Hex } from "../../core/hex.ts";
import type { CallContext } from "../protocol.ts";
import { CONTEXT, STRANGER, USDC, WALLET, WETH } from "../testing/context.ts";
import { decodeSignature } from "./decode-signature.ts";
import { SIGNATURE_TYPES, type SignatureName, signatureTypeOf, typeHash } from "./signature-types.ts";

const PERMIT2 = `0x${"8".repeat(40)}` as const;
const context: CallContext = {
  ...CONTEXT,
  accounts: { wallet: WALLET },
  book: { ...CONTEXT.book, contracts: { ...CONTEXT.book.contracts, permit2: { address: PERMIT2, kind: "permit2" } } },
};
const TOKEN_DOMAIN = { name: "USD Coin", version: "2", chainId: 8453, verifyingContract: USDC };
const PERMIT2_DOMAIN = { name: "Permit2", chainId: 8453, verifyingContract: PERMIT2 };
const authorization = {
  from: WALLET,
  to: STRANGER,
  value: 5_000_000,
  validAfter: 0,
  validBefore: 2_000,
  nonce: toHex(9, { size: 32 }),
};
const details = (token: Hex, amount: number, expiration = 3_000) => ({ token, amount, expiration, nonce: 4 });

/** One honest message of every type that is known. */
const HONEST: Readonly<Record<SignatureName, { readonly domain: object; readonly message: object }>> = {
  Permit: { domain: TOKEN_DOMAIN, message: { owner: WALLET, spender: STRANGER, value: "5000000", nonce: 0, deadline: 2_000 } },
  TransferWithAuthorization: { domain: TOKEN_DOMAIN, message: authorization },
  ReceiveWithAuthorization: { domain: TOKEN_DOMAIN, message: authorization },
  PermitSingle: { domain: PERMIT2_DOMAIN, message: { details: details(USDC, 5_000_000), spender: STRANGER, sigDeadline: 2_000 } },
  PermitBatch: {
    domain: PERMIT2_DOMAIN,
    message: { details: [details(USDC, 5_000_000), details(WETH, 7, 9_000)], spender: STRANGER, sigDeadline: 2_000 },
  },
  PermitTransferFrom: {
    domain: PERMIT2_DOMAIN,
    message: { permitted: { token: USDC, amount: "0x4c4b40" }, spender: STRANGER, nonce: 4, deadline: 2_000 },
  },
  PermitBatchTransferFrom: {
    domain: PERMIT2_DOMAIN,
    message: {
      permitted: [
        { token: USDC, amount: 5_000_000 },
        { token: WETH, amount: 7 },
      ],
      spender: STRANGER,
      nonce: 4,
      deadline: 2_000,
    },
  },
};

const honest = (name: SignatureName) => ({ types: signatureTypeOf(name)?.types ?? {}, primaryType: name, ...HONEST[name] });
const decode = (data: unknown) => decodeSignature(context, typeof data === "string" ? data : JSON.stringify(data));
function problemOf(data: unknown): string | undefined {
  const read = decode(data);
  return "problem" in read ? read.problem.code : read.meaning.unknown[0]?.code;
}
/** viem leaves a chain id out that is no number; wallets take the number that it names. */
function digestOf(data: object): Hex {
  const { domain, ...rest } = data as ReturnType<typeof honest>;
  const chainId = Number((domain as typeof PERMIT2_DOMAIN).chainId);
  return hashTypedData({ ...rest, domain: { ...domain, chainId } } as Parameters<typeof hashTypedData>[0]);
}

test("the hashes of the types are those that deployed contracts have", () => {
  expect(Object.fromEntries(SIGNATURE_TYPES.map(({ name, hash }) => [name, hash]))).toEqual({
    Permit: "0x6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9",
    TransferWithAuthorization: "0x7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267",
    ReceiveWithAuthorization: "0xd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de8",
    ...Object.fromEntries(
      [
        "PermitSingle(PermitDetails details,address spender,uint256 sigDeadline)PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)",
        "PermitBatch(PermitDetails[] details,address spender,uint256 sigDeadline)PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)",
        "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address token,uint256 amount)",
        "PermitBatchTransferFrom(TokenPermissions[] permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address token,uint256 amount)",
      ].map((text) => [text.split("(")[0], keccak256(toBytes(text))]),
    ),
  });
});

test.each(SIGNATURE_TYPES)("$name is what it lets be taken, in full, until its last deadline", ({ name, hash }) => {
  const data = honest(name);
  const read = decode(data);
  if ("problem" in read) return expect.fail(read.problem.what);
  const { meaning, typed, spender, owner } = read;
  expect([meaning.unknown, owner, spender, typed.digest]).toEqual([[], WALLET, STRANGER, digestOf(data)]);
  expect(meaning.call).toMatchObject({
    function: name,
    signs: hash,
    to: name.startsWith("PermitS") || name.startsWith("PermitB") || name.startsWith("PermitT") ? PERMIT2 : USDC,
  });
  const flows = (name === "Permit" ? meaning.approves : meaning.pays).map(({ asset, amount }) => `${amount.toFixed()} ${asset}`);
  expect(flows).toEqual(name.includes("Batch") ? ["5 base/USDC", "0.000000000000000007 base/WETH"] : ["5 base/USDC"]);
  const last = { PermitSingle: 3_000, PermitBatch: 9_000 }[name as "PermitSingle" | "PermitBatch"] ?? 2_000;
  expect(meaning.deadline).toBe(last * 1_000);
  expect(meaning.gives).toHaveLength(name === "Permit" ? 0 : flows.length);
});

test("types are what their members say: an order, a width or a struct that differs is another type", () => {
  const data = honest("PermitTransferFrom");
  const { TokenPermissions = [], PermitTransferFrom = [] } = data.types as Record<string, { name: string; type: string }[]>;
  const changed = (types: object) => problemOf({ ...data, types });
  expect(changed({ PermitTransferFrom: [...PermitTransferFrom].reverse(), TokenPermissions })).toBe("SIGNING_NOT_ALLOWED");
  expect(changed({ PermitTransferFrom, TokenPermissions: [...TokenPermissions].reverse() })).toBe("SIGNING_NOT_ALLOWED");
  expect(changed({ PermitTransferFrom })).toBe("SIGNING_NOT_ALLOWED");
  const wide = TokenPermissions.map(({ name, type }) => ({ name, type: type === "uint256" ? "uint160" : type }));
  expect(changed({ PermitTransferFrom, TokenPermissions: wide })).toBe("SIGNING_NOT_ALLOWED");
  const witness = [...PermitTransferFrom, { name: "witness", type: "bytes32" }];
  expect(changed({ PermitTransferFrom: witness, TokenPermissions })).toBe("SIGNING_NOT_ALLOWED");
  expect(changed({ PermitTransferFrom, TokenPermissions, Other: [] })).toBe("MALFORMED_SIGNATURE");
  expect(changed({ PermitTransferFrom, TokenPermissions, EIP712Domain: [] })).toBe("MALFORMED_SIGNATURE");
  expect(typeHash("Loop", { Loop: [{ name: "loop", type: "Loop[]" }] })).toBe(keccak256(toBytes("Loop(Loop[] loop)")));
  expect(typeHash("Lost", { Lost: [{ name: "of", type: "Nowhere" }] })).toBeNull();
});

test.each([
  ["another owner", "Permit", { owner: STRANGER }, "SIGNATURE_OWNER"],
  ["an own account as the payee", "TransferWithAuthorization", { to: WALLET }, "MALFORMED_SIGNATURE"],
  ["nothing", "TransferWithAuthorization", { value: 0 }, "MALFORMED_SIGNATURE"],
  ["a number that is not exact", "Permit", { value: 2 ** 53 }, "MALFORMED_SIGNATURE"],
  ["a fraction", "Permit", { value: "1.5" }, "MALFORMED_SIGNATURE"],
  ["less than nothing", "Permit", { value: -1 }, "MALFORMED_SIGNATURE"],
  [
    "more bits than there are",
    "PermitSingle",
    { details: { ...details(USDC, 1), amount: String(2n ** 160n) } },
    "MALFORMED_SIGNATURE",
  ],
  ["a token of nobody's book", "PermitTransferFrom", { permitted: { token: STRANGER, amount: 1 } }, "TOKEN_NOT_ALLOWED"],
  ["a token twice", "PermitBatch", { details: [details(USDC, 1), details(USDC, 1)] }, "MALFORMED_SIGNATURE"],
  ["no token", "PermitBatch", { details: [] }, "MALFORMED_SIGNATURE"],
  ["a member too many", "Permit", { witness: 1 }, "MALFORMED_SIGNATURE"],
] as const)("%s is refused", (_, name, change, code) => {
  const data = honest(name);
  expect(problemOf({ ...data, message: { ...data.message, ...change } })).toBe(code);
});

test("domains are of one contract of the book, of the kind that takes such messages", () => {
  const permit = honest("Permit");
  const at = (verifyingContract: string, name: SignatureName = "Permit") => {
    const data = honest(name);
    return problemOf({ ...data, domain: { ...data.domain, verifyingContract } });
  };
  expect([at(STRANGER), at(PERMIT2), at(USDC, "PermitSingle"), at(CONTEXT.book.contracts.router?.address ?? "")]).toEqual(
    Array(4).fill("SIGNATURE_DOMAIN"),
  );
  expect(problemOf({ ...permit, domain: { ...permit.domain, salt: toHex(1, { size: 32 }) } })).toBe("MALFORMED_SIGNATURE");
  expect(problemOf({ ...permit, domain: { name: "USD Coin", version: "2", chainId: 8453 } })).toBe("MALFORMED_SIGNATURE");
});

test.each(["", "0x", "hello", "null", "[]", "7", "{}", JSON.stringify({ primaryType: "constructor" }), toHex(7, { size: 32 })])(
  "%s is no message that is signed",
  (text) => {
    expect(problemOf(text)).toBe("SIGNING_NOT_ALLOWED");
  },
);

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    WALLET,
    STRANGER,
    USDC,
    WETH,
    PERMIT2,
    "0x00",
    0,
    1,
    -1,
    8453,
    "address",
    "uint256",
    "uint48",
    "bytes32",
  ),
  fc.bigInt({ min: 0n, max: 2n ** 257n }).map(String),
  fc.constantFrom<unknown>(...SIGNATURE_TYPES.map(({ name }) => name), ...SIGNATURE_TYPES.map(({ types }) => types)),
);

/** Puts something else, or nothing, at one place of the data. */
function mutate(data: unknown, path: readonly number[], to: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof data !== "object" || data === null) return to;
  const keys = Object.keys(data);
  const key = keys[step % Math.max(1, keys.length)] ?? "extra";
  const copy = (Array.isArray(data) ? [...data] : { ...data }) as Record<string, unknown>;
  copy[key] = mutate((data as Record<string, unknown>)[key], rest, to);
  return copy;
}

test("whatever is asked is refused, or it is signed exactly as it was written and judged as all that it gives", () => {
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...SIGNATURE_TYPES.map(({ name }) => name)),
      fc.array(fc.tuple(fc.array(fc.nat(7), { minLength: 1, maxLength: 5 }), anything), { maxLength: 2 }),
      (name, changes) => {
        const data = changes.reduce<unknown>((made, [path, to]) => mutate(made, path, to), honest(name));
        const read = decodeSignature(context, JSON.stringify(data));
        if ("problem" in read || read.meaning.unknown.length > 0) return;
        accepted += 1;
        const { meaning, typed } = read;
        expect(typed.digest).toBe(digestOf(data as object));
        const given = meaning.pays.length + meaning.approves.length;
        expect(given).toBeGreaterThan(0);
        expect([...meaning.pays, ...meaning.approves].every(({ amount }) => amount.gt(0))).toBe(true);
        expect(meaning.gets).toEqual([]);
        expect(meaning.deadline).not.toBeNull();
      },
    ),
    { numRuns: 600 },
  );
  expect(accepted).toBeGreaterThan(20);
});
