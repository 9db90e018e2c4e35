import type { Hex } from "viem";
import { decodeFunctionResult, encodeFunctionData } from "viem/utils";
import { type Address, lower } from "../../../../core/hex.ts";
import type { ChainBook } from "../../../../mandate/book.ts";
import { mailboxAbi, warpReadsAbi } from "../../../../protocols/hyperlane/abi.ts";
import { addressToBytes32, bytes32ToAddress } from "../../../../protocols/hyperlane/message.ts";
import type { WarpEnd, WarpRoute } from "../../../../protocols/hyperlane/warp-routes.ts";
import { ifDecodable } from "../../../../protocols/if-decodable.ts";
import { type RpcClient, RpcError } from "../../../../protocols/json-rpc.ts";
import { wordsOf } from "../../../../protocols/words.ts";

/** A chain to read, at a block tag or number. */
export interface ReadAt {
  readonly rpc: RpcClient;
  readonly book: ChainBook;
  readonly block: string;
}

const NOBODY: Address = `0x${"0".repeat(40)}`;
const HOOK = "hyperlane-hook";
const ISM = "hyperlane-ism";

/**
 * What a router of the book says otherwise than the book where it sends to another: its token, mailbox, domain, scale,
 * the router on the other side, and the hooks that every message goes through. One sentence each.
 *
 * @throws {RpcError} the chain cannot be reached.
 */
export async function originProblems(at: ReadAt, route: WarpRoute, end: WarpEnd): Promise<readonly string[]> {
  const [common, own, ofBox, required, feeRecipient, feeHook] = await Promise.all([
    commonProblems(at, route, end),
    readAddress(at, route.address, "hook"),
    readBox(at, route.mailbox, "defaultHook"),
    readBox(at, route.mailbox, "requiredHook"),
    readAddress(at, route.address, "feeRecipient"),
    readAddress(at, route.address, "feeHook"),
  ]);
  const hooks = pinnedOf(at.book, HOOK);
  const used = own === NOBODY ? ofBox : own;
  const found = [...common];
  for (const hook of new Set([used, required])) {
    if (hook === null || !hooks.has(hook))
      found.push(`${route.label} goes through the hook ${hook ?? "unknown"}, which is not in the book`);
  }
  if (feeHook === null || (feeHook !== NOBODY && !hooks.has(feeHook))) {
    found.push(`${route.label} lets the hook ${feeHook ?? "unknown"} take its fee in tokens, and it is not in the book`);
  }
  // What a router burns stands in no allowance: nothing but the amount may be taken.
  const free = feeRecipient === NOBODY && feeHook === NOBODY;
  if (route.type === "synthetic" && !free) found.push(`${route.label} takes a fee in what it burns, which nothing bounds`);
  return found;
}

/** The same of the other side: and what must agree that a message is true. @throws {RpcError} */
export async function endProblems(at: ReadAt, end: WarpEnd, route: WarpRoute): Promise<readonly string[]> {
  const data = encodeFunctionData({ abi: mailboxAbi, functionName: "recipientIsm", args: [end.address] });
  const [common, answer] = await Promise.all([commonProblems(at, end, route), call(at, end.mailbox, data)]);
  const ism = addressIn(answer);
  if (ism !== null && pinnedOf(at.book, ISM).has(ism)) return common;
  return [...common, `${end.label} on ${end.chain} believes ${ism ?? "nobody knows whom"}, which is not in the book`];
}

/** What each side of a route says of itself and of the other. */
async function commonProblems(at: ReadAt, end: WarpEnd, other: WarpEnd): Promise<readonly string[]> {
  const enrolled = encodeFunctionData({ abi: warpReadsAbi, functionName: "routers", args: [other.domain] });
  const domain = encodeFunctionData({ abi: mailboxAbi, functionName: "localDomain" });
  const [token, mailbox, local, router, numerator, denominator] = await Promise.all([
    readAddress(at, end.address, "token"),
    readAddress(at, end.address, "mailbox"),
    call(at, end.mailbox, domain),
    call(at, end.address, enrolled),
    call(at, end.address, encodeFunctionData({ abi: warpReadsAbi, functionName: "scaleNumerator" })),
    call(at, end.address, encodeFunctionData({ abi: warpReadsAbi, functionName: "scaleDenominator" })),
  ]);
  const where = `${end.label} on ${end.chain}`;
  const scale = [numerator, denominator].map(numberIn);
  return [
    ...(token === end.token ? [] : [`${where} is a route of ${token ?? "no token"}, the book says ${end.token}`]),
    ...(mailbox === end.mailbox ? [] : [`${where} uses the mailbox ${mailbox ?? "of nobody"}, the book says ${end.mailbox}`]),
    ...(numberIn(local) === BigInt(end.domain)
      ? []
      : [`the mailbox of ${where} is of domain ${numberIn(local) ?? "unknown"}, the book says ${end.domain}`]),
    ...(addressIn(router) === other.address
      ? []
      : [`${where} knows ${router ?? "no router"} as the router of domain ${other.domain}, the book says ${other.address}`]),
    ...(scale[0] === end.scale[0] && scale[1] === end.scale[1]
      ? []
      : [`${where} scales by ${scale.map(String).join("/")}, the book says ${end.scale.join("/")}`]),
  ];
}

/**
 * The native coin that a transfer must bring along, in wei, at a block. Null: the router does not say.
 *
 * @throws {RpcError} the chain cannot be reached.
 */
export async function quoteNative(
  at: ReadAt,
  route: WarpRoute,
  { domain, recipient, units }: { readonly domain: number; readonly recipient: Address; readonly units: bigint },
): Promise<bigint | null> {
  const args = [domain, addressToBytes32(recipient), units] as const;
  const quote = { abi: warpReadsAbi, functionName: "quoteTransferRemote" } as const;
  const data = await call(at, route.address, encodeFunctionData({ ...quote, args }));
  if (data === null) return null;
  const quotes = ifDecodable(() => decodeFunctionResult({ ...quote, data }));
  return quotes?.reduce((total, { token, amount }) => (lower(token) === NOBODY ? total + amount : total), 0n) ?? null;
}

/** Whether a mailbox has delivered a message, at a block. Null: it does not say. @throws {RpcError} */
export async function isDelivered(at: Pick<ReadAt, "rpc" | "block">, mailbox: Address, id: Hex): Promise<boolean | null> {
  const answer = numberIn(
    await call(at, mailbox, encodeFunctionData({ abi: mailboxAbi, functionName: "delivered", args: [id] })),
  );
  return answer === null ? null : answer === 1n;
}

function pinnedOf({ contracts }: ChainBook, kind: string): ReadonlySet<Address> {
  return new Set(Object.values(contracts).flatMap((contract) => (contract.kind === kind ? [lower(contract.address)] : [])));
}

type AddressRead = "token" | "mailbox" | "hook" | "feeRecipient" | "feeHook";

async function readAddress(at: ReadAt, to: Address, functionName: AddressRead): Promise<Address | null> {
  return addressIn(await call(at, to, encodeFunctionData({ abi: warpReadsAbi, functionName })));
}

async function readBox(at: ReadAt, to: Address, functionName: "defaultHook" | "requiredHook"): Promise<Address | null> {
  return addressIn(await call(at, to, encodeFunctionData({ abi: mailboxAbi, functionName })));
}

/** Null: it reverted, or there is nobody. */
async function call({ rpc, block }: Pick<ReadAt, "rpc" | "block">, to: Address, data: Hex): Promise<Hex | null> {
  try {
    const answer = await rpc.request<unknown>("eth_call", [{ to, data }, block]);
    return typeof answer === "string" ? (answer as Hex) : null;
  } catch (error) {
    if (error instanceof RpcError && error.rpcCode === null) throw error;
    return null;
  }
}

/** What a node may answer is anything: only a whole word is one. */
function numberIn(answer: Hex | null): bigint | null {
  return answer === null ? null : (wordsOf(answer, 1)?.[0] ?? null);
}

function addressIn(answer: Hex | null): Address | null {
  return answer === null || numberIn(answer) === null ? null : (bytes32ToAddress(answer) ?? null);
}
