"""One account for all tests of a file that only look, and no way out of this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from ops.stack.identity import StackIdentity
from tests.ops.inventory.orphans import fill
from tests.ops.inventory.recorded_calls import Answers, record
from tests.ops.inventory.world import (
    OTHER_REGION,
    OURS,
    REGION,
    STACKS_WITHOUT_LEFTOVERS,
    World,
    account,
    pairs,
)


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        assert self.family == socket.AF_UNIX or address[0] in ("127.0.0.1", "::1"), f"{address} is not this machine"
        real(self, address)

    with mock.patch.object(socket.socket, "connect", connect):
        yield


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The account, full. The one test that empties it comes to it through `answers`, as all who only look do."""
    with account() as made:
        fill(made)
        made.client("ec2", OTHER_REGION).create_volume(
            AvailabilityZone=f"{OTHER_REGION}a",
            Size=1,
            TagSpecifications=[{"ResourceType": "volume", "Tags": pairs(OURS)}],
        )
        yield made


@pytest.fixture(scope="module")
def answers(world: World) -> Answers:
    """Every call of a look at the stack's region, with its answer."""
    return record(world, world.day())


@pytest.fixture(scope="module")
def answers_elsewhere(world: World, answers: Answers) -> Answers:
    """The same for a look at another region, and at stacks that have nothing."""
    days = (world.day(region=OTHER_REGION), *(world.day(stack) for stack in STACKS_WITHOUT_LEFTOVERS))
    nobodys = (world.day(region=region, identity=StackIdentity()) for region in (REGION, OTHER_REGION))
    return {**answers, **record(world, *days, *nobodys)}
