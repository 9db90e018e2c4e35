#!/usr/bin/env bash
# Prints each holding as a line of JSON.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/mandate.sh"

line() { jq -nc --arg asset "$1" --arg units "$2" --arg amount "$3" '{$asset, $units, $amount}'; }
while read -r symbol; do
  held="$(read_call "$(token "$symbol")" 'balanceOf(address)(uint256)' "$WALLET")"
  line "$symbol" "$held" "$(whole "$held" "$symbol")"
done < <(conf '.chains[$c].tokens | keys_unsorted[]' c "$CHAIN")
held="$(cast balance "$WALLET" --rpc-url "$RPC")"
line "$(conf '.chains[$c].native' c "$CHAIN")" "$held" "$(cast format-units "$held" 18)"
