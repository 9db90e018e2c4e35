import { MandateError } from "../../core/errors.ts";

/** What a rehearsal cannot be made of. */
export class RehearsalError extends MandateError {}
