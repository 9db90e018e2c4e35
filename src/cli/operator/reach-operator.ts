import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { type OperatorKey, REHEARSAL_OPERATOR_KEY, readOperatorKey } from "../../gateway/operator/operator-key.ts";
import { type OperatorSocket, operatorSocket } from "../../gateway/operator/operator-socket.ts";
import { OPERATOR_SOCKET } from "../../gateway/operator/serve-operator.ts";
import { type FoundJournal, findJournal } from "../find-journal.ts";
import type { OperatorOptions } from "./operator-options.ts";

/**
 * The operator's key, from the file that is named.
 *
 * @throws {UsageError} when none is. {@link OperatorKeyError}
 */
export function operatorKeyOf(options: Pick<OperatorOptions, "operatorKey">, env = process.env): OperatorKey {
  return readOperatorKey(operatorKeyFile(options, env));
}

/** Where the operator's key is. @throws {UsageError} when nobody says. */
export function operatorKeyFile({ operatorKey }: Pick<OperatorOptions, "operatorKey">, env = process.env): string {
  const file = operatorKey ?? env.MANDATE_OPERATOR_KEY;
  if (file === undefined || file === "") {
    throw new UsageError("the operator's key is not given", {
      remedy:
        "Give --operator-key FILE, or set MANDATE_OPERATOR_KEY. A gateway makes one: mandate gateway FILE --operator-key FILE",
    });
  }
  return file;
}

/** A rehearsal's own operator's key lies beside its journal. A key that is named comes before it, and for real money any. */
function keyBeside(
  options: Pick<OperatorOptions, "operatorKey">,
  { home, run }: Pick<FoundJournal, "home" | "run">,
): OperatorKey {
  const own = join(home, REHEARSAL_OPERATOR_KEY);
  const named = options.operatorKey !== undefined || (run === null && Boolean(process.env.MANDATE_OPERATOR_KEY));
  return named || !existsSync(own) ? operatorKeyOf(options) : readOperatorKey(own);
}

/** The operator's key that is named, else that of the world whose home it is. @throws {UsageError} {@link OperatorKeyError} */
export function operatorKeyIn(home: string, options: Pick<OperatorOptions, "operatorKey">): OperatorKey {
  return keyBeside(options, { home, run: null });
}

/** Does what the operator wants of the gateway that a command line means. */
export async function withOperator<T>(
  target: string,
  options: OperatorOptions,
  work: (operator: OperatorSocket) => Promise<T>,
): Promise<T> {
  const found = options.socket === undefined ? await findJournal(target, options) : null;
  const key = found === null ? operatorKeyOf(options) : keyBeside(options, found);
  const socket = options.socket ?? join(found?.home ?? "", OPERATOR_SOCKET);
  const operator = operatorSocket(socket, key);
  try {
    return await work(operator);
  } finally {
    operator.close();
  }
}
