"""Rich consoles for reports, on a terminal or in a pipe."""

from __future__ import annotations

from rich.console import Console


def report_console(*, stderr: bool = False) -> Console:
    """The terminal; when piped, wide enough for tables. Ids hold `:key:` and the like, which are no pictures."""
    console = Console(highlight=False, emoji=False, stderr=stderr)
    if not console.is_terminal:
        console.width = 150
    return console
