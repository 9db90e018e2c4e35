import { Decimal } from "../../../core/decimal.ts";
import { type Address, lower } from "../../../core/hex.ts";
import type { AccountAction, UserSignedAction } from "../../../protocols/hyperliquid/account-actions.ts";
import type { TradingAction } from "../../../protocols/hyperliquid/actions.ts";
import type { Exchange } from "../engine/exchange.ts";
import type { ActionResult, CancelStatus, OrderStatus } from "../engine/types.ts";
import type { ApiWallets } from "./api-wallets.ts";
import type { Identity } from "./identify.ts";
import type { ActionRequest } from "./read-action.ts";

/** What `/exchange` answers. */
export type Answer =
  | { readonly status: "ok"; readonly response: { readonly type: string; readonly data?: unknown } }
  | { readonly status: "err"; readonly response: string };

const DONE: Answer = { status: "ok", response: { type: "default" } };

export function refused(response: string): Answer {
  return { status: "err", response };
}

type SendAsset = Extract<UserSignedAction, { readonly type: "sendAsset" }>;

interface Venue {
  readonly exchange: Exchange;
  readonly wallets: ApiWallets;
}

/** Does what a request asks, for whom it was identified. */
export function performAction({ exchange, wallets }: Venue, { action }: ActionRequest, identity: Identity): Answer {
  switch (action.kind) {
    case "trading":
      return trade(exchange, identity.account, action.value);
    case "account":
      return ofAccount(exchange, identity, action.value);
    case "user-signed":
      return userSigned({ exchange, wallets }, identity.master, action.value);
  }
}

function trade(exchange: Exchange, account: Address, action: TradingAction): Answer {
  switch (action.type) {
    case "order":
      return statuses("order", exchange.order(account, action.orders, action.grouping));
    case "cancel":
      return statuses("cancel", exchange.cancel(account, action.cancels));
    case "cancelByCloid":
      return statuses("cancel", exchange.cancelByCloid(account, action.cancels));
    case "modify": {
      const status = exchange.modify(account, { oid: action.oid, order: action.order });
      return typeof status === "object" && "error" in status ? refused(status.error) : DONE;
    }
    case "batchModify":
      return statuses("order", exchange.batchModify(account, action.modifies));
    case "updateLeverage":
      return result(exchange.updateLeverage(account, action.asset, action.isCross, action.leverage));
    case "updateIsolatedMargin":
      return result(exchange.updateIsolatedMargin(account, action.asset, BigInt(action.ntli)));
    case "scheduleCancel":
      return result(exchange.scheduleCancel(account, action.time ?? null));
  }
}

function ofAccount(exchange: Exchange, { master }: Identity, action: AccountAction): Answer {
  switch (action.type) {
    case "noop":
      return DONE;
    case "createSubAccount":
      return made("createSubAccount", exchange.createSubAccount(master, action.name));
    case "createVault":
      return createVault(exchange, master, action);
    case "subAccountTransfer":
      return result(exchange.subAccountTransfer(master, lower(action.subAccountUser), action.isDeposit, BigInt(action.usd)));
    case "subAccountSpotTransfer": {
      const sub = lower(action.subAccountUser);
      if (exchange.kindOf(sub) !== "sub" || exchange.ownerOf(sub) !== master) return refused("Invalid sub-account.");
      const [from, to] = action.isDeposit ? [master, sub] : [sub, master];
      return result(exchange.spotSend(from, to, action.token, action.amount));
    }
    case "vaultTransfer":
      return result(exchange.vaultTransfer(master, lower(action.vaultAddress), action.isDeposit, BigInt(action.usd)));
  }
}

/** A vault that its leader cannot pay into is none. */
function createVault(
  exchange: Exchange,
  leader: Address,
  { name, initialUsd }: Extract<AccountAction, { readonly type: "createVault" }>,
): Answer {
  if (new Decimal(exchange.perpState(leader).withdrawable).times(1_000_000).lt(initialUsd)) {
    return refused("Insufficient balance to create vault.");
  }
  const vault = exchange.createVault(leader, name);
  const paid = exchange.vaultTransfer(leader, vault, true, BigInt(initialUsd));
  return paid.ok ? made("createVault", vault) : refused(paid.error);
}

function userSigned({ exchange, wallets }: Venue, master: Address, action: UserSignedAction): Answer {
  switch (action.type) {
    case "usdClassTransfer": {
      const [amount = "", sub] = action.amount.split(" subaccount:");
      const account = sub === undefined ? master : lower(sub as Address);
      if (sub !== undefined && exchange.ownerOf(account) !== master) return refused(`Sub-account not registered: ${account}`);
      return result(exchange.usdClassTransfer(account, amount, action.toPerp));
    }
    case "approveAgent": {
      const approval = {
        master,
        address: lower(action.agentAddress),
        name: action.agentName ?? "",
        now: exchange.now,
      };
      const problem = wallets.approve(approval, (address) => exchange.exists(address));
      return problem === null ? DONE : refused(problem);
    }
    case "usdSend":
      return result(exchange.usdSend(master, lower(action.destination), action.amount));
    case "spotSend":
      return result(exchange.spotSend(master, lower(action.destination), action.token, action.amount));
    case "withdraw3":
      return result(exchange.withdraw(master, action.amount));
    case "sendAsset":
      return sendAsset(exchange, master, action);
  }
}

/** Dollars between an account's own classes, or an asset to another account within one class; the venue's "" is perpetuals. */
function sendAsset(
  exchange: Exchange,
  master: Address,
  { destination, sourceDex, destinationDex, token, amount, fromSubAccount }: SendAsset,
): Answer {
  const from = fromSubAccount === "" ? master : lower(fromSubAccount);
  const to = lower(destination);
  // A vault's money is its depositors'.
  if (from !== master && (exchange.kindOf(from) !== "sub" || exchange.ownerOf(from) !== master)) {
    return refused(`Sub-account not registered: ${from}`);
  }
  if ([sourceDex, destinationDex].some((dex) => dex !== "" && dex !== "spot")) return refused("Invalid dex.");
  if (sourceDex === "spot" && destinationDex === "spot") return result(exchange.spotSend(from, to, token, amount));
  if (token.split(":")[0] !== "USDC") return refused("Only USDC can be held by perpetuals.");
  if (sourceDex === destinationDex) return result(exchange.usdSend(from, to, amount));
  if (from !== to) return refused("Sends between classes of two accounts are not supported by the paper exchange.");
  return result(exchange.usdClassTransfer(from, amount, destinationDex === ""));
}

function statuses(type: "order" | "cancel", entries: readonly (OrderStatus | CancelStatus)[]): Answer {
  return { status: "ok", response: { type, data: { statuses: entries } } };
}

function result(done: ActionResult): Answer {
  return done.ok ? DONE : refused(done.error);
}

function made(type: string, address: Address): Answer {
  return { status: "ok", response: { type, data: address } };
}

/** How many requests an action counts as, and whether it only cancels. */
export function sizeOf({ action }: ActionRequest): { readonly n: number; readonly cancels: boolean } {
  const { value } = action;
  switch (value.type) {
    case "order":
      return { n: value.orders.length, cancels: false };
    case "batchModify":
      return { n: value.modifies.length, cancels: false };
    case "cancel":
    case "cancelByCloid":
      return { n: value.cancels.length, cancels: true };
    default:
      return { n: 1, cancels: false };
  }
}
