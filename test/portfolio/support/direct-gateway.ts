import type { Clock } from "../../../src/core/clock.ts";
import { ZERO } from "../../../src/core/decimal.ts";
import type { Hash, Hex } from "../../../src/core/hex.ts";
import { hashOf, toJson } from "../../../src/core/json.ts";
import type { Gateway, GatewayState, Note, Outcome, Request, WalletId } from "../../../src/gateway/contract.ts";
import { GatewayError } from "../../../src/gateway/gateway-error.ts";
import type { HyperliquidRail, SignedExchangeAction } from "../../../src/gateway/rails/hyperliquid/hyperliquid-rail.ts";
import { tradingAction } from "../../../src/protocols/hyperliquid/actions.ts";
import { InfoShapeError, InfoUnavailableError } from "../../../src/protocols/hyperliquid/info-client.ts";

/** One request as it stands: what was signed for it, and what is known of that. */
interface Asked {
  readonly key: Hash;
  readonly sent: SignedExchangeAction[];
  /** By cloid. */
  readonly known: Map<Hex, "taken" | "never" | "open">;
  reason: string | null;
  kind: Exclude<Outcome["kind"], "refused">;
}

/**
 * The road from requests to the exchange without a mandate's judgment: it signs with the rail, submits once, and looks
 * up by cloid whatever was not answered. For tests of what stands on either side of a gateway.
 */
export class DirectGateway implements Gateway {
  readonly asked = new Map<Hash, Asked>();
  readonly notes: Note[] = [];
  readonly #rail: Pick<HyperliquidRail, "sign" | "submit" | "look">;
  readonly #clock: Pick<Clock, "now">;
  #lease = 0;
  #cycle = 0;
  #nonce = 0;

  constructor(rail: Pick<HyperliquidRail, "sign" | "submit" | "look">, clock: Pick<Clock, "now">) {
    this.#rail = rail;
    this.#clock = clock;
  }

  /** The cloids of every order that was ever signed. */
  get cloids(): readonly Hex[] {
    return [...this.asked.values()].flatMap(({ sent }) => sent.flatMap(({ cloids }) => cloids));
  }

  async open() {
    return { lease: ++this.#lease, cycle: ++this.#cycle };
  }

  async state(wallet: WalletId): Promise<GatewayState> {
    const open = [...this.asked.values()].filter(({ kind }) => kind === "open").map(outcomeOf);
    return {
      wallet,
      now: await this.#clock.now(),
      lease: this.#lease,
      cycle: this.#cycle,
      stopped: null,
      open,
      budgets: [],
      holdings: [],
      high_water_usd: null,
      model_spent_today_usd: ZERO,
      recent: [],
      permits: [],
    };
  }

  async preview(): Promise<never> {
    throw new GatewayError("BAD_REQUEST", "nothing is judged here");
  }

  async request({ wallet, cycle, step, lease, actions }: Request): Promise<Outcome> {
    if (lease !== this.#lease) throw new GatewayError("LEASE_LOST", "another cycle was opened");
    const key = hashOf({ wallet, cycle, step, actions: toJson(actions) });
    const before = this.asked.get(key);
    if (before) return outcomeOf(before);
    const asked: Asked = { key, sent: [], known: new Map(), reason: null, kind: "open" };
    this.asked.set(key, asked);
    for (const [n, { rail, ...rest }] of actions.entries()) {
      if (rail !== "hyperliquid" || !("action" in rest)) throw new GatewayError("BAD_REQUEST", "another rail");
      const now = await this.#clock.now();
      this.#nonce = Math.max(this.#nonce + 1, now);
      const signed = await this.#rail.sign(tradingAction.parse(rest.action), { id: `${key} ${n}`, nonce: this.#nonce, now });
      asked.sent.push(signed);
      for (const cloid of signed.cloids) asked.known.set(cloid, "open");
      const answer = await this.#rail.submit(signed.bytes);
      if (answer === null) {
        // What follows was to stand on it.
        asked.reason = "no answer";
        if (signed.cloids.length === 0) asked.kind = "unresolved";
        break;
      }
      if (answer.kind === "refused") asked.reason = answer.reason;
      const statuses = answer.kind === "statuses" ? answer.statuses : [];
      for (const [i, cloid] of signed.cloids.entries()) {
        const status = statuses[i] ?? statuses[0];
        const error = typeof status === "object" && "error" in status ? status.error : null;
        asked.reason = error ?? asked.reason;
        asked.known.set(cloid, answer.kind === "refused" || error !== null ? "never" : "taken");
      }
      if (asked.reason !== null) break;
    }
    this.#close(asked);
    return outcomeOf(asked);
  }

  async settle(_wallet: WalletId, key?: Hash): Promise<readonly Outcome[]> {
    const open = [...this.asked.values()].filter((one) => one.kind === "open" && (key === undefined || one.key === key));
    for (const asked of open) {
      for (const { cloids, expires } of asked.sent) {
        for (const cloid of cloids)
          if (asked.known.get(cloid) === "open") asked.known.set(cloid, await this.#look(cloid, expires));
      }
      this.#close(asked);
    }
    return open.map(outcomeOf);
  }

  async note(_wallet: WalletId, notes: readonly Note[]): Promise<void> {
    this.notes.push(...notes);
  }

  /** An id that the venue does not know once its bytes are worth nothing was never taken. */
  async #look(cloid: Hex, expires: number): Promise<"taken" | "never" | "open"> {
    try {
      const found = await this.#rail.look(cloid);
      if (found.status === "order") return "taken";
      return (await this.#clock.now()) > expires ? "never" : "open";
    } catch (error) {
      if (error instanceof InfoUnavailableError || error instanceof InfoShapeError) return "open";
      throw error;
    }
  }

  #close(asked: Asked): void {
    const known = [...asked.known.values()];
    if (known.includes("open")) return;
    if (known.includes("taken")) asked.kind = "confirmed";
    else asked.kind = known.length === 0 && asked.reason === null ? "confirmed" : "released";
  }
}

function outcomeOf({ key, kind, reason }: Asked): Outcome {
  return { kind, key, done: [], awaits: [], transactions: [], reason };
}
