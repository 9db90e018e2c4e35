import { caller } from "../client.ts";
import { type Operator, operatorWith } from "./operator.ts";
import type { OperatorKey } from "./operator-key.ts";
import { OPERATOR_PATH } from "./orders.ts";

/** The operator's side of a gateway behind its socket. */
export interface OperatorSocket extends Operator {
  close(): void;
}

/** @param socket - the operator's own, never the agent's. */
export function operatorSocket(socket: string, key: OperatorKey): OperatorSocket {
  const { call, close } = caller(socket, OPERATOR_PATH);
  return { ...operatorWith(call, key), close };
}
