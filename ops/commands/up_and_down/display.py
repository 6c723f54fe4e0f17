"""Progress of the Pulumi engine: a live table on a terminal (Rich), lines in a pipe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pulumi.automation.events import EngineEvent
from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table

from ops.console import minutes
from ops.stack.progress import PartStatus, Progress

HEARTBEAT = 60.0
"""Seconds between two lines that say what the engine is busy with."""

_STYLES = {
    PartStatus.WAITING: "dim",
    PartStatus.WORKING: "bold",
    PartStatus.FAILED: "red",
    PartStatus.DONE: "green",
}


@contextmanager
def shown(progress: Progress, console: Console) -> Iterator[Callable[[EngineEvent], None]]:
    """Show it until the operation is over; gives what must get the events."""
    if console.is_terminal:
        with Live(get_renderable=lambda: table(progress), console=console, refresh_per_second=2):
            yield progress.on_event
        return
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT):
            console.print(busy_line(progress), markup=False, soft_wrap=True)

    def on_event(event: EngineEvent) -> None:
        if not (event.res_outputs_event or event.res_op_failed_event):
            progress.on_event(event)
            return
        before = {part.name: part.status for part in progress.parts}
        progress.on_event(event)
        for part in progress.parts:
            if part.status is not before[part.name] and part.status in (PartStatus.FAILED, PartStatus.DONE):
                took = f"{part.name} {part.status} in {minutes(part.seconds)} (typically {minutes(part.typical)})"
                console.print(f"{minutes(progress.seconds):>6}  {took}", markup=False, soft_wrap=True)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield on_event
    finally:
        over.set()
        thread.join()


def table(progress: Progress) -> Table:
    """One row for each component, and what is left."""
    rows = Table(box=box.SIMPLE_HEAD, title=_time(progress), title_justify="left")
    for heading in ("Component", "", "Elapsed", "Typical"):
        rows.add_column(heading, justify="left" if heading in ("Component", "") else "right")
    for part in progress.parts:
        rows.add_row(
            part.name,
            part.status,
            minutes(part.seconds) if part.seconds else "",
            minutes(part.typical),
            style=_STYLES[part.status],
        )
    return rows


def busy_line(progress: Progress) -> str:
    """What the engine is busy with now, in a line."""
    working = [f"{part.name} {minutes(part.seconds)}" for part in progress.parts if part.status is PartStatus.WORKING]
    return f"{_time(progress)}; working on {', '.join(working) or 'nothing of a component'}"


def _time(progress: Progress) -> str:
    left = progress.seconds_left
    about = f"about {minutes(left)} left" if left >= 1 else "longer than usual"
    if all(part.status is PartStatus.DONE for part in progress.parts):
        about = "done"
    return f"{minutes(progress.seconds):>6}  {about}"
