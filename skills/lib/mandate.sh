# What the skills' scripts share. Source it; it reads config.json of the workspace that it stands in.
set -euo pipefail

CONFIG="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)/config.json"
GATEWAY="${MANDATE_GATEWAY:-http://127.0.0.1:8545}"

die() {
  echo "error: $*" >&2
  exit 2
}

# conf FILTER [NAME VALUE]...: one value of config.json, or the end with a sentence.
conf() {
  local filter="$1" args=()
  shift
  while [ $# -gt 0 ]; do
    args+=(--arg "$1" "$2")
    shift 2
  done
  jq -er "${args[@]}" "$filter" "$CONFIG" || die "config.json has nothing at: $filter ${args[*]:-}"
}

WALLET="$(conf .wallet)"
CHAIN="${CHAIN:-$(conf '.chains | keys_unsorted[0]')}"
RPC="$GATEWAY/rpc/$CHAIN"

token() { conf '.chains[$c].tokens[$t].address' c "$CHAIN" t "$1"; }
decimals() { conf '.chains[$c].tokens[$t].decimals' c "$CHAIN" t "$1"; }
# contract KIND: the address of the first contract of a kind.
contract() { conf '[.chains[$c].contracts[] | select(.kind == $k)][0].address' c "$CHAIN" k "$1"; }

# Whole tokens to base units and back. Exact.
units() { cast parse-units "$1" "$(decimals "$2")"; }
whole() { cast format-units "$1" "$(decimals "$2")"; }

# read_call TO SIGNATURE ARGS...: values alone, one a line, without cast's notes in brackets.
read_call() { cast call "$@" --rpc-url "$RPC" | sed 's/ \[.*\]$//'; }

# send TO SIGNATURE ARGS...: through the gateway and all of its limits. Prints the hash; what is denied is on stderr.
send() {
  local receipt
  receipt="$(cast send "$@" --unlocked --from "$WALLET" --rpc-url "$RPC" --json)" || return 1
  [ "$(jq -r .status <<<"$receipt")" = 0x1 ] || {
    echo "error: the transaction failed: $(jq -r .transactionHash <<<"$receipt")" >&2
    return 1
  }
  jq -r .transactionHash <<<"$receipt"
}

# price SYMBOL: USD for a whole token, of the pinned feed.
price() {
  local feed answer scale
  feed="$(conf '.chains[$c].feeds[$t].address' c "$CHAIN" t "$1")"
  answer="$(read_call "$feed" 'latestRoundData()(uint80,int256,uint256,uint256,uint80)' | sed -n 2p)"
  scale="$(read_call "$feed" 'decimals()(uint8)')"
  cast format-units "$answer" "$scale"
}

# deadline: seconds since 1970, as late as the mandate allows, less a minute for what is in between.
deadline() {
  local now most
  now="$(cast block latest --field timestamp --rpc-url "$RPC" | sed 's/ .*//')"
  most="$(conf .max_deadline_seconds)"
  echo $((now + (most > 120 ? most - 60 : most / 2)))
}

# calc EXPRESSION: floating point, for floors and ticks. Amounts that are paid are never computed with it.
calc() { awk "BEGIN { printf \"%.12g\", $1 }"; }
# least_units EXPRESSION: the same as a whole number for a floor, rounded up by a hair more than it can be wrong: one unit
# less would be below what the mandate lets a trade be sure of.
least_units() { awk "BEGIN { printf \"%.0f\", ($1) * (1 + 1e-12) + 0.5 }"; }
# floor_units EXPRESSION: the same as a whole number, rounded down by a hair more than it can be wrong.
floor_units() { awk "BEGIN { x = ($1) * (1 - 1e-12) - 0.5; if (x < 0) x = 0; printf \"%.0f\", x }"; }

SLIPPAGE_BPS="${SLIPPAGE_BPS:-$(conf .slippage_bps)}"
