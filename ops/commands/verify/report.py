"""The steps of `genai verify` on a terminal (Rich), a line for each as it ends, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console

from ops.checks.check import Outcome, State

_MARKS = {
    State.FINE: "[green]✓[/green]",
    State.BAD: "[red]✗[/red]",
    State.COULD_NOT_LOOK: "[red]?[/red]",
    State.SKIPPED: "[yellow]–[/yellow]",
}
_WORDS = {
    State.FINE: "proved",
    State.BAD: "failed",
    State.COULD_NOT_LOOK: "no answer",
    State.SKIPPED: "skipped",
}
"""What the report calls the states."""


def print_outcome(name: str, outcome: Outcome, console: Console) -> None:
    """One line, and a second with what a failure means when the step was not proved."""
    took = "" if outcome.state == State.SKIPPED else f" ({outcome.seconds:.1f} s)"
    console.print(_MARKS[outcome.state], end=" ")
    console.print(f"{name}{took}: {outcome.says}", markup=False, soft_wrap=True)
    if outcome.fix:
        console.print(f"  → {outcome.fix}", markup=False, soft_wrap=True)


def print_summary(outcomes: Mapping[str, Outcome], notes: Sequence[str], console: Console) -> None:
    """The notes, and how many steps came to what."""
    for note in notes:
        console.print(note, markup=False, soft_wrap=True)
    counts = Counter(outcome.state for outcome in outcomes.values())
    console.print(", ".join(f"{counts[state]} {word}" for state, word in _WORDS.items()) + ".")


def as_json(
    outcomes: Mapping[str, Outcome], notes: Sequence[str], *, stack: str, azure_stack: str | None, code: int
) -> str:
    """All of it. Seconds are rounded to milliseconds; `means` is empty where a step was proved or skipped."""
    steps = [
        {
            "step": name,
            "state": _WORDS[outcome.state],
            "says": outcome.says,
            "means": outcome.fix,
            "seconds": round(outcome.seconds, 3),
        }
        for name, outcome in outcomes.items()
    ]
    data = {"stack": stack, "azure_stack": azure_stack, "steps": steps, "notes": notes, "exit_code": code}
    return json.dumps(data, indent=2)
