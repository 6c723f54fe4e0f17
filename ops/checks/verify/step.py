"""The steps of `genai verify`: checks that are taken one after the other, some only after others."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import httpx
from botocore.exceptions import BotoCoreError

from ops.checks.check import Outcome, State

LONGEST = 400
"""Characters of what a step says: an answer may be a page of HTML."""


class UnprovedError(Exception):
    """What a step is to prove is not so; the message says what was seen instead."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to prove. `prove` says what it saw and raises when that proves nothing, UnprovedError or any other."""

    name: str
    prove: Callable[[], str]
    means: str
    """What it means when this fails, and what to look at next."""
    after: tuple[str, ...] = ()
    """Steps, earlier ones, without which this one could not tell anything."""


def attempt(step: Step, earlier: Mapping[str, Outcome], secrets: Collection[str]) -> Outcome:
    """What the step came to, none of the secrets shown; it is skipped when one it needs was not proved."""
    if missing := [name for name in step.after if earlier[name].state != State.FINE]:
        were = "were" if missing[1:] else "was"
        return Outcome(state=State.SKIPPED, says=f"skipped because {' and '.join(missing)} {were} not proved")
    start = time.monotonic()
    try:
        state, says = State.FINE, step.prove()
    except (httpx.TransportError, BotoCoreError) as error:
        state, says = State.COULD_NOT_LOOK, _unanswered(error)
    except UnprovedError as error:
        state, says = State.BAD, str(error)
    except Exception as error:  # noqa: BLE001  an answer of another shape than expected proves nothing
        state, says = State.BAD, f"the answer is not what was expected ({type(error).__name__}: {error})"
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        says = says.replace(secret, "[secret]")
    if len(says) > LONGEST:  # not before: half a secret would be left
        says = f"{says[:LONGEST]}…"
    fix = "" if state == State.FINE else step.means
    return Outcome(state=state, says=says, fix=fix, seconds=time.monotonic() - start)


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """0 all proved, 2 nothing answered at all, 1 otherwise: one answer is enough to know that the stack is there."""
    states = {outcome.state for outcome in outcomes}
    if states == {State.FINE}:
        return 0
    return 2 if states <= {State.COULD_NOT_LOOK, State.SKIPPED} else 1


def _unanswered(error: httpx.TransportError | BotoCoreError) -> str:
    reason = str(error) or type(error).__name__
    if not isinstance(error, httpx.TransportError):
        return reason
    return f"{error.request.method} {error.request.url} got no answer: {reason}"
