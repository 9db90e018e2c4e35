import { parseAbi } from "viem/utils";

/** What a deployment of Hyperlane calls. What a gateway reads and decodes stands with the protocol. */
export const MAILBOX_DEPLOY_ABI = parseAbi([
  "constructor(uint32 localDomain)",
  "function initialize(address owner, address defaultIsm, address defaultHook, address requiredHook)",
  "function setDefaultHook(address hook)",
  "function process(bytes metadata, bytes message) payable",
  "event Dispatch(address indexed sender, uint32 indexed destination, bytes32 indexed recipient, bytes message)",
]);

export const PROTOCOL_FEE_ABI = parseAbi([
  "constructor(uint256 maxProtocolFee, uint256 protocolFee, address beneficiary, address owner)",
]);

export const COLLATERAL_DEPLOY_ABI = parseAbi([
  "constructor(address token, uint256 scaleNumerator, uint256 scaleDenominator, address mailbox)",
  "function initialize(address hook, address ism, address owner)",
]);

export const NATIVE_DEPLOY_ABI = parseAbi([
  "constructor(uint256 scaleNumerator, uint256 scaleDenominator, address mailbox)",
  "function initialize(address hook, address ism, address owner)",
]);

export const SYNTHETIC_DEPLOY_ABI = parseAbi([
  "constructor(uint8 decimals, uint256 scaleNumerator, uint256 scaleDenominator, address mailbox)",
  "function initialize(uint256 supply, string name, string symbol, address hook, address ism, address owner)",
]);

/** What an owner of a route may do to it. */
export const ROUTE_OWNER_ABI = parseAbi([
  "function enrollRemoteRouter(uint32 domain, bytes32 router)",
  "function unenrollRemoteRouter(uint32 domain)",
  "function setHook(address hook)",
  "function setInterchainSecurityModule(address ism)",
  "function setFeeRecipient(address recipient)",
]);
