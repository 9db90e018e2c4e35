import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { type OperatorKey, readOperatorKey } from "../../gateway/operator/operator-key.ts";
import { type OperatorSocket, operatorSocket } from "../../gateway/operator/operator-socket.ts";
import { OPERATOR_SOCKET } from "../../gateway/operator/serve-operator.ts";
import { findJournal } from "../find-journal.ts";
import type { OperatorOptions } from "./operator-options.ts";

/**
 * The operator's key, from the file that is named.
 *
 * @throws {UsageError} when none is. {@link OperatorKeyError}
 */
export function operatorKeyOf({ operatorKey }: Pick<OperatorOptions, "operatorKey">, env = process.env): OperatorKey {
  const file = operatorKey ?? env.MANDATE_OPERATOR_KEY;
  if (file === undefined || file === "") {
    throw new UsageError("the operator's key is not given", {
      remedy:
        "Give --operator-key FILE, or set MANDATE_OPERATOR_KEY. A gateway makes one: mandate gateway FILE --operator-key FILE",
    });
  }
  return readOperatorKey(file);
}

/** Does what the operator wants of the gateway that a command line means. */
export async function withOperator<T>(
  target: string,
  options: OperatorOptions,
  work: (operator: OperatorSocket) => Promise<T>,
): Promise<T> {
  const key = operatorKeyOf(options);
  const socket = options.socket ?? join((await findJournal(target, options)).home, OPERATOR_SOCKET);
  const operator = operatorSocket(socket, key);
  try {
    return await work(operator);
  } finally {
    operator.close();
  }
}
