"""Azure Monitor: Kusto queries over the gateway's logs, and a workbook that shows the usage of each client.

The columns are those of the tables ApiManagementGatewayLogs and ApiManagementGatewayLlmLog (Azure Monitor logs
reference); `clientId` and the model that was asked for come from the policy's own trace records, joined by
CorrelationId, which is the request id that callers see in errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogue import model_prices

_NO_PRICES = "[];"
"""The price table as the files have it."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """A Kusto query; `title` is its first line, a comment."""

    name: str
    title: str
    text: str


def queries() -> Sequence[Query]:
    """All of `queries/*.kql`, by name, with the price table of the catalogue in theirs."""
    return [
        Query(name=path.stem, title=text.partition("\n")[0].removeprefix("// "), text=text)
        for path in sorted((Path(__file__).parent / "queries").glob("*.kql"))
        for text in [path.read_text(encoding="utf-8").replace(_NO_PRICES, f"[{_prices()}];")]
    ]


def query(name: str) -> str:
    """The text of the query of that name."""
    (found,) = (query.text for query in queries() if query.name == name)
    return found


def _prices() -> str:
    rows = (
        f'    "{model}", {price.prompt_usd}, {price.completion_usd},\n'
        for model, price in model_prices.MODEL_PRICES.items()
    )
    return f"\n{''.join(rows)}"


def workbook(workspace_id: str) -> dict[str, Any]:
    """An Azure Monitor workbook over the workspace: a time range and a table for each query about all requests."""
    return {
        "$schema": "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json",
        "version": "Notebook/1.0",
        "fallbackResourceIds": [workspace_id],
        "items": [
            _time_range(),
            _text(
                "usd is the tokens at list prices without cached input and discounts, of the models whose price is "
                f"known ({model_prices.SOURCE}). cached is what the semantic cache answered, in no tokens and no usd. "
                "Counts are late by two to five minutes. `genai usage` prints the same."
            ),
            *(_table(query) for query in queries() if query.name != "one-request"),
        ],
    }


def _text(text: str) -> dict[str, Any]:
    return {"type": 1, "name": "about", "content": {"json": text}}


def _time_range() -> dict[str, Any]:
    durations = [3_600_000, 14_400_000, 86_400_000, 604_800_000]  # milliseconds
    return {
        "type": 9,
        "name": "time-range",
        "content": {
            "version": "KqlParameterItem/1.0",
            "parameters": [
                {
                    "id": "8c6f8a53-21f4-4b7e-9a53-5f4f7d6f6f11",
                    "version": "KqlParameterItem/1.0",
                    "name": "TimeRange",
                    "label": "Time range",
                    "type": 4,
                    "isRequired": True,
                    "value": {"durationMs": 86_400_000},
                    "typeSettings": {"selectableValues": [{"durationMs": duration} for duration in durations]},
                }
            ],
        },
    }


def _table(query: Query) -> dict[str, Any]:
    return {
        "type": 3,
        "name": query.name,
        "content": {
            "version": "KqlItem/1.0",
            "title": query.title,
            "query": query.text,
            "size": 0,
            "timeContextFromParameter": "TimeRange",
            "queryType": 0,
            "resourceType": "microsoft.operationalinsights/workspaces",
            "visualization": "table",
        },
    }
