// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {PriceFeed} from "./PriceFeed.sol";

/// What is used of a Uniswap v3 pool.
interface IPool {
    function token0() external view returns (address);

    function token1() external view returns (address);

    function slot0() external view returns (uint160 sqrtPriceX96, int24, uint16, uint16, uint16, uint8, bool);

    function swap(address recipient, bool zeroForOne, int256 amountSpecified, uint160 sqrtPriceLimitX96, bytes calldata data)
        external
        returns (int256 amount0, int256 amount1);
}

/// The rest of the market in one transaction a tick: other people's trades, the arbitrage that follows them, and
/// the price feeds. Its owner is the world's trader; it pays out of what it holds.
contract Market is Ownable {
    using SafeERC20 for IERC20;

    /// An exact-input swap. Positive: that much of token0 is sold; negative: of token1.
    struct Trade {
        IPool pool;
        int256 amount;
    }

    /// Swaps until the pool's price is exactly this.
    struct Target {
        IPool pool;
        uint160 sqrtPriceX96;
    }

    struct Answer {
        PriceFeed feed;
        int256 answer;
        uint256 updatedAt;
    }

    struct Gift {
        IERC20 token;
        address to;
        uint256 amount;
    }

    uint160 private constant LOWEST_PRICE = 4295128740;
    uint160 private constant HIGHEST_PRICE = 1461446703485210103287273052203988822378723970341;

    /// The pool that may ask for payment now.
    address private _swapping;

    error NotSwapping(address caller);

    constructor(address owner_) Ownable(owner_) {}

    function tick(Trade[] calldata trades, Target[] calldata targets, Answer[] calldata answers) external onlyOwner {
        for (uint256 i = 0; i < trades.length; i++) {
            bool sellsToken0 = trades[i].amount > 0;
            int256 amount = sellsToken0 ? trades[i].amount : -trades[i].amount;
            _swap(trades[i].pool, sellsToken0, amount, sellsToken0 ? LOWEST_PRICE : HIGHEST_PRICE);
        }
        for (uint256 i = 0; i < targets.length; i++) {
            uint160 target = targets[i].sqrtPriceX96;
            (uint160 current,,,,,,) = targets[i].pool.slot0();
            if (current != target) _swap(targets[i].pool, current > target, type(int128).max, target);
        }
        for (uint256 i = 0; i < answers.length; i++) {
            answers[i].feed.set(answers[i].answer, answers[i].updatedAt);
        }
    }

    function give(Gift[] calldata gifts) external onlyOwner {
        for (uint256 i = 0; i < gifts.length; i++) {
            gifts[i].token.safeTransfer(gifts[i].to, gifts[i].amount);
        }
    }

    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata) external {
        if (msg.sender != _swapping) revert NotSwapping(msg.sender);
        if (amount0 > 0) IERC20(IPool(msg.sender).token0()).safeTransfer(msg.sender, uint256(amount0));
        if (amount1 > 0) IERC20(IPool(msg.sender).token1()).safeTransfer(msg.sender, uint256(amount1));
    }

    function _swap(IPool pool, bool zeroForOne, int256 amount, uint160 limit) private {
        _swapping = address(pool);
        pool.swap(address(this), zeroForOne, amount, limit, "");
        _swapping = address(0);
    }
}
