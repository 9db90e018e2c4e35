#!/usr/bin/env bash
# status VAULT | deposit VAULT AMOUNT | withdraw VAULT
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/mandate.sh"

[ $# -ge 2 ] || die "usage: vault.sh status VAULT | deposit VAULT AMOUNT | withdraw VAULT"
label="$2"
vault="$(token "$label")"
asset="$(conf '.chains[$c].tokens[$t].of' c "$CHAIN" t "$label")"
within() { read_call "$vault" 'maxWithdraw(address)(uint256)' "$WALLET"; }
case "$1" in
  status)
    jq -nc --arg vault "$label" --arg asset "$asset" --arg shares "$(whole "$(read_call "$vault" 'balanceOf(address)(uint256)' "$WALLET")" "$label")" \
      --arg redeemable "$(whole "$(within)" "$asset")" '{$vault, $asset, $shares, $redeemable}'
    ;;
  deposit)
    [ $# -eq 3 ] || die "usage: vault.sh deposit VAULT AMOUNT"
    in="$(units "$3" "$asset")"
    # The vault earns until the block: so much less is asked for in shares.
    shares="$(read_call "$vault" 'previewDeposit(uint256)(uint256)' "$(floor_units "$in * 0.9999")")"
    send "$(token "$asset")" 'approve(address,uint256)' "$vault" "$in"
    ok=yes
    send "$vault" 'mint(uint256,address)' "$shares" "$WALLET" || ok=no
    [ "$(read_call "$(token "$asset")" 'allowance(address,address)(uint256)' "$WALLET" "$vault")" = 0 ] ||
      send "$(token "$asset")" 'approve(address,uint256)' "$vault" 0
    [ "$ok" = yes ]
    ;;
  withdraw)
    held="$(within)"
    [ "$held" != 0 ] || die "nothing is in $label"
    send "$vault" 'withdraw(uint256,address,address)' "$held" "$WALLET" "$WALLET"
    ;;
  *) die "usage: vault.sh status VAULT | deposit VAULT AMOUNT | withdraw VAULT" ;;
esac
