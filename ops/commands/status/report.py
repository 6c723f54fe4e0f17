"""Report of `genai status`: lines on a terminal (Rich), or JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from ops.checks.report import as_data, print_outcomes
from ops.checks.status.status import Status
from ops.model.cost import amount, number


def as_json(status: Status) -> dict[str, Any]:
    """The status as data; what is not known is null."""
    since, ends = status.found.since, status.ends
    return {
        "stack": status.stack,
        "place": status.place,
        "stage": status.stage,
        "since": since.isoformat() if since else None,
        "hours": status.hours,
        "usd_per_hour": number(status.usd_per_hour, status.unpriced),
        "unpriced": list(status.unpriced),
        "usd_so_far": None if status.usd is None else number(status.usd, status.unpriced),
        "ends": ends.isoformat() if ends else None,
        "hours_left": (ends - status.now).total_seconds() / 3600 if ends else None,
        "keep_until": status.found.keep_until,
        "behind": status.aws_stack or None,
        "checks": as_data(status.outcomes),
        "next": status.next,
        "exit_code": status.exit_code,
    }


def print_status(status: Status, console: Console) -> None:
    """Print what runs, how each part is, and what to do next."""

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    say(f"Stack {status.stack} in {status.place} {status.says}.")
    if status.found.since and status.hours is not None and status.usd is not None:
        say(f"Since {status.found.since:%F %R} UTC, {_duration(status.hours)}.")
        about = "" if status.unpriced else "about "
        per_hour = amount(status.usd_per_hour, status.unpriced)
        say(f"Cost so far: {about}{amount(status.usd, status.unpriced)} ({per_hour} an hour), and what was used.")
        if status.unpriced:
            say(f"No price is known for {', '.join(status.unpriced)}.")
    if status.found.exists:
        say(_end(status))
    print_outcomes(status.outcomes, console)
    say(f"Next: {status.next}.")


def _end(status: Status) -> str:
    if status.aws_stack:
        return f"Ends with stack {status.aws_stack}: `genai status --stack {status.aws_stack}` tells when."
    if status.ends is None:
        return "No schedule that is known here ends it."
    kept = f", kept until {status.found.keep_until}" if status.found.keep_until else ""
    left = _duration((status.ends - status.now).total_seconds() / 3600)
    return f"Ends at {status.ends:%F %R} UTC, in {left}{kept}, where the workflow `day` is in use."


def _duration(hours: float) -> str:
    minutes = round(hours * 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
