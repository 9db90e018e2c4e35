// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// Permit2's allowances, with its selectors and events: what is approved once to it may be given on to others.
contract AllowanceHub {
    struct Allowance {
        uint160 amount;
        uint48 expiration;
        uint48 nonce;
    }

    event Approval(
        address indexed owner,
        address indexed token,
        address indexed spender,
        uint160 amount,
        uint48 expiration
    );

    mapping(address owner => mapping(address token => mapping(address spender => Allowance))) public allowance;

    function approve(address token, address spender, uint160 amount, uint48 expiration) external {
        allowance[msg.sender][token][spender] = Allowance(amount, expiration, 0);
        emit Approval(msg.sender, token, spender, amount, expiration);
    }

    function transferFrom(address from, address to, uint160 amount, address token) external {
        Allowance storage given = allowance[from][token][msg.sender];
        require(block.timestamp <= given.expiration && amount <= given.amount);
        given.amount -= amount;
        require(IERC20(token).transferFrom(from, to, amount));
    }
}
