import { parseAbi } from "viem/utils";

/** All of a router that is ever called. Whatever else it has is unknown. */
export const warpRouteAbi = parseAbi([
  "function transferRemote(uint32 destination, bytes32 recipient, uint256 amount) payable returns (bytes32 messageId)",
]);

/** What older routers also have: the caller names a hook, which could be anything. Decoded to be refused by name. */
export const hookedTransferAbi = parseAbi([
  "function transferRemote(uint32 destination, bytes32 recipient, uint256 amount, bytes hookMetadata, address hook) payable returns (bytes32 messageId)",
]);

export const warpReadsAbi = parseAbi([
  "struct Quote { address token; uint256 amount; }",
  "function token() view returns (address)",
  "function mailbox() view returns (address)",
  "function routers(uint32 domain) view returns (bytes32)",
  "function scaleNumerator() view returns (uint256)",
  "function scaleDenominator() view returns (uint256)",
  "function hook() view returns (address)",
  "function feeRecipient() view returns (address)",
  "function feeHook() view returns (address)",
  "function quoteTransferRemote(uint32 destination, bytes32 recipient, uint256 amount) view returns (Quote[] quotes)",
  "function handle(uint32 origin, bytes32 sender, bytes message) payable",
]);

export const mailboxAbi = parseAbi([
  "function localDomain() view returns (uint32)",
  "function defaultHook() view returns (address)",
  "function requiredHook() view returns (address)",
  "function recipientIsm(address recipient) view returns (address)",
  "function delivered(bytes32 id) view returns (bool)",
  "event Dispatch(address indexed sender, uint32 indexed destination, bytes32 indexed recipient, bytes message)",
]);
