"""Outcomes of checks on a terminal (Rich) and as JSON: used by preflight and status."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from ops.checks.check import Outcome, State
from ops.clouds.aws import LOG_IN

_MARKS = {
    State.FINE: "[green]✓[/green]",
    State.NOTE: "[yellow]![/yellow]",
    State.BAD: "[red]✗[/red]",
    State.COULD_NOT_LOOK: "[yellow]?[/yellow]",
    State.SKIPPED: "[yellow]–[/yellow]",
}


_NAMED = 3
"""Checks that are named where several met the same obstacle."""


def print_outcomes(outcomes: Mapping[str, Outcome], console: Console) -> None:
    """A line each, and a second with the fix where there is one; checks that met the same obstacle share them."""
    met: dict[tuple[str, str], list[str]] = {}
    for name, outcome in outcomes.items():
        met.setdefault(_obstacle(name, outcome), []).append(name)
    for names in met.values():
        outcome = outcomes[names[0]]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        console.print(_MARKS[outcome.state], end=" ")
        console.print(f"{', '.join(names[:_NAMED])}{more}: {outcome.says}", markup=False, soft_wrap=True)
        if outcome.fix:
            console.print(f"  → {outcome.fix}", markup=False, soft_wrap=True)


def _obstacle(name: str, outcome: Outcome) -> tuple[str, str]:
    """What they share: words and fix where nobody could look, or nobody is logged in; else nothing."""
    shared = outcome.state is State.COULD_NOT_LOOK or outcome.fix == LOG_IN
    return (outcome.says, outcome.fix) if shared else (name, "")


def as_data(outcomes: Mapping[str, Outcome]) -> list[dict[str, str]]:
    """The same for `--json`."""
    return [
        {"check": name, "state": outcome.state, "says": outcome.says, "fix": outcome.fix}
        for name, outcome in outcomes.items()
    ]
