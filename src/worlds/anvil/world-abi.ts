import { parseAbi } from "viem/utils";

/** What the world itself calls on its contracts. */
export const TOKEN_ABI = parseAbi([
  "constructor(string name, string symbol, uint8 decimals)",
  "function mint(address to, uint256 amount)",
  "function approve(address spender, uint256 amount) returns (bool)",
  "function transfer(address to, uint256 amount) returns (bool)",
  "function balanceOf(address holder) view returns (uint256)",
]);

export const WETH_ABI = parseAbi(["function deposit() payable"]);

export const FEED_ABI = parseAbi([
  "constructor(uint8 decimals, string description)",
  "function transferOwnership(address owner)",
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
]);

export const VAULT_ABI = parseAbi(["constructor(address asset, string name, string symbol)"]);

export const FACTORY_ABI = parseAbi([
  "function getPool(address a, address b, uint24 fee) view returns (address pool)",
  "function enableFeeAmount(uint24 fee, int24 tickSpacing)",
]);

export const POOL_ABI = parseAbi([
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16 observationIndex, uint16 observationCardinality, uint16 observationCardinalityNext, uint8 feeProtocol, bool unlocked)",
  "function increaseObservationCardinalityNext(uint16 observationCardinalityNext)",
]);

export const POSITIONS_ABI = parseAbi([
  "constructor(address factory, address weth9, address tokenDescriptor)",
  "function createAndInitializePoolIfNecessary(address token0, address token1, uint24 fee, uint160 sqrtPriceX96) payable returns (address pool)",
  "struct MintParams { address token0; address token1; uint24 fee; int24 tickLower; int24 tickUpper; uint256 amount0Desired; uint256 amount1Desired; uint256 amount0Min; uint256 amount1Min; address recipient; uint256 deadline; }",
  "function mint(MintParams params) payable returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
]);

export const ROUTER_ABI = parseAbi(["constructor(address factoryV2, address factoryV3, address positionManager, address weth9)"]);

export const QUOTER_ABI = parseAbi(["constructor(address factory, address weth9)"]);

export const MARKET_ABI = parseAbi([
  "constructor(address owner)",
  "struct Trade { address pool; int256 amount; }",
  "struct Target { address pool; uint160 sqrtPriceX96; }",
  "struct Answer { address feed; int256 answer; uint256 updatedAt; }",
  "struct Gift { address token; address to; uint256 amount; }",
  "function tick(Trade[] trades, Target[] targets, Answer[] answers)",
  "function give(Gift[] gifts)",
]);
