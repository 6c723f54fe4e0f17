"""Checks and their outcomes, the same for preflight, status and verify, and how checks are run together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from threading import Lock
from typing import TypeVar

from ops.clouds.aws import log_in


class State(StrEnum):
    """What a check found."""

    FINE = "fine"
    NOTE = "to note"
    """It stands in nobody's way, but not all is well."""
    BAD = "bad"
    COULD_NOT_LOOK = "could not look"
    SKIPPED = "skipped"
    """An earlier check, without which this one could not tell anything, was not fine."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a check found, in a sentence, what to do about it where it is not fine, and how long the check took."""

    state: State
    says: str
    fix: str = ""
    seconds: float = 0.0


Check = Callable[[], Outcome]
"""An exception of any kind means that it could not look."""


def fine(says: str) -> Outcome:
    """All is well, and how well."""
    return Outcome(state=State.FINE, says=says)


def note(says: str, fix: str = "") -> Outcome:
    """Nothing fails for it, but it is worth a look."""
    return Outcome(state=State.NOTE, says=says, fix=fix)


def bad(says: str, fix: str) -> Outcome:
    """`pulumi up` or `pulumi destroy` will fail."""
    return Outcome(state=State.BAD, says=says, fix=fix)


T = TypeVar("T")


def once(function: Callable[[], T]) -> Callable[[], T]:
    """The function, for several checks that share its answer: it is run for the first that asks."""
    lock, cached = Lock(), cache(function)

    def answer() -> T:
        with lock:
            return cached()

    return answer


def run(checks: Mapping[str, Check]) -> dict[str, Outcome]:
    """The outcome of every check, in their order; all are run at once."""
    with ThreadPoolExecutor(max_workers=len(checks)) as pool:
        return dict(zip(checks, pool.map(_outcome, checks.values()), strict=True))


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """0 all fine or only noted, 1 something is bad or was skipped, 2 something could not be looked at."""
    states = {outcome.state for outcome in outcomes}
    return 2 if State.COULD_NOT_LOOK in states else 0 if states <= {State.FINE, State.NOTE} else 1


def _outcome(check: Check) -> Outcome:
    try:
        return check()
    except Exception as error:  # noqa: BLE001  whatever went wrong, it does not mean that all is fine
        return Outcome(state=State.COULD_NOT_LOOK, says=str(error) or type(error).__name__, fix=log_in(error))
