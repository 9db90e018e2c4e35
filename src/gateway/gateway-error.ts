import { MandateError, type MandateErrorOptions } from "../core/errors.ts";

export type GatewayErrorCode =
  /** No gateway answers: it is starting, has died, or the socket is wrong. Settle after it is back. */
  | "GATEWAY_UNREACHABLE"
  /** Somebody else opened a later cycle for this wallet. This agent must stop. */
  | "LEASE_LOST"
  | "UNKNOWN_WALLET"
  | "BAD_REQUEST"
  /** The same key came with other content. */
  | "KEY_REUSED"
  /** The chain, the keystore or the journal says something that the gateway will not sign upon. */
  | "STOPPED"
  | "CHAIN_UNREACHABLE"
  | "INTERNAL";

/** A call that did not reach a verdict. */
export class GatewayError extends MandateError {
  declare readonly code: GatewayErrorCode;

  constructor(code: GatewayErrorCode, message: string, options: MandateErrorOptions = {}) {
    super(code, message, options);
  }
}
