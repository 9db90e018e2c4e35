import { z } from "zod";
import type { Address } from "../../../core/hex.ts";
import {
  type AccountAction,
  accountAction,
  type UserSignedAction,
  userSignedAction,
} from "../../../protocols/hyperliquid/account-actions.ts";
import { type TradingAction, tradingAction } from "../../../protocols/hyperliquid/actions.ts";
import { type WireSignature, wireSignature } from "../../../protocols/hyperliquid/recover-signer.ts";
import { normalDecimal, wireAddress, wireCount } from "../../../protocols/hyperliquid/wire-decimal.ts";

type Plain = Readonly<Record<string, unknown>>;

/** A request to `/exchange` that is of the venue's form. */
export interface ActionRequest {
  readonly action:
    | { readonly kind: "trading"; readonly value: TradingAction }
    | { readonly kind: "account"; readonly value: AccountAction }
    | { readonly kind: "user-signed"; readonly value: UserSignedAction };
  /** What is hashed: as it was received, keys in their order, numbers in the venue's one form. */
  readonly received: Plain;
  readonly nonce: number;
  readonly signature: WireSignature;
  readonly vaultAddress: Address | undefined;
  readonly expiresAfter: number | undefined;
  /** What the venue has and the paper exchange has not, in words; the request is refused with them. */
  readonly unsupported: string | null;
}

const envelope = z.strictObject({
  action: z.looseObject({ type: z.string() }),
  nonce: wireCount,
  signature: wireSignature,
  vaultAddress: wireAddress.nullish(),
  expiresAfter: wireCount.nullish(),
});

/** Parts that change nothing of what happens here. */
const IGNORED: Readonly<Record<string, readonly string[]>> = {
  cancel: ["f"],
  cancelByCloid: ["f"],
  modify: ["a"],
  batchModify: ["a"],
};

/** Reads the body of a request; null for one that is not of the venue's form. */
export function readAction(body: unknown): ActionRequest | null {
  const read = envelope.safeParse(lowered(body));
  if (!read.success) return null;
  const { nonce, signature, vaultAddress, expiresAfter } = read.data;
  const received = normal(read.data.action) as Plain & { readonly type: string };
  const action = typed(received);
  if (action === null) return null;
  return {
    action: action.action,
    received,
    nonce,
    signature,
    vaultAddress: vaultAddress ?? undefined,
    expiresAfter: expiresAfter ?? undefined,
    unsupported: action.unsupported,
  };
}

function typed(received: Plain & { readonly type: string }): Pick<ActionRequest, "action" | "unsupported"> | null {
  const { type } = received;
  const drop = new Set(Object.hasOwn(IGNORED, type) ? IGNORED[type] : []);
  const kept = Object.fromEntries(Object.entries(received).filter(([key]) => !drop.has(key)));
  let unsupported: string | null = null;
  if (type === "order") {
    if (kept.builder !== undefined) unsupported = "Builder fee has not been approved.";
    if (typeof kept.grouping === "object") unsupported = "Order priority is not supported by the paper exchange.";
    if (unsupported !== null) Object.assign(kept, { grouping: "na", builder: undefined });
    if (kept.builder === undefined) delete kept.builder;
  }
  const trading = tradingAction.safeParse(kept);
  if (trading.success) return { action: { kind: "trading", value: trading.data }, unsupported };
  const account = accountAction.safeParse(kept);
  if (account.success) return { action: { kind: "account", value: account.data }, unsupported };
  const user = userSignedAction.safeParse(kept);
  return user.success ? { action: { kind: "user-signed", value: user.data }, unsupported } : null;
}

/** Addresses of the envelope in lower case. The venue reads either case there; in an action the case is hashed. */
function lowered(body: unknown): unknown {
  if (typeof body !== "object" || body === null || !("vaultAddress" in body)) return body;
  const { vaultAddress } = body;
  return typeof vaultAddress === "string" ? { ...body, vaultAddress: vaultAddress.toLowerCase() } : body;
}

const NUMBERS: ReadonlySet<string> = new Set(["p", "s", "triggerPx"]);

/** Prices and sizes in the form that the venue hashes, the order of keys as it was. */
function normal(value: unknown, depth = 0): unknown {
  if (depth > 8 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => normal(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      NUMBERS.has(key) && typeof item === "string" ? normalDecimal(item) : normal(item, depth + 1),
    ]),
  );
}
