"""Usage of the Azure gateway in a day, from its logs in Azure Monitor: one row for each client and model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from components.azure import usage as kusto
from components.azure.identity import AZURE_CLI
from ops.clouds.log_analytics import Workspace
from stacks.errors import GenaiError

_NAMES = {AZURE_CLI: "people (Azure CLI)", "": "nobody", "unknown": "nobody"}
"""Callers that are no client of the settings: a request without a valid token is nobody's."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Sums over requests. `usd` is of those whose tokens are counted and whose model has a known price."""

    requests: int = 0
    errors: int = 0
    """Answered with 400 or above, by the gateway or by the model."""
    streamed: int = 0
    cached: int = 0
    """Answered from the semantic cache, which costs no tokens."""
    uncounted: int = 0
    """Answered well by a model, but without a count of tokens."""
    unpriced: int = 0
    """Counted, but of a model without a price in the catalogue."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    usd: float = 0.0

    @property
    def whole(self) -> bool:
        """Whether every request that was answered is in the tokens and in the cost."""
        return not self.uncounted and not self.unpriced

    @property
    def cost(self) -> str:
        """The cost in words: `unknown` instead of nothing, and `at least` where something is not in it."""
        if self.whole:
            return f"{self.usd:.4f}"
        return f"at least {self.usd:.4f}" if self.usd else "unknown"


@dataclass(frozen=True, kw_only=True)
class UsageRow:
    """What one client used of one model. `model` is what it asked for, empty where no model was named."""

    client: str
    client_id: str
    model: str
    counts: Counts


@dataclass(frozen=True, kw_only=True)
class DayUsage:
    """The usage of a day, UTC. `missing` is a table of Azure Monitor that has had no record yet."""

    day: date
    rows: Sequence[UsageRow]
    missing: str = ""
    total: Counts = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", _sum(row.counts for row in self.rows))

    @property
    def exit_code(self) -> int:
        """0 everything is counted and priced, 1 not everything."""
        return 0 if self.total.whole else 1


_COLUMNS: Mapping[str, str] = {
    "requests": "requests",
    "errors": "errors",
    "streamed": "streamed",
    "cached": "cached",
    "uncounted": "uncounted",
    "unpriced": "unpriced",
    "promptTokens": "prompt_tokens",
    "completionTokens": "completion_tokens",
    "totalTokens": "total_tokens",
    "usd": "usd",
}
"""Fields of `Counts` by the columns of `queries/usage.kql`."""


def read_usage(workspace: Workspace, client_ids: Mapping[str, str], day: date) -> DayUsage:
    """Ask the workspace for the usage of that day; `client_ids` are those of the stack's clients, by name."""
    begin = datetime.combine(day, time(), UTC)
    answer = workspace.ask(kusto.query("usage"), begin, begin + timedelta(days=1))
    names = {**_NAMES, **{client_id: name for name, client_id in client_ids.items()}}
    rows = [_row(found, names) for found in answer.rows]
    return DayUsage(day=day, rows=_by_client_and_model(rows), missing=answer.missing)


def parse_day(text: str, today: date) -> date:
    """A date such as 2026-11-29, that of today where there is none; GenaiError for another text and for tomorrow."""
    if not text:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise GenaiError(f"--day {text} is no date: write one such as {today}.") from error
    if day > today:
        raise GenaiError(f"--day {text} has not begun (it is {today} in UTC): name that day or an earlier one.")
    return day


def _row(found: Mapping[str, Any], names: Mapping[str, str]) -> UsageRow:
    client_id = found["clientId"] or ""
    counts = Counts(**{to: found[column] or 0 for column, to in _COLUMNS.items()})
    return UsageRow(
        client=names.get(client_id, client_id), client_id=client_id, model=found["model"] or "", counts=counts
    )


def _by_client_and_model(rows: Sequence[UsageRow]) -> Sequence[UsageRow]:
    """Two ids that are nobody's are one row."""
    grouped: dict[tuple[str, str], list[UsageRow]] = {}
    for row in rows:
        grouped.setdefault((row.client, row.model), []).append(row)
    return [
        UsageRow(client=client, client_id=own[0].client_id, model=model, counts=_sum(row.counts for row in own))
        for (client, model), own in grouped.items()
    ]


def _sum(counts: Iterable[Counts]) -> Counts:
    every = list(counts)
    return Counts(**{name: sum(getattr(one, name) for one in every) for name in _COLUMNS.values()})
