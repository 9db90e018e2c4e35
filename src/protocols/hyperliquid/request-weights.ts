/** Weight of requests that the venue takes from one IP address in a minute. */
export const WEIGHT_A_MINUTE = 1_200;

const LIGHT: ReadonlySet<string> = new Set([
  "l2Book",
  "allMids",
  "clearinghouseState",
  "orderStatus",
  "spotClearinghouseState",
  "exchangeStatus",
]);

/** Answers that weigh more the longer they are, and how many items weigh one. */
const BY_LENGTH: Readonly<Record<string, number>> = {
  candleSnapshot: 60,
  recentTrades: 20,
  historicalOrders: 20,
  userFills: 20,
  userFillsByTime: 20,
  fundingHistory: 20,
  userFunding: 20,
  userNonFundingLedgerUpdates: 20,
};

/** What a question weighs, before its answer is known and with its answer's length. */
export function weightOfInfo(type: string, items = 0): number {
  const base = LIGHT.has(type) ? 2 : type === "userRole" ? 60 : 20;
  const per = Object.hasOwn(BY_LENGTH, type) ? BY_LENGTH[type] : undefined;
  return base + (per === undefined ? 0 : Math.floor(items / per));
}

/** What an action of `n` parts weighs. */
export function weightOfAction(n: number): number {
  return 1 + Math.floor(n / 40);
}
