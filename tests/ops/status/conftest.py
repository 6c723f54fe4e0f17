"""An AWS account in moto with two stacks, and no connection to other machines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.loopback import loopback_only as loopback_only
from tests.ops.inventory.world import World, account
from tests.ops.status.project import project as project
from tests.ops.status.project import services as services
from tests.ops.status.world import fill


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The account; tests only look."""
    with account() as made:
        fill(made)
        yield made
