"""Databricks SQL over the inference table, and the dashboard that shows what it answers.

Columns are those of the pages "Log requests and responses with inference tables" (a model service) and "Monitor served
models using AI Gateway-enabled inference tables" (a serving endpoint) of Databricks' documentation, compared on
2026-11-29 with the tables that public code of 2026 creates and reads. Only a workspace can prove that they still are.
Whoever deploys owns the table, so none of this needs an administrator of the account.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from components.databricks.model import DestinationModel

Gateway = Literal["service", "endpoint"]

TABLE = "{table}"
"""Stands in the queries where the full name of the inference table belongs."""

_COLUMNS: Mapping[Gateway, tuple[str, str]] = {
    "service": ("event_time", "latency_ms"),
    "endpoint": ("request_time", "execution_duration_ms"),
}
"""Time and duration of a call."""


@dataclass(frozen=True, kw_only=True)
class DashboardQuery:
    """A query of Databricks SQL with `TABLE` in it; `title` is the first line of its file, a comment."""

    name: str
    title: str
    text: str
    columns: Sequence[str]
    """What it answers, in order."""


def queries(gateway: Gateway, models: Sequence[DestinationModel]) -> Sequence[DashboardQuery]:
    """All of `queries/*.sql`, by name, over the calls of that kind of gateway with the prices of those models."""
    found = []
    for path in sorted((Path(__file__).parent / "queries").glob("*.sql")):
        first, columns, text = path.read_text(encoding="utf-8").split("\n", maxsplit=2)
        found.append(
            DashboardQuery(
                name=path.stem,
                title=first.removeprefix("-- "),
                text=f"{_calls(gateway, models)}\n{text}",
                columns=columns.removeprefix("-- Columns: ").split(", "),
            )
        )
    return found


def _calls(gateway: Gateway, models: Sequence[DestinationModel]) -> str:
    """Common table `calls`: one row for each call, with its cost where the price of its model is known."""
    time, duration = _COLUMNS[gateway]
    priced = {model.answers_as: model for model in models if model.input_cost is not None}
    prices = [f"('{name}', {model.input_cost!r}, {model.output_cost!r})" for name, model in priced.items()] or [
        "(CAST(NULL AS STRING), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE))"
    ]
    return f"""WITH prices AS (
  SELECT * FROM VALUES {", ".join(prices)} AS known(model, input_cost, output_cost)
),
logged AS (
  SELECT
    {time} AS called_at,
    requester AS caller,
    status_code,
    {duration} AS duration_ms,
    response,
    get_json_object(response, '$.model') AS model,
    CAST(get_json_object(response, '$.usage.prompt_tokens') AS BIGINT) AS input_tokens,
    CAST(get_json_object(response, '$.usage.completion_tokens') AS BIGINT) AS output_tokens
  FROM {TABLE}
),
calls AS (
  SELECT
    logged.*,
    (logged.input_tokens * prices.input_cost + logged.output_tokens * prices.output_cost) / 1000000 AS usd
  FROM logged
  -- Answers name the model with its version: gpt-4o-mini-2024-07-18.
  LEFT JOIN prices ON (logged.model = prices.model
    OR (startswith(logged.model, concat(prices.model, '-'))
      AND substring(logged.model, length(prices.model) + 2, 1) BETWEEN '0' AND '9')){_but_longer(priced)}
)"""  # noqa: S608  names and numbers of the validated settings


def _but_longer(names: Collection[str]) -> str:
    """Without it an answer of gpt-4o-2024-08-06 counts twice where that and gpt-4o have a price each."""
    return "".join(
        f"\n    AND NOT (prices.model = '{short}' AND (logged.model = '{name}' OR startswith(logged.model, '{name}-')))"
        for short in names
        for name in names
        if re.match(rf"{re.escape(short)}-\d", name)
    )


def dashboard(gateway: Gateway, models: Sequence[DestinationModel], table: str) -> str:
    """`serialized_dashboard`: a table for each query, one below the other."""
    found = queries(gateway, models)
    return json.dumps(
        {
            "datasets": [
                {
                    "name": query.name,
                    "displayName": query.title,
                    "queryLines": query.text.replace(TABLE, table).splitlines(keepends=True),
                }
                for query in found
            ],
            "pages": [
                {
                    "name": "usage",
                    "displayName": "Usage",
                    "pageType": "PAGE_TYPE_CANVAS",
                    "layout": [
                        {"widget": _widget(query), "position": {"x": 0, "y": 6 * row, "width": 6, "height": 6}}
                        for row, query in enumerate(found)
                    ],
                }
            ],
        }
    )


def _widget(query: DashboardQuery) -> dict[str, Any]:
    return {
        "name": query.name,
        "queries": [
            {
                "name": "main_query",
                "query": {
                    "datasetName": query.name,
                    "fields": [{"name": column, "expression": f"`{column}`"} for column in query.columns],
                    "disaggregated": True,
                },
            }
        ],
        "spec": {
            "version": 1,
            "widgetType": "table",
            "encodings": {
                "columns": [{"fieldName": column, "displayName": column.replace("_", " ")} for column in query.columns]
            },
            "frame": {"showTitle": True, "title": query.title},
        },
    }
