import type { AbiEvent, AbiParameter } from "viem";
import { decodeAbiParameters, parseAbi, toEventSelector } from "viem/utils";
import { type Address, type Hex, lower } from "../core/hex.ts";
import type { AccountId, Unknown } from "./effects.ts";
import { ifDecodable } from "./if-decodable.ts";
import { accountAt, unknown } from "./meaning.ts";

/** A log of a transaction, as nodes give it. */
export interface Log {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

interface KnownEvent {
  readonly name: string;
  readonly selector: Hex;
  readonly indexed: readonly AbiParameter[];
  readonly others: readonly AbiParameter[];
}

/** One signature may be of two standards that index other arguments: each is tried by its number of topics. */
const EVENTS = [
  "event Transfer(address indexed from, address indexed to, uint256 value)",
  "event Transfer(address indexed from, address indexed to, uint256 indexed id)",
  "event Approval(address indexed owner, address indexed spender, uint256 value)",
  "event Approval(address indexed owner, address indexed spender, uint256 indexed id)",
  "event ApprovalForAll(address indexed owner, address indexed spender, bool approved)",
  "event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value)",
  "event TransferBatch(address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] values)",
  "event Approval(address indexed owner, address indexed token, address indexed spender, uint160 amount, uint48 expiration)",
  "event Permit(address indexed owner, address indexed token, address indexed spender, uint160 amount, uint48 expiration, uint48 nonce)",
].map((text): KnownEvent => {
  const event = parseAbi([text])[0] as AbiEvent;
  const indexed = event.inputs.filter((input) => input.indexed);
  return { name: event.name, selector: toEventSelector(event), indexed, others: event.inputs.filter((input) => !input.indexed) };
});

const NOBODY = `0x${"0".repeat(40)}`;

export interface LogContext {
  readonly accounts: Readonly<Record<AccountId, Address>>;
  /** Tokens of the book, whose balances are read before and after: their transfers are no news. */
  readonly tokens: ReadonlySet<Address>;
  /** Contracts whose NFTs a protocol accounts for, as long as they do not go to somebody. */
  readonly positions: ReadonlySet<Address>;
  /** Spenders whose allowances over the book's tokens are read before and after. */
  readonly watched: ReadonlySet<Address>;
}

/**
 * What logs, of whatever contract, say of the own accounts that nothing else accounts for: NFTs that come or go, tokens
 * that are not in the book, and rights given to others. A log is a claim of who wrote it, so it can only deny.
 */
export function readOwnLogs(logs: readonly Log[], context: LogContext): readonly Unknown[] {
  return logs.flatMap((log) => {
    const read = readEvent(log);
    return read ? problemsOf(lower(log.address), read, context) : [];
  });
}

type Event = { readonly name: string; readonly args: Readonly<Record<string, unknown>> };

function problemsOf(emitter: Address, { name, args }: Event, context: LogContext): readonly Unknown[] {
  const own = (value: unknown) => accountAt(context.accounts, value as Address);
  const [from, to, owner] = [own(args.from ?? NOBODY), own(args.to ?? NOBODY), own(args.owner ?? NOBODY)];
  if (name === "Approval" || name === "ApprovalForAll" || name === "Permit") {
    const spender = lower(args.spender as Address);
    const gives = args.approved ?? args.value ?? args.amount ?? (spender === NOBODY ? 0n : 1n);
    if (owner === undefined || gives === false || gives === 0n) return [];
    // What stays of a watched allowance is read, not believed.
    if (args.value !== undefined && context.tokens.has(emitter) && context.watched.has(spender)) return [];
    return [unknown("SPENDER_NOT_ALLOWED", `${emitter} says that ${spender} may take of what ${owner} holds there`)];
  }
  if (from === undefined && to === undefined) return [];
  if (name === "Transfer" && args.value !== undefined && context.tokens.has(emitter)) return [];
  // Those that come are read after the calls, those that are burnt are gone from there; another owner's look as they did.
  const toSomebody = from !== undefined && lower(args.to as Address) !== NOBODY;
  if (name === "Transfer" && args.id !== undefined && context.positions.has(emitter) && !toSomebody) return [];
  const what = args.ids ?? args.id;
  const thing = what === undefined ? "a token" : `NFT ${String(what)}`;
  const way = from === undefined ? `comes to ${to}` : `leaves ${from} for ${to ?? lower(args.to as Address)}`;
  return [unknown("UNEXPLAINED_EFFECT", `${thing} of ${emitter} ${way}, which the bytes do not say`)];
}

function readEvent({ topics, data }: Log): Event | undefined {
  for (const event of EVENTS) {
    if (event.selector !== topics[0] || 1 + event.indexed.length !== topics.length) continue;
    const args = tryDecode(event, topics, data);
    if (args) return { name: event.name, args };
  }
  return undefined;
}

function tryDecode({ indexed, others }: KnownEvent, topics: readonly Hex[], data: Hex): Event["args"] | undefined {
  return ifDecodable(() =>
    Object.fromEntries([
      ...indexed.map((input, i) => [input.name, decodeAbiParameters([input], topics[i + 1] ?? "0x")[0]] as const),
      ...(others.length === 0 ? [] : decodeAbiParameters(others, data)).map((value, i) => [others[i]?.name, value] as const),
    ]),
  );
}
