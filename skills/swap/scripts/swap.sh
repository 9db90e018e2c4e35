#!/usr/bin/env bash
# [--quote] SELL BUY AMOUNT
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/mandate.sh"

quote=no
[ "${1:-}" = --quote ] && quote=yes && shift
[ $# -eq 3 ] || die "usage: swap.sh [--quote] SELL BUY AMOUNT"
sell="$1" buy="$2" amount="$3"
router="$(contract uniswap-v3-router02)"
fee="$(conf '[.chains[$c].pools[] | select((.tokens | index($a)) and (.tokens | index($b)))] | min_by(.fee).fee' c "$CHAIN" a "$sell" b "$buy")"
in="$(units "$amount" "$sell")"
least="$(least_units "$amount * $(price "$sell") / $(price "$buy") * (1 - $SLIPPAGE_BPS / 10000) * 10 ^ $(decimals "$buy")")"
jq -nc --arg sell "$sell" --arg amount "$amount" --arg buy "$buy" --arg least "$(whole "$least" "$buy")" --arg fee "$fee" '{$sell, $amount, $buy, $least, fee: $fee | tonumber}'
[ "$quote" = yes ] && exit 0

send "$(token "$sell")" 'approve(address,uint256)' "$router" "$in"
call="$(cast calldata 'exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))' \
  "($(token "$sell"),$(token "$buy"),$fee,$WALLET,$in,$least,0)")"
if ! send "$router" 'multicall(uint256,bytes[])' "$(deadline)" "[$call]"; then
  send "$(token "$sell")" 'approve(address,uint256)' "$router" 0
  exit 1
fi
