#!/usr/bin/env bash
# Prints open requests of the snapshot, then the nonces of now.
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/mandate.sh"

journal="$(dirname "$CONFIG")/journal.sqlite"
[ -e "$journal" ] && sqlite3 -readonly "$journal" "select json_object('key', key, 'since', at, 'hashes', json(coalesce(hashes, '[]'))) from in_flight order by seq"
jq -nc --arg latest "$(cast nonce "$WALLET" --block latest --rpc-url "$RPC")" \
  --arg pending "$(cast nonce "$WALLET" --block pending --rpc-url "$RPC")" '{latest: $latest | tonumber, pending: $pending | tonumber}'
