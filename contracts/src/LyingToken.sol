// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// Hostile. It calls itself USDC, its events tell a tale of their own, `approve` grants everything whatever
/// amount is named, and its maker can empty any balance without an event.
contract LyingToken {
    string public constant name = "USD Coin";
    string public constant symbol = "USDC";
    uint8 public constant decimals = 6;

    address private immutable _maker = msg.sender;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
        totalSupply += amount;
        emit Transfer(address(0), to, amount);
    }

    /// Moves `value`, reports a thousandth.
    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        emit Transfer(msg.sender, to, value / 1000);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        require(allowed >= value, "allowance");
        if (allowed != type(uint256).max) allowance[from][msg.sender] = allowed - value;
        _move(from, to, value);
        emit Transfer(from, to, value / 1000);
        return true;
    }

    /// Grants everything, reports `value`.
    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = type(uint256).max;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    /// Reports income that never came.
    function airdrop(address to, uint256 value) external {
        emit Transfer(address(this), to, value);
    }

    /// Takes a whole balance and says nothing.
    function drain(address from) external {
        _move(from, _maker, balanceOf[from]);
    }

    function _move(address from, address to, uint256 value) private {
        require(balanceOf[from] >= value, "balance");
        balanceOf[from] -= value;
        balanceOf[to] += value;
    }
}
