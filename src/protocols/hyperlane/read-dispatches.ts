import { decodeEventLog, toEventSelector } from "viem/utils";
import { type Decimal, fromUnits } from "../../core/decimal.ts";
import { type Address, lower } from "../../core/hex.ts";
import type { AccountId, Unknown } from "../effects.ts";
import { ifDecodable } from "../if-decodable.ts";
import { accountAt, unknown } from "../meaning.ts";
import type { Log } from "../own-logs.ts";
import { mailboxAbi } from "./abi.ts";
import { addressToBytes32, bytes32ToAddress, readWarpMessage, type WarpMessage } from "./message.ts";
import { arrivingUnits, type WarpEnd, type WarpRoute } from "./warp-routes.ts";

/** A message of one of the book's routes, as its mailbox took it. */
export interface Dispatch {
  readonly message: WarpMessage;
  readonly route: WarpRoute;
  readonly end: WarpEnd;
  readonly recipient: Address;
  /** The own account that it is for. Null: it is for somebody else. */
  readonly account: AccountId | null;
  /** What it makes there, in whole tokens of the end's asset, by the pinned scale. */
  readonly amount: Decimal;
}

const DISPATCH = toEventSelector("Dispatch(address,uint32,bytes32,bytes)");

/**
 * The messages that logs of one chain tell of: those of the book's own routes, and what is wrong with any other. A log
 * counts only as far as one of the pinned mailboxes wrote it, and every word of the event is held against the message.
 */
export function readDispatches(
  logs: readonly Log[],
  routes: readonly WarpRoute[],
  accounts: Readonly<Record<AccountId, Address>>,
): { readonly dispatches: readonly Dispatch[]; readonly problems: readonly Unknown[] } {
  const dispatches: Dispatch[] = [];
  const problems: Unknown[] = [];
  const mailboxes = new Set(routes.map(({ mailbox }) => mailbox));
  for (const log of logs) {
    if (log.topics[0] !== DISPATCH || !mailboxes.has(lower(log.address))) continue;
    const found = readDispatch(log, routes, accounts);
    if (typeof found === "string") problems.push(unknown("UNEXPLAINED_EFFECT", found));
    else dispatches.push(found);
  }
  return { dispatches, problems };
}

function readDispatch(log: Log, routes: readonly WarpRoute[], accounts: Readonly<Record<AccountId, Address>>): Dispatch | string {
  const event = tryDecode(log);
  const message = event && readWarpMessage(event.message);
  if (!event || !message) return "a message goes out that is no transfer of tokens";
  const sender = bytes32ToAddress(message.sender);
  const route = routes.find(({ address, mailbox }) => address === sender && mailbox === lower(log.address));
  const end = route && Object.values(route.to).find(({ domain }) => domain === message.destination);
  if (!route || !end)
    return `a message goes out from ${sender ?? message.sender} to domain ${message.destination}, which is no route of the book`;
  const router = addressToBytes32(end.address);
  const same =
    lower(event.sender) === sender &&
    event.destination === message.destination &&
    lower(event.recipient) === message.router &&
    message.origin === route.domain;
  if (!same) return "an event of the mailbox does not say what its message says";
  if (message.router !== router)
    return `${route.label} sends to the router ${message.router} on ${end.chain}, which is not ${end.label}`;
  const recipient = bytes32ToAddress(message.recipient);
  if (recipient === undefined) return `a message pays ${message.recipient}, which is no address`;
  return {
    message,
    route,
    end,
    recipient,
    account: accountAt(accounts, recipient) ?? null,
    amount: fromUnits(arrivingUnits(end, message.carried), end.decimals),
  };
}

function tryDecode({ topics, data }: Log) {
  const [first, ...rest] = topics;
  if (first === undefined) return undefined;
  const event = { abi: mailboxAbi, eventName: "Dispatch", strict: true } as const;
  return ifDecodable(() => decodeEventLog({ ...event, topics: [first, ...rest], data }))?.args;
}
