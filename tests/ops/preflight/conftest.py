"""An AWS account in a region of its own, and no way out of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.clouds.aws import Aws
from tests.loopback import loopback_only as loopback_only
from tests.ops.inventory.world import account


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """Moto, in a region that no other test uses."""
    with account():
        yield Aws("us-west-2")
