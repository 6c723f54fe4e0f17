"""Status of a stack: what exists in its cloud, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ops.checks.check import Check, Outcome, State, exit_code


class Stage(StrEnum):
    """How far a day is."""

    UP = "up"
    DOWN = "down"
    BETWEEN = "between"
    """On its way up or down, or an `up` or a `destroy` did not come to its end."""
    UNKNOWN = "unknown"
    """Not everything could be looked at."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What there is of a stack in its cloud."""

    seen: bool
    """Whether everything could be looked at."""
    exists: bool
    """Whether there is anything."""
    complete: bool
    """Whether every part is there."""
    since: datetime | None
    checks: Mapping[str, Check]
    """Of what is there, of what is missing, and of what could not be looked at."""
    keep_until: str | None = None
    """What the tag of that name says (`ops.checks.status.schedule`)."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """All that `genai status` tells. `outputs` are the stack's, None when they cannot be read. Times are UTC."""

    stack: str
    place: str
    now: datetime
    found: Found
    outputs: Mapping[str, Any] | None
    outcomes: Mapping[str, Outcome]
    usd_per_hour: float
    """What the settings cost while nobody uses the platform (`ops.model.cost`)."""
    unpriced: Sequence[str] = ()
    """What has no known price and is not in that."""
    ends: datetime | None = None
    """The evening of the schedule, where one is known."""
    aws_stack: str = ""
    """The AWS stack that an Azure stack stands in front of, and with whose evening it ends."""

    @property
    def stage(self) -> Stage:
        """How far the day is. Outputs come with the end of the first `up` and go with that of `destroy`."""
        if self.outputs is None or not self.found.seen:
            return Stage.UNKNOWN
        if not self.outputs and not self.found.exists:
            return Stage.DOWN
        return Stage.UP if self.outputs and self.found.complete else Stage.BETWEEN

    @property
    def hours(self) -> float | None:
        """Age."""
        return (self.now - self.found.since).total_seconds() / 3600 if self.found.since else None

    @property
    def usd(self) -> float | None:
        """Cost so far, use not counted."""
        return self.usd_per_hour * self.hours if self.hours is not None else None

    @property
    def says(self) -> str:
        """The stage in a sentence."""
        match self.stage:
            case Stage.UP:
                return "is up"
            case Stage.DOWN:
                return "is down: it has no outputs, and no part of it exists"
            case Stage.UNKNOWN:
                return "cannot be looked at whole"
        if not self.outputs:
            return "is on its way up, or `up` did not come to its end: it has parts, but no outputs yet"
        if self.found.exists:
            return "is on its way down, or lost a part: it has outputs, but not every part exists"
        return "is gone without `destroy`: it has outputs, but no part of it exists"

    @property
    def next(self) -> str:
        """The next command."""
        up, destroy = f"`pulumi up -s {self.stack}`", f"`pulumi destroy -s {self.stack}`"
        match self.stage:
            case Stage.DOWN:
                return f"{up} begins a day"
            case Stage.UNKNOWN:
                return f"see to what could not be looked at, then `genai status --stack {self.stack}` again"
            case Stage.UP if self.exit_code:
                return f"see to what is not well; {up} puts right what differs from the program, {destroy} ends the day"
            case Stage.UP:
                both = (
                    f"--stack {self.aws_stack} --azure-stack {self.stack}"
                    if self.aws_stack
                    else f"--stack {self.stack}"
                )
                return f"`genai verify {both}` proves the whole path; {destroy} ends the day"
        if self.found.exists:
            return f"wait if one is running, else {up} finishes the day, or {destroy} ends it"
        return f"`pulumi destroy -s {self.stack} --refresh` clears the state"

    @property
    def exit_code(self) -> int:
        """0 it is up and all is well, 1 it is not, 2 not everything could be looked at."""
        if self.stage is Stage.UNKNOWN:
            return 2
        return max(exit_code(self.outcomes.values()), 0 if self.stage is Stage.UP else 1)


def could_not_check(error: str) -> Check:
    """The check of what could not be looked at before."""
    return lambda: Outcome(state=State.COULD_NOT_LOOK, says=error)
