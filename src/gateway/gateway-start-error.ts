import { MandateError } from "../core/errors.ts";

/** A gateway that does not start. */
export class GatewayStartError extends MandateError {}
