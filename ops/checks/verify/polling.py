"""Polling (tenacity) for what arrives a little later, such as a trace in Langfuse."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from ops.checks.verify.step import UnprovedError

T = TypeVar("T")


class NotYetError(UnprovedError):
    """It has not arrived, but may still arrive."""


def until(ask: Callable[[], T], *, seconds: float, interval: float = 3.0) -> T:
    """What `ask` returns; it is called every `interval` seconds for as long as it raises NotYetError.

    After `seconds`, to which the calls' own time adds, the last NotYetError is raised.
    """
    attempts = Retrying(
        retry=retry_if_exception_type(NotYetError),
        wait=wait_fixed(interval),
        stop=stop_after_attempt(1 + round(seconds / interval)),
        sleep=sleep,
        reraise=True,
    )
    return attempts(ask)
