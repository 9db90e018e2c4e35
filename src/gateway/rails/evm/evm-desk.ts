import type { Instant } from "../../../core/clock.ts";
import type { Hash } from "../../../core/hex.ts";
import type { RequestState } from "../../../journal/fold-wallet.ts";
import type { Verdict } from "../../../mandate/verdict.ts";
import type { Outcome, Request } from "../../contract.ts";
import { GatewayError } from "../../gateway-error.ts";
import { inTheWay, waitsOn } from "../../in-the-way.ts";
import type { Prospect, RailDesk } from "../../rail-desk.ts";
import { Settler } from "../../settler.ts";
import { lookAtMessage, messageOf } from "../../signatures/sign-message.ts";
import { farSidesOf, pricesBeyond, withHeldBeyond } from "../../transit/look-beyond.ts";
import type { WalletContext } from "../../wallet-context.ts";
import type { Assessment } from "./assess.ts";
import type { EvmRail, EvmView, SignedTransaction } from "./evm-rail.ts";

/** The pipeline's hands on one chain. */
export class EvmDesk implements RailDesk {
  readonly #wallet: WalletContext;
  readonly #rail: EvmRail;
  readonly #settler: Settler;

  constructor(wallet: WalletContext, rail: EvmRail) {
    this.#wallet = wallet;
    this.#rail = rail;
    this.#settler = new Settler(wallet);
  }

  async look(request: Request, now: Instant): Promise<Prospect> {
    const rail = this.#rail;
    const view = await this.#wallet.reach(() => rail.view(now, this.#wallet.pinnedCode(rail.chain)));
    await this.#checkNonce(view.nonce, now);
    const message = messageOf(request);
    const [beyond, far] = await Promise.all([
      pricesBeyond(this.#wallet, rail, now),
      farSidesOf(this.#wallet, rail, message === null ? request.actions : [], now),
    ]);
    const all = async (prospect: Prospect): Promise<Prospect> => {
      const effects = await withHeldBeyond(this.#wallet, rail, prospect.effects, { block: view.block, now });
      return { ...prospect, effects, prices: { ...prospect.prices, ...beyond } };
    };
    if (message !== null) return all(await lookAtMessage(this.#wallet, rail, { action: message, view }));
    const assessment = await rail.assess(request.actions, view, far);
    const send: Prospect["send"] = (key, holds) => this.#send(key, holds, { request, view, assessment });
    return all({ effects: assessment.effects, prices: view.prices, send });
  }

  async check(now: Instant): Promise<void> {
    await this.#stopWhereUsed(await this.#wallet.reach(() => this.#rail.minedNonce()), now);
  }

  settle(request: RequestState): Promise<Outcome> {
    return this.#settler.settle(request);
  }

  /** A chain enforces by itself what it took: a deadline, a nonce. */
  async isDue(): Promise<boolean> {
    return false;
  }

  /** The next nonce is free once everything before it on the chain is settled. */
  waiting(verdict: Verdict): readonly Hash[] {
    return inTheWay(this.#wallet.state, this.#rail.chain, verdict);
  }

  async #send(
    key: Hash,
    holds: () => boolean,
    { request, view, assessment }: { readonly request: Request; readonly view: EvmView; readonly assessment: Assessment },
  ): Promise<void> {
    const wallet = this.#wallet;
    const signed = await this.#signAll(request, view, assessment);
    wallet.crash("after-sign");
    if (!holds()) return;
    await wallet.keepSigned(key, signed, "call");
    wallet.crash("after-commit");
    await this.#rail.submitAll(signed.map(({ bytes }) => bytes));
    wallet.crash("after-submit");
  }

  async #signAll({ actions }: Request, { fees }: EvmView, { gas }: Assessment): Promise<readonly SignedTransaction[]> {
    const first = this.#wallet.nonceOf(this.#rail);
    const signed: SignedTransaction[] = [];
    for (const [i, action] of actions.entries()) {
      signed.push(await this.#rail.sign(action, { nonce: first + i, gas: gas[i] ?? 0n, fees }));
    }
    return signed;
  }

  async #checkNonce(onChain: number, now: Instant): Promise<void> {
    const reason = await this.#stopWhereUsed(onChain, now);
    if (reason === null) return;
    throw new GatewayError("STOPPED", reason, {
      remedy: "Find out what else signs with this key. One key has one gateway and one journal.",
      details: { stop: "NONCE_MISMATCH" },
    });
  }

  async #stopWhereUsed(onChain: number, now: Instant): Promise<string | null> {
    const own = this.#wallet.nonceOf(this.#rail);
    if (onChain === own || waitsOn(this.#wallet.state, this.#rail.chain).length > 0) return null;
    const reason = `the chain's next nonce is ${onChain}, the journal's is ${own}: somebody else uses this key`;
    await this.#wallet.stop("NONCE_MISMATCH", reason, now);
    return reason;
  }
}
