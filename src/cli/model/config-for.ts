import { modelConfigOf } from "../../llm/model-config-of.ts";
import { parseModelFlag } from "../../llm/parse-model-flag.ts";
import type { ModelConfig } from "../../llm/resolve-model.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import { REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";

/**
 * The model that a mandate or a flag names; undefined: that of the environment.
 *
 * @throws {MandateFileError}
 * @throws {ModelConfigError} MODEL_NAME
 */
export function configFor(file: string | undefined, flag: string | undefined): ModelConfig | undefined {
  const config = file === undefined ? undefined : modelConfigOf(readMandate(file, { worldWallet: REHEARSAL_WALLET }).brief.model);
  if (flag === undefined) return config;
  return { ...config, ...parseModelFlag(flag) };
}
