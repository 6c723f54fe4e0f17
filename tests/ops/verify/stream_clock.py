"""The clock by which `genai verify` times a stream: it stands still while the machine is busy with other work."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from unittest import mock

from tests.waiting import PATIENCE

TIMED = ("ops.checks.verify.completions.time", "ops.checks.verify.gateway_models.time")
"""Where the product looks at a clock each time it has got a piece."""


class StreamClock:
    """Seconds that go by between the pieces of a stream and at no other time."""

    def __init__(self) -> None:
        self._now = 0.0
        self._looked = threading.Event()

    def monotonic(self) -> float:
        """As that of `time`; who asks has read a piece."""
        now = self._now
        self._looked.set()
        return now

    def apart(self, pieces: Iterable[str], seconds: float) -> Iterator[str]:
        """The pieces, of which each is sent when the one before it was read, and so many seconds later."""
        for piece in pieces:
            self._looked.clear()
            yield piece
            if '"content": "' in piece:
                assert self._looked.wait(PATIENCE), f"nobody read {piece}"
            self._now += seconds


@contextmanager
def stream_clock() -> Iterator[StreamClock]:
    """In the place of the real one."""
    clock = StreamClock()
    with mock.patch(TIMED[0], clock), mock.patch(TIMED[1], clock):
        yield clock
