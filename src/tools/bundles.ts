import type { Instant } from "../core/clock.ts";
import { MINUTE } from "../core/clock.ts";
import type { Hash } from "../core/hex.ts";
import { hashOf } from "../core/json.ts";
import type { WalletId } from "../gateway/contract.ts";
import type { Effects } from "../protocols/effects.ts";
import { ToolError } from "./tool-error.ts";

/** What a bundle is bound to. It is executed for nobody else. */
export interface BundleOwner {
  readonly wallet: WalletId;
  readonly network: string;
  /** The mandate's id. */
  readonly agent: string;
}

/** An intent with the effects that were shown of it. */
export interface Bundle<I> {
  readonly id: Hash;
  readonly owner: BundleOwner;
  readonly intent: I;
  readonly effects: Effects;
  readonly expires: Instant;
}

/** As long as the deadlines in the bytes that were shown. */
const VALID = 4 * MINUTE;
const MOST = 50;

/** What was compiled and may be executed: once each, by whom it was made for, for a while. */
export class Bundles<I> {
  readonly #owner: BundleOwner;
  readonly #kept = new Map<Hash, Bundle<I>>();
  #made = 0;

  constructor(owner: BundleOwner) {
    this.#owner = owner;
  }

  keep(intent: I, effects: Effects, now: Instant): Bundle<I> {
    const id = hashOf([this.#owner, intent, effects.evidence, now, ++this.#made]).slice(0, 32);
    const bundle = { id, owner: this.#owner, intent, effects, expires: now + VALID };
    this.#kept.set(id, bundle);
    for (const [old] of this.#kept) {
      if (this.#kept.size <= MOST) break;
      this.#kept.delete(old);
    }
    return bundle;
  }

  /** Looks without using it up. @throws {ToolError} bundle_not_found: unknown, used, expired, or another's. */
  peek(id: Hash, owner: BundleOwner, now: Instant): Bundle<I> {
    const bundle = this.#kept.get(id);
    const same =
      bundle !== undefined &&
      bundle.owner.wallet === owner.wallet &&
      bundle.owner.network === owner.network &&
      bundle.owner.agent === owner.agent;
    if (same && now < bundle.expires) return bundle;
    const why = same ? "has expired" : "is not known here: it was used, or it was compiled in another session";
    throw new ToolError("bundle_not_found", `bundle ${id} ${why}`, { remedy: "Compile the intent again." });
  }

  /** The same, and it is used up whatever comes of it. @throws {ToolError} */
  take(id: Hash, owner: BundleOwner, now: Instant): Bundle<I> {
    const bundle = this.peek(id, owner, now);
    this.#kept.delete(id);
    return bundle;
  }
}
