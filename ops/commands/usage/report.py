"""Report of `genai usage`: a table on a terminal (Rich), or JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from catalogue.model_prices import SOURCE
from ops.commands.usage.usage import Counts, DayUsage

_HEADINGS = ("Client", "Model", "Requests", "Errors", "Streamed", "Cached", "Prompt", "Completion", "Tokens", "USD")


def as_json(usage: DayUsage, *, stack: str) -> dict[str, Any]:
    """The usage as data. `usd` is a part where not all is counted and priced, null where nothing is."""
    return {
        "stack": stack,
        "day": usage.day.isoformat(),
        "rows": [
            {"client": row.client, "client_id": row.client_id, "model": row.model or None, **_data(row.counts)}
            for row in usage.rows
        ],
        "total": _data(usage.total),
        "missing_table": usage.missing or None,
        "exit_code": usage.exit_code,
    }


def print_usage(usage: DayUsage, console: Console, *, stack: str) -> None:
    """Print a row for each client and model, their sum, and what the figures leave out."""

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    if usage.rows:
        table = Table(box=box.SIMPLE_HEAD, show_footer=len(usage.rows) > 1)
        footers = ("all", "", *_cells(usage.total))
        for heading, footer in zip(_HEADINGS, footers, strict=True):
            left = heading in ("Client", "Model")
            table.add_column(heading, footer=footer, justify="left" if left else "right", overflow="fold")
        for row in usage.rows:
            table.add_row(escape(row.client), escape(row.model or "none"), *_cells(row.counts))
        console.print(table)
    else:
        say(f"No request reached the gateway of stack {stack} on {usage.day} (UTC), as far as its logs know.")
    if usage.missing:
        say(f"The table {usage.missing} is not there yet: Azure makes it with its first record.")
    if usage.total.uncounted:
        say(
            f"{_requests(usage.total.uncounted)} answered without a count of tokens: a stream whose caller did not ask "
            "for one (stream_options.include_usage), or a record that is still on its way."
        )
    if usage.total.unpriced:
        say(
            f"{_requests(usage.total.unpriced)} went to a model without a known price; LiteLLM knows what its own cost."
        )
    if usage.rows:
        say(f"Prices: {SOURCE}, without cached input and discounts. Records are late by two to five minutes.")


def _cells(counts: Counts) -> list[str]:
    numbers = (counts.requests, counts.errors, counts.streamed, counts.cached)
    tokens = (counts.prompt_tokens, counts.completion_tokens, counts.total_tokens)
    return [*(f"{number:,}" for number in (*numbers, *tokens)), counts.cost]


def _data(counts: Counts) -> dict[str, Any]:
    return {**asdict(counts), "usd": counts.usd if counts.usd or counts.whole else None}


def _requests(count: int) -> str:
    return f"{count} request{'s' * (count != 1)}"
