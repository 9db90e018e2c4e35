import { existsSync } from "node:fs";
import { createOperatorKey, readOperatorPublicKey } from "../../gateway/operator/operator-key.ts";
import type { Output } from "../output.ts";

/** The operator's public key of a file with either half; where there is no file, a pair is made and that is said. */
export function operatorPublicKey(output: Pick<Output, "say">, file: string): string {
  if (existsSync(file)) return readOperatorPublicKey(file);
  const publicKey = createOperatorKey(file);
  output.say(
    `made the operator's key: ${file} (give it to the operator's own user, mode 0600) and ${file}.pub (all that the gateway needs)`,
  );
  return publicKey;
}
