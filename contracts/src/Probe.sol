// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// Many balances and allowances in one call. Meant for a state override: nobody has to deploy it.
///
/// A token that reverts, answers short, runs out of its gas or has no code fails its own item and no other.
contract Probe {
    /// What to ask of `token` about `holder`.
    /// - `token` zero: the native balance.
    /// - `spender` zero: balanceOf(holder).
    /// - else: allowance(holder, spender).
    struct Item {
        address token;
        address holder;
        address spender;
    }

    struct Answer {
        bool ok;
        uint256 value;
    }

    /// What one token may burn. Under EIP-150 a caller needs a 64th more than this for each item.
    uint256 private constant GAS_PER_ITEM = 200_000;

    function probe(Item[] calldata items) external view returns (Answer[] memory answers) {
        answers = new Answer[](items.length);
        for (uint256 i = 0; i < items.length; i++) {
            (answers[i].ok, answers[i].value) = _ask(items[i]);
        }
    }

    function _ask(Item calldata item) private view returns (bool ok, uint256 value) {
        if (item.token == address(0)) return (true, item.holder.balance);
        bytes memory question = item.spender == address(0)
            ? abi.encodeWithSignature("balanceOf(address)", item.holder)
            : abi.encodeWithSignature("allowance(address,address)", item.holder, item.spender);
        address token = item.token;
        uint256 size;
        // In assembly, so that a hostile token cannot make us pay for copying megabytes of return data.
        assembly ("memory-safe") {
            mstore(0, 0)
            ok := staticcall(GAS_PER_ITEM, token, add(question, 32), mload(question), 0, 32)
            size := returndatasize()
            value := mload(0)
        }
        if (!ok || size < 32) return (false, 0);
    }
}
