"""An AWS account in a region of its own, and no way out of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.leftovers.aws import Aws
from tests.ops.leftovers.conftest import _loopback_only as _loopback_only
from tests.ops.leftovers.world import account


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """Moto, in a region that no other test uses."""
    with account():
        yield Aws("us-west-2")
