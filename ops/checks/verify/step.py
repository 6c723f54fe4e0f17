"""A step of the proof, and what it may come to."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import httpx
from botocore.exceptions import BotoCoreError

LONGEST = 400
"""Characters of what a step says: an answer may be a page of HTML."""


class UnprovedError(Exception):
    """What a step is to prove is not so; the message says what was seen instead."""


class StepState(StrEnum):
    """What a step came to."""

    PROVED = "proved"
    FAILED = "failed"
    NO_ANSWER = "no answer"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class StepOutcome:
    """What a step came to: what was seen, how long it took, and what to make of it unless it was proved."""

    state: StepState
    says: str
    seconds: float = 0.0
    means: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to prove. `prove` says what it saw and raises when that proves nothing, UnprovedError or any other."""

    name: str
    prove: Callable[[], str]
    means: str
    """What it means when this fails, and what to look at next."""
    after: tuple[str, ...] = ()
    """Steps, earlier ones, without which this one could not tell anything."""


def attempt(step: Step, earlier: Mapping[str, StepOutcome], secrets: Collection[str]) -> StepOutcome:
    """What the step came to, none of the secrets shown; it is skipped when one it needs was not proved."""
    if missing := [name for name in step.after if earlier[name].state != StepState.PROVED]:
        were = "were" if missing[1:] else "was"
        return StepOutcome(state=StepState.SKIPPED, says=f"skipped because {' and '.join(missing)} {were} not proved")
    start = time.monotonic()
    means = step.means
    try:
        state, says, means = StepState.PROVED, step.prove(), ""
    except (httpx.TransportError, BotoCoreError) as error:
        state, says = StepState.NO_ANSWER, _unanswered(error)
    except UnprovedError as error:
        state, says = StepState.FAILED, str(error)
    except Exception as error:  # noqa: BLE001  an answer of another shape than expected proves nothing
        state, says = StepState.FAILED, f"the answer is not what was expected ({type(error).__name__}: {error})"
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        says = says.replace(secret, "[secret]")
    if len(says) > LONGEST:  # not before: half a secret would be left
        says = f"{says[:LONGEST]}…"
    return StepOutcome(state=state, says=says, seconds=time.monotonic() - start, means=means)


def exit_code(outcomes: Iterable[StepOutcome]) -> int:
    """0 all proved, 2 nothing answered at all, 1 otherwise."""
    states = {outcome.state for outcome in outcomes}
    if states == {StepState.PROVED}:
        return 0
    return 2 if states <= {StepState.NO_ANSWER, StepState.SKIPPED} else 1


def _unanswered(error: httpx.TransportError | BotoCoreError) -> str:
    reason = str(error) or type(error).__name__
    if not isinstance(error, httpx.TransportError):
        return reason
    return f"{error.request.method} {error.request.url} got no answer: {reason}"
