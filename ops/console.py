"""Rich consoles for reports, on a terminal or in a pipe, and times as reports write them."""

from __future__ import annotations

from rich.console import Console


def report_console(*, stderr: bool = False) -> Console:
    """The terminal; when piped, wide enough for tables. Ids hold `:key:` and the like, which are no pictures."""
    console = Console(highlight=False, emoji=False, stderr=stderr)
    if not console.is_terminal:
        console.width = 150
    return console


def minutes(seconds: float) -> str:
    """9:05 for nine minutes and five seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
