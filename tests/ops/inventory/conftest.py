"""One account for all tests of a file that only look, and no way out of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.stack.identity import StackIdentity
from tests.loopback import loopback_only as loopback_only
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
