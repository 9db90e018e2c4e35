import { concatHex, encodeAbiParameters, encodeEventTopics, numberToHex } from "viem";
import { expect, test } from "vitest";
import type { Address, Hex } from "../../core/hex.ts";
import type { Log } from "../own-logs.ts";
import { mailboxAbi } from "./abi.ts";
import { addressToBytes32 } from "./message.ts";
import { readDispatches } from "./read-dispatches.ts";
import type { WarpEnd, WarpRoute } from "./warp-routes.ts";

const OWN: Address = "0x00000000000000000000000000000000000a11ce";
const STRANGER: Address = "0x00000000000000000000000000000000000b0b00";
const HERE: Address = "0x0000000000000000000000000000000000070001";
const THERE: Address = "0x0000000000000000000000000000000000070002";
const MAILBOX: Address = "0x0000000000000000000000000000000000070003";
const NEAR: WarpEnd = {
  chain: "base",
  label: "route",
  address: HERE,
  type: "collateral",
  asset: "base/USDC",
  decimals: 6,
  token: STRANGER,
  mailbox: MAILBOX,
  domain: 1,
  scale: [10n ** 12n, 1n],
};
const FAR: WarpEnd = { ...NEAR, chain: "arb", address: THERE, asset: "arb/USDC", domain: 2, scale: [10n ** 12n, 1n] };
const ROUTES: readonly WarpRoute[] = [{ ...NEAR, to: { arb: FAR } }];

interface Said {
  readonly version?: number;
  readonly origin?: number;
  readonly sender?: Hex;
  readonly destination?: number;
  readonly router?: Hex;
  readonly recipient?: Hex;
  readonly more?: Hex;
}

function messageOf(said: Said = {}): Hex {
  const word = (value: number | bigint, size: number) => numberToHex(value, { size });
  return concatHex([
    word(said.version ?? 3, 1),
    word(9, 4),
    word(said.origin ?? 1, 4),
    said.sender ?? addressToBytes32(HERE),
    word(said.destination ?? 2, 4),
    said.router ?? addressToBytes32(THERE),
    said.recipient ?? addressToBytes32(OWN),
    word(5n * 10n ** 18n, 32),
    said.more ?? "0x",
  ]);
}

/** A log of the mailbox, whose topics say what an honest one would unless told otherwise. */
function logOf(message: Hex, { by = MAILBOX, sender = HERE, destination = 2, recipient = addressToBytes32(THERE) } = {}): Log {
  const topics = encodeEventTopics({ abi: mailboxAbi, eventName: "Dispatch", args: { sender, destination, recipient } });
  return { address: by, topics: topics as Hex[], data: encodeAbiParameters([{ type: "bytes" }], [message]) };
}

const read = (...logs: readonly Log[]) => readDispatches(logs, ROUTES, { wallet: OWN });

test("a message of a pinned route to an own account is told with what it makes there", () => {
  const { dispatches, problems } = read(logOf(messageOf()));
  expect(problems).toEqual([]);
  expect(dispatches.map(({ account, amount, end }) => [account, amount.toFixed(), end.asset])).toEqual([
    ["wallet", "5", "arb/USDC"],
  ]);
  expect(read(logOf(messageOf({ recipient: addressToBytes32(STRANGER) }))).dispatches[0]?.account).toBeNull();
});

test("what another contract logs is no message", () => {
  expect(read(logOf(messageOf(), { by: STRANGER }))).toEqual({ dispatches: [], problems: [] });
});

test("a message that is not what the book's route would send, or not what its event says, is a problem", () => {
  const wrong: readonly (readonly [string, Log])[] = [
    ["of another version", logOf(messageOf({ version: 2 }))],
    ["with more in it", logOf(messageOf({ more: "0x00" }))],
    ["of another domain", logOf(messageOf({ origin: 7 }))],
    ["from somebody else", logOf(messageOf({ sender: addressToBytes32(STRANGER) }), { sender: STRANGER })],
    ["to another domain", logOf(messageOf({ destination: 3 }), { destination: 3 })],
    ["to another router", logOf(messageOf({ router: addressToBytes32(STRANGER) }), { recipient: addressToBytes32(STRANGER) })],
    ["for what is no address", logOf(messageOf({ recipient: `0x01${addressToBytes32(OWN).slice(4)}` }))],
    ["whose event names another sender", logOf(messageOf(), { sender: STRANGER })],
    ["whose event names another domain", logOf(messageOf(), { destination: 3 })],
    ["whose event names another router", logOf(messageOf(), { recipient: addressToBytes32(STRANGER) })],
    ["that cannot be read", { ...logOf(messageOf()), data: "0x01" }],
  ];
  for (const [what, log] of wrong) {
    const { dispatches, problems } = read(log);
    expect(dispatches, what).toEqual([]);
    expect(problems, what).toMatchObject([{ code: "UNEXPLAINED_EFFECT" }]);
  }
});
