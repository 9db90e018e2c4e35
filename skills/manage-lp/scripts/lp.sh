#!/usr/bin/env bash
# list | open POOL PERCENT AMOUNT AMOUNT | collect ID | close ID
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/mandate.sh"

manager="$(contract uniswap-v3-positions)"
MOST=340282366920938463463374607431768211455
position() { read_call "$manager" 'positions(uint256)(uint96,address,address,address,uint24,int24,int24,uint128,uint256,uint256,uint128,uint128)' "$1"; }
pool_of() { conf '.chains[$c].pools[$p][$k]' c "$CHAIN" p "$1" k "$2"; }
slot() { read_call "$1" 'slot0()(uint160,int24,uint16,uint16,uint16,uint8,bool)' | sed -n "$2p"; }
whole_id() { [[ "${1:-}" =~ ^[0-9]{1,30}$ ]] || die "an id is a whole number"; }
collecting() { cast calldata 'collect((uint256,address,uint128,uint128))' "($1,$WALLET,$MOST,$MOST)"; }

list() {
  local count id i
  count="$(read_call "$manager" 'balanceOf(address)(uint256)' "$WALLET")"
  for ((i = 0; i < count && i < 50; i++)); do
    id="$(read_call "$manager" 'tokenOfOwnerByIndex(address,uint256)(uint256)' "$WALLET" "$i")"
    position "$id" | jq -Rnc --arg id "$id" '[inputs] | {$id, token0: .[2], token1: .[3], fee: .[4], tick_lower: .[5], tick_upper: .[6], liquidity: .[7], owed0: .[10], owed1: .[11]}'
  done
}

open() {
  [ $# -eq 4 ] || die "usage: lp.sh open POOL PERCENT AMOUNT AMOUNT"
  local pool="$1" percent="$2" a b amount0 amount1 address spacing root low high used least
  a="$(conf '.chains[$c].pools[$p].tokens[0]' c "$CHAIN" p "$pool")" b="$(conf '.chains[$c].pools[$p].tokens[1]' c "$CHAIN" p "$pool")"
  amount0="$3" amount1="$4"
  # The pool orders its tokens by address, the label as people speak of them.
  if [[ "$(token "$a" | tr A-F a-f)" > "$(token "$b" | tr A-F a-f)" ]]; then
    local swap="$a"
    a="$b" b="$swap" amount0="$4" amount1="$3"
  fi
  address="$(pool_of "$pool" address)"
  spacing="$(read_call "$address" 'tickSpacing()(int24)')"
  root="$(calc "$(slot "$address" 1) / 2 ^ 96")"
  low="$(awk -v p="$root" -v w="$percent" -v s="$spacing" 'BEGIN { t = log(p * p * (1 - w / 100)) / log(1.0001) / s; f = int(t); if (f > t) f--; print f * s }')"
  high="$(awk -v p="$root" -v w="$percent" -v s="$spacing" 'BEGIN { t = log(p * p * (1 + w / 100)) / log(1.0001) / s; f = int(t); if (f < t) f++; print f * s }')"
  used="$(awk -v p="$root" -v l="$low" -v h="$high" -v x="$(units "$amount0" "$a")" -v y="$(units "$amount1" "$b")" 'BEGIN {
    from = exp(l * log(1.0001) / 2); to = exp(h * log(1.0001) / 2)
    L = x * p * to / (to - p); M = y / (p - from); if (M < L) L = M
    printf "%.0f %.0f", int(L * (to - p) / (p * to)), int(L * (p - from)) }')"
  local x="${used% *}" y="${used#* }"
  least="$(floor_units "$x * (1 - $SLIPPAGE_BPS / 20000)") $(floor_units "$y * (1 - $SLIPPAGE_BPS / 20000)")"
  jq -nc --arg pool "$pool" --arg low "$low" --arg high "$high" --arg a "$a" --arg x "$(whole "$x" "$a")" --arg b "$b" --arg y "$(whole "$y" "$b")" \
    '{$pool, tick_lower: $low | tonumber, tick_upper: $high | tonumber, supplies: {($a): $x, ($b): $y}}'
  local ok=yes
  send "$(token "$a")" 'approve(address,uint256)' "$manager" "$x" && send "$(token "$b")" 'approve(address,uint256)' "$manager" "$y" &&
    send "$manager" 'mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))' \
      "($(token "$a"),$(token "$b"),$(pool_of "$pool" fee),$low,$high,$x,$y,${least% *},${least#* },$WALLET,$(deadline))" || ok=no
  for symbol in "$a" "$b"; do
    [ "$(read_call "$(token "$symbol")" 'allowance(address,address)(uint256)' "$WALLET" "$manager")" = 0 ] ||
      send "$(token "$symbol")" 'approve(address,uint256)' "$manager" 0
  done
  [ "$ok" = yes ]
}

close() {
  whole_id "${1:-}"
  local id="$1" fields liquidity low high root least
  mapfile -t fields < <(position "$id")
  low="${fields[5]}" high="${fields[6]}" liquidity="${fields[7]}"
  [ "$liquidity" != 0 ] || die "position $id has no liquidity: collect what it is owed"
  local address
  address="$(conf '[.chains[$c] as $n | $n.pools[] | select((.fee | tostring) == $f and ([.tokens[] as $t | $n.tokens[$t].address | ascii_downcase] | (index($x | ascii_downcase) and index($y | ascii_downcase))))][0].address' \
    c "$CHAIN" f "${fields[4]}" x "${fields[2]}" y "${fields[3]}")"
  root="$(calc "$(slot "$address" 1) / 2 ^ 96")"
  least="$(awk -v p="$root" -v l="$low" -v h="$high" -v L="$liquidity" -v s="$SLIPPAGE_BPS" 'BEGIN {
    from = exp(l * log(1.0001) / 2); to = exp(h * log(1.0001) / 2)
    if (p < from) p = from; if (p > to) p = to
    k = 1 - s / 20000
    printf "%.0f %.0f", int(L * (to - p) / (p * to) * k), int(L * (p - from) * k) }')"
  local out burn
  out="$(cast calldata 'decreaseLiquidity((uint256,uint128,uint256,uint256,uint256))' "($id,$liquidity,${least% *},${least#* },$(deadline))")"
  burn="$(cast calldata 'burn(uint256)' "$id")"
  send "$manager" 'multicall(bytes[])' "[$out,$(collecting "$id"),$burn]"
}

case "${1:-}" in
  list) list ;;
  open) shift && open "$@" ;;
  collect) whole_id "${2:-}" && send "$manager" 'collect((uint256,address,uint128,uint128))' "($2,$WALLET,$MOST,$MOST)" ;;
  close) close "${2:-}" ;;
  *) die "usage: lp.sh list | open POOL PERCENT AMOUNT AMOUNT | collect ID | close ID" ;;
esac
