"""Outcomes of checks on a terminal (Rich) and as JSON: used by preflight and status."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from ops.checks.check import Outcome, State

_MARKS = {
    State.FINE: "[green]✓[/green]",
    State.BAD: "[red]✗[/red]",
    State.COULD_NOT_LOOK: "[yellow]?[/yellow]",
    State.SKIPPED: "[yellow]–[/yellow]",
}


def print_outcomes(outcomes: Mapping[str, Outcome], console: Console) -> None:
    """A line each, and a second with the fix where there is one."""
    for name, outcome in outcomes.items():
        console.print(_MARKS[outcome.state], end=" ")
        console.print(f"{name}: {outcome.says}", markup=False, soft_wrap=True)
        if outcome.fix:
            console.print(f"  → {outcome.fix}", markup=False, soft_wrap=True)


def as_data(outcomes: Mapping[str, Outcome]) -> list[dict[str, str]]:
    """The same for `--json`."""
    return [
        {"check": name, "state": outcome.state, "says": outcome.says, "fix": outcome.fix}
        for name, outcome in outcomes.items()
    ]
