"""Report of a rehearsal (Rich), and its times beside those of `genai plan`."""

from __future__ import annotations

from rich.table import Table

from ops.console import report_console
from ops.stack.plan import Plan
from rehearsal.run import ENGINE, Summary


def compare(first: Plan, last: Plan, summary: Summary, scale: float) -> dict[str, dict[str, float]]:
    """Minutes of up and destroy as planned and as the engine scheduled them (first to last provider operation).

    `first` is the plan of the settings at `up`, `last` that of the settings at `destroy`.
    """
    planned = {"up": first.up.seconds, "destroy": last.down.seconds}
    return {
        part: {
            "planned": round(seconds / 60, 1),
            "rehearsed": round(summary.operations[part] / scale / 60, 1),
            "deviation": round(summary.operations[part] / scale / seconds - 1, 3),
        }
        for part, seconds in planned.items()
        if part in summary.operations
    }


def print_summary(summary: Summary, comparison: dict[str, dict[str, float]]) -> None:
    """Print it to standard output."""
    console = report_console()
    table = Table(show_header=False, box=None)
    made = {package: count for package, count in summary.resources.items() if package != ENGINE}
    counts = ", ".join(f"{package} {count}" for package, count in sorted(made.items()))
    table.add_row("resources", f"{sum(made.values())} ({counts}), beside the stack and its providers")
    table.add_row("changes in the second up", _zero(summary.changes_in_second_up))
    table.add_row("changed by another setting", ", ".join(summary.changed_by_setting) or "not reached")
    table.add_row("left in the cloud", _zero(sum(map(len, summary.left_in_cloud.values()))))
    table.add_row("left in the state", _zero(summary.left_in_state))
    table.add_row("secrets in plain", _zero(summary.secrets_in_plain))
    table.add_row("total time", f"{sum(summary.parts.values()):.1f} s")
    console.print(table)
    for kind, names in summary.left_in_cloud.items():
        console.print(f"  left: {kind} {', '.join(names)}")
    for error in summary.errors:
        console.print(error, markup=False)
    for part, times in comparison.items():
        console.print(
            f"{part}: planned {times['planned']} min, rehearsed {times['rehearsed']} min ({times['deviation']:+.1%})"
        )
    for problem in summary.unexpected:
        console.print(f"[red]not as it should be:[/] {problem}")
    clean = "[green]A clean day[/]: a second up changed nothing, and in the end nothing was left."
    console.print(clean if summary.good else "[red]Not a clean day[/]: the lines above say why.")


def _zero(found: int | None) -> str:
    """The number, which must be none, in red when it is another."""
    return "0" if found == 0 else f"[red]{'not reached' if found is None else found}[/]"
