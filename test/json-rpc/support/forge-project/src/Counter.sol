// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// Something to deploy.
contract Counter {
    uint256 public count;

    constructor(uint256 first) {
        count = first;
    }
}
