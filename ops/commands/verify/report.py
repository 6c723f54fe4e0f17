"""How the proof is shown: a line for each step as it ends, then the sum; or as data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rich.console import Console

from ops.checks.verify.step import StepOutcome, StepState

MARKS = {
    StepState.PROVED: "[green]✓[/green]",
    StepState.FAILED: "[red]✗[/red]",
    StepState.NO_ANSWER: "[red]?[/red]",
    StepState.SKIPPED: "[yellow]–[/yellow]",
}


def print_outcome(name: str, outcome: StepOutcome, console: Console) -> None:
    """One line, and a second with what it means when it was not proved."""
    took = "" if outcome.state == StepState.SKIPPED else f" ({outcome.seconds:.1f} s)"
    console.print(MARKS[outcome.state], end=" ")
    console.print(f"{name}{took}: {outcome.says}", markup=False, soft_wrap=True)
    if outcome.means:
        console.print(f"  → {outcome.means}", markup=False, soft_wrap=True)


def print_summary(outcomes: Mapping[str, StepOutcome], notes: Sequence[str], console: Console) -> None:
    """The notes, and how many steps came to what."""
    for note in notes:
        console.print(note, markup=False, soft_wrap=True)
    counts = {state: sum(outcome.state == state for outcome in outcomes.values()) for state in StepState}
    console.print(", ".join(f"{count} {state}" for state, count in counts.items()) + ".")


def as_json(
    outcomes: Mapping[str, StepOutcome], notes: Sequence[str], *, stack: str, azure_stack: str | None, code: int
) -> str:
    """All of it. Seconds are rounded to milliseconds; `means` is empty where a step was proved or skipped."""
    steps = [
        {
            "step": name,
            "state": outcome.state,
            "says": outcome.says,
            "means": outcome.means,
            "seconds": round(outcome.seconds, 3),
        }
        for name, outcome in outcomes.items()
    ]
    data = {"stack": stack, "azure_stack": azure_stack, "steps": steps, "notes": notes, "exit_code": code}
    return json.dumps(data, indent=2)
