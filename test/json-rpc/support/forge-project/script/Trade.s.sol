// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Counter} from "../src/Counter.sol";

interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

interface Token {
    function approve(address spender, uint256 amount) external returns (bool);
}

interface Wrapped is Token {
    function deposit() external payable;
}

interface Router {
    struct Single {
        address tokenIn;
        address tokenOut;
        uint24 fee;
        address recipient;
        uint256 amountIn;
        uint256 amountOutMinimum;
        uint160 sqrtPriceLimitX96;
    }

    function exactInputSingle(Single calldata params) external payable returns (uint256);
    function multicall(uint256 deadline, bytes[] calldata calls) external payable returns (bytes[] memory);
}

contract Trade {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// Sells an exact amount: an approval of exactly that, then the swap, with a floor and a deadline in its bytes.
    function sell(Token sold, address bought, Router router, address to, uint256 amount, uint256 least) external {
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(Router.exactInputSingle, (Router.Single(address(sold), bought, 500, to, amount, least, 0)));
        vm.startBroadcast();
        sold.approve(address(router), amount);
        router.multicall(block.timestamp + 240, calls);
        vm.stopBroadcast();
    }

    function wrap(Wrapped weth, uint256 amount) external {
        vm.startBroadcast();
        weth.deposit{value: amount}();
        vm.stopBroadcast();
    }

    function deploy() external {
        vm.startBroadcast();
        new Counter(5);
        vm.stopBroadcast();
    }
}
