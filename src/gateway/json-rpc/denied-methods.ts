import { JsonRpcError, RPC_CODE } from "./json-rpc-error.ts";

/** Families of methods that are refused for a reason of their own, by how their names begin. */
const DENIED: readonly (readonly [RegExp, string])[] = [
  [/^(anvil|hardhat|evm|tenderly)_/i, "it changes the chain itself, and this is no development node"],
  [/^(debug|trace|ots|erigon)_/i, "tracing is not served"],
  [/^(txpool|admin|miner|engine|clique|les)_/i, "it is for a node's operator"],
  [
    /^eth_(sendRawTransaction|sendPrivate|sendBundle|callBundle|cancelPrivate)/i,
    "only the gateway signs; use eth_sendTransaction",
  ],
  [/^(personal|wallet|account)_/i, "the wallet is the gateway's; use eth_sendTransaction"],
  [
    /^eth_sign/i,
    "messages are not signed so; use eth_sendTransaction, or eth_signTypedData_v4 for a type that the mandate lists",
  ],
  [/^eth_(subscribe|unsubscribe|new\w*Filter|uninstallFilter|getFilter\w*)$/i, "filters are not kept; poll eth_getLogs"],
  [/^eth_(simulate|createAccessList|getProof|submit|mining|hashrate|coinbase|getWork)/i, "it is not on the list of reads"],
];

/** What is answered for a method that is not served. */
export function deniedMethod(method: string): JsonRpcError {
  const shown = method.replace(/[^\w.-]/g, "?");
  const [, reason] = DENIED.find(([family]) => family.test(method)) ?? [];
  const development = /^(anvil|hardhat|evm|tenderly)_/i.test(method);
  const message = `${shown} is not available here: ${reason ?? "the gateway serves a list of methods, and it is not on it"}`;
  // Clients ask for development methods to find out what they talk to, and take this code for a plain no.
  const code = reason === undefined || development ? RPC_CODE.methodNotFound : RPC_CODE.unsupported;
  return new JsonRpcError(code, "METHOD_DENIED", message, { remedy: "docs/json-rpc.md lists the methods." });
}
