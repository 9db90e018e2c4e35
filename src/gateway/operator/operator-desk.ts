import type { Instant } from "../../core/clock.ts";
import { decimal } from "../../core/decimal.ts";
import { InvariantError } from "../../core/errors.ts";
import type { Hash } from "../../core/hex.ts";
import { canonicalJson } from "../../core/json.ts";
import type { OrderProof, WalletEntry } from "../../journal/entries.ts";
import { type PermitState, permitStatus } from "../../journal/permits.ts";
import { KILLED } from "../../journal/stops.ts";
import { GatewayError } from "../gateway-error.ts";
import type { WalletContext } from "../wallet-context.ts";
import type { DeskHands, WalletGateway } from "../wallet-gateway.ts";
import { agentSays } from "./agent-says.ts";
import { amend } from "./amend.ts";
import { handOver } from "./hand-over.ts";
import { type Operator, operatorWith } from "./operator.ts";
import type { OperatorKey } from "./operator-key.ts";
import { checkOrder, type Hello, OPERATOR_CALLS, type OperatorCall, orderWire, type PermitView } from "./orders.ts";
import { reconcile } from "./reconcile.ts";
import { standingOf } from "./standing.ts";

/** The code of a stop that a person ordered. */
export const FROZEN_BY_OPERATOR = "FROZEN_BY_OPERATOR";

interface Turn extends DeskHands {
  readonly now: Instant;
  readonly order: OrderProof;
}

type Bodies = { readonly [C in OperatorCall]: ReturnType<(typeof OPERATOR_CALLS)[C]["takes"]["parse"]> };
type Answers = { readonly [C in OperatorCall]: unknown };

/** Where the operator's orders are checked and carried out, each in its turn with the agent's calls. */
export class OperatorDesk {
  readonly #gateway: WalletGateway;
  #journal: Promise<Hash> | null = null;

  constructor(gateway: WalletGateway) {
    this.#gateway = gateway;
  }

  /** What an order has to bear. Says nothing that the journal's readers do not know, so it needs no proof. */
  async hello(): Promise<Hello> {
    const { wallet, now } = await this.#gateway.glance();
    return this.#hello(wallet, now);
  }

  /**
   * Carries out a signed order, or does not.
   *
   * @throws {GatewayError}
   */
  perform(call: OperatorCall, signed: unknown): Promise<unknown> {
    const order = orderWire.parse(signed);
    const { reads } = OPERATOR_CALLS[call];
    return this.#gateway.operate(
      async (hands) => {
        const { wallet } = hands;
        const expected = await this.#hello(wallet, await wallet.now());
        const body = checkOrder(call, order, expected);
        return this.#obey(call, OPERATOR_CALLS[call].takes.parse(body), { ...hands, now: expected.now, order });
      },
      reads ? "operator" : "order",
    );
  }

  async #hello(wallet: WalletContext, now: Instant): Promise<Hello> {
    const journal = await this.#journalOf(wallet);
    const { orders, operator } = wallet.state;
    return { wallet: wallet.parts.wallet, journal, number: orders + 1, now, operator };
  }

  #journalOf(wallet: WalletContext): Promise<Hash> {
    this.#journal ??= firstHash(wallet.parts.stream);
    return this.#journal;
  }

  #obey<C extends OperatorCall>(call: C, body: Bodies[C], turn: Turn): Promise<Answers[C]> {
    const obey: { readonly [K in OperatorCall]: (body: Bodies[K], turn: Turn) => Promise<Answers[K]> } = {
      Permits: async () => ({ permits: [...turn.wallet.state.permits.values()].map((held) => viewOf(held, turn)) }),
      Permit: async ({ permit }) => {
        const held = permitOf(turn, permit);
        return { permit: viewOf(held, turn), agent_says: await agentSays(turn.wallet.parts.stream, held) };
      },
      Approve: ({ permit, hold_ms }) => answer(turn, permit, "granted", turn.now + hold_ms),
      Deny: ({ permit }) => answer(turn, permit, "denied", permitOf(turn, permit).asked.expires),
      Freeze: ({ why }) => halt(turn, { kind: "stopped", body: stop(FROZEN_BY_OPERATOR, why, turn) }),
      Kill: ({ why }) => halt(turn, { kind: "stopped", body: stop(KILLED, why, turn) }),
      Unfreeze: async ({ why, after_kill }) => {
        if (turn.wallet.state.stopped?.code === KILLED && !after_kill) {
          throw new GatewayError("KILLED", `the wallet is killed: ${turn.wallet.state.stopped.reason}`, {
            remedy: "If it shall live again, say so: mandate unfreeze FILE --after-kill --why TEXT",
          });
        }
        await turn.wallet.adoptClock();
        return change(turn, { kind: "resumed", body: { why, order: turn.order } });
      },
      Standing: async () => {
        await turn.settle();
        return standingOf(turn.wallet);
      },
      Reconcile: async (acceptance) => {
        const accepted = await reconcile(turn.wallet, acceptance, turn.order, turn.now);
        return { ...stoppedNow(turn), ...accepted };
      },
      Amend: async (change) => ({ terms_hash: await amend(turn.wallet, change, turn.order, turn.now) }),
      HandOver: async ({ to, consent }) => {
        await handOver(turn.wallet, { to, consent, journal: await this.#journalOf(turn.wallet) }, turn.order, turn.now);
        return { operator: to };
      },
      Exit: ({ actions }) => turn.exit(actions, turn.order),
      Settle: async () => ({ outcomes: await turn.settle() }),
    };
    return obey[call](body, turn);
  }
}

/** The operator's side of a desk in this process, as over a socket: what passes is JSON. */
export function operatorAt(desk: OperatorDesk, key: OperatorKey): Operator {
  return operatorWith(async (call, gives, body) => {
    const answer = call === "Hello" ? await desk.hello() : await desk.perform(call as OperatorCall, body);
    return gives.parse(JSON.parse(canonicalJson(answer)));
  }, key);
}

function stop(code: string, reason: string, { order }: Turn) {
  return { code, reason, order };
}

/** Stops the wallet, then looks at what is open at once: orders that could still open something are cancelled by that. */
async function halt(turn: Turn, entry: WalletEntry): Promise<object> {
  const told = await change(turn, entry);
  try {
    await turn.settle();
  } catch (error) {
    // The stop stands whatever a chain or a venue answers; the next look does what this one could not.
    if (!(error instanceof GatewayError)) throw error;
  }
  return told;
}

async function change(turn: Turn, entry: WalletEntry): Promise<object> {
  await turn.wallet.commit([entry], turn.now);
  return stoppedNow(turn);
}

function stoppedNow({ wallet: { state } }: Turn) {
  return { stopped: state.stopped && { code: state.stopped.code, reason: state.stopped.reason } };
}

async function answer(turn: Turn, permit: string, said: "granted" | "denied", until: Instant): Promise<object> {
  const status = permitStatus(permitOf(turn, permit), turn.now);
  // A grant that was not used yet can be taken back.
  if (status !== "open" && !(status === "granted" && said === "denied")) {
    throw new GatewayError("PERMIT_OVER", `${permit} is ${status}`, {
      remedy: "Only an open question can be answered. See: mandate approvals list FILE",
    });
  }
  const { order, now } = turn;
  await turn.wallet.commit([{ kind: "answered", body: { permit, answer: said, until, order } }], now);
  return { permit: viewOf(permitOf(turn, permit), turn) };
}

function permitOf({ wallet }: Turn, id: string): PermitState {
  const held = wallet.state.permits.get(id);
  if (held) return held;
  throw new GatewayError("UNKNOWN_PERMIT", `nobody asked for ${id}`, { remedy: "See: mandate approvals list FILE" });
}

function viewOf(held: PermitState, { wallet, now }: Turn): PermitView {
  const { asked, at, answer: given } = held;
  return {
    id: asked.permit,
    status: permitStatus(held, now),
    asked_at: at,
    until: given?.until ?? asked.expires,
    cycle: asked.cycle,
    calls: [...asked.calls],
    bounds: [...asked.bounds],
    accounts: { ...wallet.parts.terms.accounts },
    payments: [...asked.payments],
    outflow_usd: decimal(asked.outflow_usd),
    loss_usd: decimal(asked.loss_usd),
    loss_bps: decimal(asked.loss_bps),
    gas_usd: decimal(asked.gas_usd),
    value_usd: asked.value_usd === null ? null : decimal(asked.value_usd),
  };
}

async function firstHash({ journal, stream }: DeskHands["wallet"]["parts"]["stream"]): Promise<Hash> {
  for await (const { hash } of journal.read(stream)) return hash;
  throw new InvariantError(`${stream} has no entry`);
}
