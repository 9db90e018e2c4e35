// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// Hostile or merely odd, as its maker turns it: it takes a fee from transfers, shrinks balances by itself, or calls back
/// whoever its maker names in the middle of a transfer.
contract OddToken is ERC20 {
    address private immutable _maker = msg.sender;
    /// In basis points of what is sent; it goes to the maker.
    uint256 public fee;
    /// What a unit held counts for, in basis points.
    uint256 public scale = 10_000;
    /// Called within each transfer, with the calldata `hookData`. Zero: nobody.
    address public hook;
    bytes public hookData;

    constructor() ERC20("Odd", "ODD") {}

    modifier onlyMaker() {
        require(msg.sender == _maker);
        _;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function turn(uint256 newFee, uint256 newScale, address newHook, bytes calldata data) external onlyMaker {
        (fee, scale, hook, hookData) = (newFee, newScale, newHook, data);
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return super.balanceOf(holder) * scale / 10_000;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (hook != address(0) && from != address(0)) {
            (bool ok,) = hook.call(hookData);
            require(ok);
        }
        uint256 taken = from == address(0) || to == address(0) ? 0 : value * fee / 10_000;
        super._update(from, to, value - taken);
        if (taken > 0) super._update(from, _maker, taken);
    }
}
