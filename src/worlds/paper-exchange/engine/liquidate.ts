import { SECOND } from "../../../core/clock.ts";
import { applyPerpFill } from "./apply-fill.ts";
import { abs, divCeil, fixed, least, most, showFixed, USD_PLACES } from "./fixed-point.ts";
import { isolatedEquity, maintenance, perpOf, standing } from "./margin.ts";
import { FILLS_KEPT, match } from "./match.ts";
import { endOrder, endOrphans } from "./order-life.ts";
import { type Account, backstopOf, emit, keep, leverageOf, nextHash, type Order, type PerpMarket, type State } from "./state.ts";
import { marketPx } from "./trigger-orders.ts";
import type { WireFill } from "./types.ts";

const COOLDOWN = 30 * SECOND;

/** Liquidates whoever is below maintenance at the marks. An isolated position falls alone, cross positions together. */
export function liquidateAll(state: State): void {
  const backstop = backstopOf(state);
  for (const account of [...state.accounts.values()]) {
    if (account === backstop || account.positions.size === 0) continue;
    for (const [asset, position] of [...account.positions]) {
      const market = perpOf(state, asset);
      if (leverageOf(account, market).cross) continue;
      const equity = isolatedEquity(market, position);
      if (equity < maintenance(market, abs(position.szi * market.mark))) liquidateIsolated(state, account, market);
    }
    const now = standing(state, account);
    if (now.notional > 0n && now.equity < now.maintenance) liquidateCross(state, account);
  }
  const vault = standing(state, backstop);
  if (backstop.positions.size > 0 && vault.equity < 0n) {
    deleverage(state, backstop, crossAssets(state, backstop));
    coverLoss(state, backstop);
  }
}

function liquidateIsolated(state: State, account: Account, market: PerpMarket): void {
  const isLow = (share: bigint) => {
    const position = account.positions.get(market.asset);
    if (position === undefined) return false;
    return 3n * isolatedEquity(market, position) < share * maintenance(market, abs(position.szi * market.mark));
  };
  if (!isLow(2n) && coolingDown(state, account, market)) return;
  endOrdersOf(state, account, (order) => order.market === market);
  const before = account.positions.get(market.asset);
  if (before === undefined) return;
  tell(state, account, [market], isolatedEquity(market, before), "Isolated");
  if (!isLow(2n)) sell(state, account, market);
  if (isLow(2n)) toBackstop(state, account, [market.asset]);
  // A position that closed below zero took the rest from the cross account; what that has not, nobody has.
  coverLoss(state, account);
}

function liquidateCross(state: State, account: Account): void {
  const isLow = (share: bigint) => {
    const now = standing(state, account);
    return now.notional > 0n && 3n * now.equity < share * now.maintenance;
  };
  const markets = crossAssets(state, account).map((asset) => perpOf(state, asset));
  const ready = markets.filter((market) => !coolingDown(state, account, market));
  if (!isLow(2n) && ready.length === 0) return;
  endOrdersOf(state, account, ({ market }) => market.kind === "perp" && leverageOf(account, market).cross);
  tell(state, account, markets, standing(state, account).equity, "Cross");
  if (!isLow(2n)) for (const market of ready) if (isLow(3n)) sell(state, account, market);
  if (isLow(2n)) toBackstop(state, account, crossAssets(state, account));
  coverLoss(state, account);
}

/** Cross positions, the largest first. */
function crossAssets(state: State, account: Account): readonly number[] {
  const size = (asset: number) => abs((account.positions.get(asset)?.szi ?? 0n) * perpOf(state, asset).mark);
  return [...account.positions.keys()]
    .filter((asset) => leverageOf(account, perpOf(state, asset)).cross)
    .sort((a, b) => (size(b) > size(a) ? 1 : size(b) < size(a) ? -1 : a - b));
}

function endOrdersOf(state: State, account: Account, which: (order: Order) => boolean): void {
  for (const order of [...account.orders.values()]) {
    if (which(order) && order.place !== "none") endOrder(state, order, "liquidatedCanceled", { takenBack: true });
  }
}

function coolingDown(state: State, account: Account, market: PerpMarket): boolean {
  return (account.cooldown.get(market.asset) ?? 0) > state.now;
}

/** A market order into the book for the whole position, or for a fifth of a large one. */
function sell(state: State, account: Account, market: PerpMarket): void {
  const szi = account.positions.get(market.asset)?.szi ?? 0n;
  const size = abs(szi);
  const large = size * market.mark > fixed(state.switches.partialLiquidationAbove, USD_PLACES);
  const sz = large ? divCeil(size, 5n) : size;
  if (large) account.cooldown.set(market.asset, state.now + COOLDOWN);
  const isBuy = szi < 0n;
  const order: Order = {
    oid: state.nextOid++,
    account,
    market,
    isBuy,
    px: marketPx(market, isBuy, state.switches.liquidationSlippage),
    sz,
    origSz: sz,
    reduceOnly: true,
    tif: "LiquidationMarket",
    trigger: null,
    cloid: null,
    time: state.now,
    place: "none",
    positionTpsl: false,
    siblings: [],
    children: [],
    hold: 0n,
    filled: 0n,
    level: null,
    previous: null,
    next: null,
  };
  const markPx = showFixed(market.mark, market.pxPlaces);
  match(state, order, { liquidatedUser: account.address, markPx, method: "market" });
  endOrder(state, order, order.sz === 0n ? "filled" : "liquidatedCanceled");
}

/** The backstop takes positions at the mark, and the margin that was left with them. */
function toBackstop(state: State, account: Account, assets: readonly number[]): void {
  const backstop = backstopOf(state);
  const isolated = assets.every((asset) => !leverageOf(account, perpOf(state, asset)).cross);
  const before = account.usd;
  for (const asset of assets) {
    const market = perpOf(state, asset);
    const szi = account.positions.get(asset)?.szi ?? 0n;
    transferAt(state, account, backstop, market, szi, "backstop");
  }
  const forfeited = isolated ? account.usd - before : account.usd;
  account.usd -= forfeited;
  backstop.usd += forfeited;
}

/** Closes the positions of an account that cannot pay against those who gained most, at the mark. */
function deleverage(state: State, account: Account, assets: readonly number[]): void {
  for (const asset of assets) {
    const market = perpOf(state, asset);
    const szi = account.positions.get(asset)?.szi ?? 0n;
    let left = abs(szi);
    for (const other of winners(state, account, market, szi)) {
      if (left === 0n) break;
      const size = least(left, abs(other.positions.get(asset)?.szi ?? 0n));
      transferAt(state, account, other, market, szi > 0n ? size : -size, "backstop");
      left -= size;
    }
  }
}

/** Holders of the other side, the best return on what they entered for first. */
function winners(state: State, account: Account, market: PerpMarket, szi: bigint): readonly Account[] {
  const rank = ({ positions }: Account) => {
    const position = positions.get(market.asset);
    if (position === undefined) return 0;
    const worth = position.szi * market.mark;
    const gain = position.szi > 0n ? worth - position.entry : worth + position.entry;
    return Number((gain * 1_000_000n) / most(1n, position.entry));
  };
  return [...state.accounts.values()]
    .filter(
      (it) => it !== account && it.positions.has(market.asset) && (it.positions.get(market.asset)?.szi ?? 0n) > 0n !== szi > 0n,
    )
    .sort((a, b) => rank(b) - rank(a) || (a.address < b.address ? -1 : 1));
}

/** Moves `szi` of a position from one account to another at the mark, as a fill of both without fees. */
function transferAt(
  state: State,
  from: Account,
  to: Account,
  market: PerpMarket,
  szi: bigint,
  method: "market" | "backstop",
): void {
  const hash = nextHash(state);
  const tid = state.nextTid++;
  const px = showFixed(market.mark, market.pxPlaces);
  for (const [account, delta] of [
    [from, -szi],
    [to, szi],
  ] as const) {
    const effect = applyPerpFill(state, account, market, delta, market.mark, 0n);
    endOrphans(state, account, market.asset);
    if (account.kind === "house") continue;
    const fill: WireFill = {
      coin: market.coin,
      px,
      sz: showFixed(abs(szi), market.szDecimals),
      side: delta > 0n ? "B" : "A",
      time: state.now,
      startPosition: showFixed(effect.startPosition, market.szDecimals),
      dir: effect.dir,
      closedPnl: showFixed(effect.closedPnl, USD_PLACES),
      hash,
      oid: 0,
      crossed: account === from,
      fee: "0",
      tid,
      feeToken: "USDC",
      twapId: null,
      liquidation: { liquidatedUser: from.address, markPx: px, method },
    };
    keep(account.fills, fill, FILLS_KEPT);
    emit(state, { kind: "fill", account: account.address, fill });
  }
}

/** What an account without cross positions owes is paid by the backstop as far as it can; the rest is bad debt. */
function coverLoss(state: State, account: Account): void {
  if (account.usd >= 0n || crossAssets(state, account).length > 0) return;
  const owed = -account.usd;
  const backstop = backstopOf(state);
  const paid = account === backstop ? 0n : least(owed, most(0n, standing(state, backstop).equity));
  backstop.usd -= paid;
  account.usd += paid;
  state.badDebt += account.usd;
  account.usd = 0n;
}

function tell(
  state: State,
  account: Account,
  markets: readonly PerpMarket[],
  equity: bigint,
  leverageType: "Cross" | "Isolated",
): void {
  const notional = markets.reduce((sum, { asset, mark }) => sum + abs((account.positions.get(asset)?.szi ?? 0n) * mark), 0n);
  const accountValue = showFixed(equity, USD_PLACES);
  const liquidatedNtlPos = showFixed(notional, USD_PLACES);
  const liquidatedPositions = markets.map(({ coin, asset, szDecimals }) => ({
    coin,
    szi: showFixed(account.positions.get(asset)?.szi ?? 0n, szDecimals),
  }));
  const update = {
    time: state.now,
    hash: nextHash(state),
    delta: { type: "liquidation", liquidatedNtlPos, accountValue, leverageType, liquidatedPositions },
  };
  keep(account.ledger, update, FILLS_KEPT);
  emit(state, { kind: "ledger", account: account.address, update });
  emit(state, {
    kind: "liquidation",
    account: account.address,
    method: "market",
    liquidator: backstopOf(state).address,
    notional: liquidatedNtlPos,
    accountValue,
  });
}
