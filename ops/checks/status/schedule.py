"""GitHub Actions: when the workflow `day` takes a stack down.

Its expression `ACTION` names the crons that start the stack; the others take it down. They leave it up as long as the
tag `genai:keep-until` of the EKS cluster, a time in ISO 8601, lies ahead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

KEEP_UNTIL = "genai:keep-until"
WORKFLOW = ".github/workflows/day.yml"
_ON = True
"""YAML 1.1 reads the key `on` as the truth value."""


class ScheduleError(ValueError):
    """The workflow, or the tag, does not say a time; the message says what is wrong with it."""


def destroy_crons(root: Path, stack: str) -> Sequence[str]:
    """The crons (UTC) of the workflow that end the stack; none where there is no workflow, or not for this stack."""
    file = root / WORKFLOW
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if not re.search(rf"genai down --stack {re.escape(stack)}\s", text):
        return []
    workflow = yaml.safe_load(text)
    crons = [str(trigger["cron"]) for trigger in workflow[_ON]["schedule"]]
    return [cron for cron in crons if f"'{cron}'" not in workflow["env"]["ACTION"]]


def next_destroy(crons: Sequence[str], keep_until: str | None, now: datetime) -> datetime | None:
    """When the first destroy comes that does not pass by; None without crons. ScheduleError for what is no time."""
    kept = _time(keep_until) if keep_until else now
    return min((_next(cron, max(kept, now)) for cron in crons), default=None)


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ScheduleError(f"the tag {KEEP_UNTIL} is {text!r}: set a time such as 2026-11-26T22:00:00Z") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _next(cron: str, since: datetime) -> datetime:
    """The first minute at or after that time; of the five fields, day of the month and month must be `*`."""
    try:
        minute, hour, *every_day, weekday = cron.split()
        if every_day != ["*", "*"]:
            raise ValueError
        minutes, hours, weekdays = _numbers(minute, 59), _numbers(hour, 23), _numbers(weekday, 6)
    except ValueError as error:
        raise ScheduleError(f"{WORKFLOW}: {cron!r} is not minute, hour, `* *` and weekday in numbers") from error
    begun = since.astimezone(UTC).replace(second=0, microsecond=0)
    first = begun if begun == since else begun + timedelta(minutes=1)
    for minutes_later in range(8 * 24 * 60):
        time = first + timedelta(minutes=minutes_later)
        if time.minute in minutes and time.hour in hours and time.isoweekday() % 7 in weekdays:
            return time
    raise ScheduleError(f"{WORKFLOW}: {cron!r} comes on no day of the week")


def _numbers(field: str, highest: int) -> Set[int]:
    """What a field of a cron stands for: numbers, ranges and steps, with commas between them."""
    numbers: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        low, high = (0, highest) if span == "*" else (int(first), int(last or (highest if step else first)))
        numbers.update(range(low, high + 1, int(step or 1)))
    return numbers
