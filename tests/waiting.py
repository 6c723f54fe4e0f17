"""Waiting, with a bound, for what another thread or process does a moment later."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 120.0
"""Seconds after which something is missing and not late, on a machine ten times slower than ours."""


def until(look: Callable[[], T], missing: str, seconds: float = PATIENCE) -> T:
    """What `look` says, once that is true; AssertionError says what is `missing` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"{missing} in {seconds:g} s"
        time.sleep(0.02)
    return found
