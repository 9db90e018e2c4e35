import type { z } from "zod";
import { type Json, toJson } from "../../core/json.ts";
import type { Action } from "../../protocols/effects.ts";
import type { Outcome } from "../contract.ts";
import { GatewayError } from "../gateway-error.ts";
import type { OperatorKey } from "./operator-key.ts";
import {
  GRANT_HOLDS,
  type Hello,
  handoverText,
  helloWire,
  OPERATOR_CALLS,
  type OperatorCall,
  type PermitView,
  STOPS,
  type StandingView,
  signOrder,
} from "./orders.ts";

export type Stopped = { readonly code: string; readonly reason: string } | null;

/** What a person with the operator's key can order. Every call throws a GatewayError where it is not obeyed. */
export interface Operator {
  hello(): Promise<Hello>;
  permits(): Promise<readonly PermitView[]>;
  /** One question, and the last words of the agent's own on that cycle: at most 200 characters, trusted for nothing. */
  permit(id: string): Promise<{ readonly permit: PermitView; readonly agent_says: string | null }>;
  /** @param holdMs - for how long the grant can be used. Default: an hour. */
  approve(id: string, holdMs?: number): Promise<PermitView>;
  deny(id: string): Promise<PermitView>;
  freeze(why: string): Promise<Stopped>;
  /** @param afterKill - says that the wallet is killed and shall live again. */
  unfreeze(why: string, afterKill?: boolean): Promise<Stopped>;
  kill(why: string): Promise<Stopped>;
  standing(): Promise<StandingView>;
  reconcile(order: {
    /** The standing's hash, as it was shown. */
    readonly seen: string;
    readonly why: string;
    /** Differences are the operator's own deposits and withdrawals: they move the high-water mark. */
    readonly declare: boolean;
  }): Promise<{ readonly stopped: Stopped; readonly closed: readonly string[]; readonly moved_usd: string }>;
  /** @param from - the hash of the terms that the change was shown against. */
  amend(from: string, terms: Json): Promise<string>;
  /** From here on the other key's orders hold, and this one's no more. Gives its public key. */
  handOver(to: OperatorKey): Promise<string>;
  /** One reducing request, past freeze, breaker and kill. */
  exit(actions: readonly [Action, ...Action[]]): Promise<Outcome>;
  settle(): Promise<readonly Outcome[]>;
}

type ExitBody = z.input<typeof OPERATOR_CALLS.Exit.takes>;

const MOST_TRIES = 8;

/** How an order gets to the gateway: over its socket, or in process. */
export type Send = <T>(call: string, gives: z.ZodType<T>, body: unknown) => Promise<T>;

export function operatorWith(send: Send, key: OperatorKey): Operator {
  const hello = () => send("Hello", helloWire, {});
  const order = async <C extends OperatorCall>(
    call: C,
    body: z.input<(typeof OPERATOR_CALLS)[C]["takes"]>,
  ): Promise<z.output<(typeof OPERATOR_CALLS)[C]["gives"]>> => {
    const gives = OPERATOR_CALLS[call].gives as unknown as z.ZodType<z.output<(typeof OPERATOR_CALLS)[C]["gives"]>>;
    for (let tries = 1; ; tries += 1) {
      try {
        return await send(call, gives, signOrder(key, await hello(), call, body));
      } catch (error) {
        // Another order came in between. What stops holds whatever that one was; all else was meant for things as they were.
        const again = error instanceof GatewayError && error.code === "ORDER_STALE" && STOPS.includes(call);
        if (!again || tries === MOST_TRIES) throw error;
      }
    }
  };
  return {
    hello,
    permits: async () => (await order("Permits", {})).permits,
    permit: (permit) => order("Permit", { permit }),
    approve: async (permit, hold_ms = GRANT_HOLDS) => (await order("Approve", { permit, hold_ms })).permit,
    deny: async (permit) => (await order("Deny", { permit })).permit,
    freeze: async (why) => (await order("Freeze", { why })).stopped,
    unfreeze: async (why, after_kill = false) => (await order("Unfreeze", { why, after_kill })).stopped,
    kill: async (why) => (await order("Kill", { why })).stopped,
    standing: () => order("Standing", {}),
    async reconcile(body) {
      const { stopped, closed, moved_usd } = await order("Reconcile", body);
      return { stopped, closed, moved_usd: moved_usd.toFixed() };
    },
    amend: async (from, terms) => (await order("Amend", { from, terms })).terms_hash,
    async handOver(to) {
      const consent = to.sign(handoverText(await hello(), key.publicKey, to.publicKey));
      return (await order("HandOver", { to: to.publicKey, consent })).operator;
    },
    exit: (actions) => order("Exit", { actions: toJson(actions) as unknown as ExitBody["actions"] }),
    settle: async () => (await order("Settle", {})).outcomes,
  };
}
