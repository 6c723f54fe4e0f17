"""Option `--until` of `genai project`: a time of today or an ISO 8601 time as the end of a project."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time

from stacks.errors import GenaiError

_EXAMPLE = "18:00, 18:00+09:00 or 2026-11-29T18:00+09:00"


class DeadlineError(GenaiError):
    """It is no time, has no zone, or is over; the message says which, and what to write instead."""


def read(text: str, now: datetime) -> datetime:
    """The time in UTC, to the minute.

    A time of day alone is that of today, in the zone it names or else in that of this machine.
    """
    try:
        if re.fullmatch(r"\d\d:\d\d(Z|[+-]\d\d:\d\d)?", text):
            clock = time.fromisoformat(text)
            found = datetime.combine(now.astimezone(clock.tzinfo).date(), clock)
        else:
            found = datetime.fromisoformat(text)
            if found.tzinfo is None:
                raise DeadlineError(f"--until {text} has no zone: write {_EXAMPLE}.")
        until = found.astimezone(UTC).replace(second=0, microsecond=0)
    except (ValueError, OverflowError):
        raise DeadlineError(f"--until {text} is no time: write {_EXAMPLE}.") from None
    if until <= now:
        raise DeadlineError(f"--until {text} is {shown(until)}, which is over: name a later time.")
    return until


def shown(until: datetime) -> str:
    """The time as this machine's clock shows it, and in UTC."""
    return f"{until.astimezone():%Y-%m-%d %H:%M %Z} ({until.astimezone(UTC):%Y-%m-%dT%H:%MZ})"
