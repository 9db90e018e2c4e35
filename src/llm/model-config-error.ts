import { MandateError, type MandateErrorOptions } from "../core/errors.ts";

export type ModelConfigCode =
  | "MODEL_NOT_CHOSEN"
  | "MODEL_KEY_MISSING"
  | "MODEL_KEY_UNFIT"
  | "MODEL_PROVIDER_UNKNOWN"
  | "MODEL_BASE_URL"
  | "MODEL_NAME"
  | "MODEL_KEY_REFUSED"
  | "MODEL_UNREACHABLE";

/** The chosen model cannot be used as things stand; no question was sent to it. The remedy is the line to type. */
export class ModelConfigError extends MandateError {
  constructor(code: ModelConfigCode, message: string, options: MandateErrorOptions & { readonly remedy: string }) {
    super(code, message, options);
  }
}
