"""The SQL of the dashboard: read by sqlglot as Databricks SQL, run by DuckDB on rows of the inference table."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from components.databricks import usage
from components.databricks.usage import DashboardQuery, Gateway
from stacks.databricks.settings import DatabricksSettings
from tests.databricks_program import GEMINI, GPT, KEYS, SPARE, recorded

MODELS = [
    model.to_call()
    for model in DatabricksSettings.model_validate(
        {"servedModels": [GPT, GEMINI, SPARE], "providerKeys": KEYS}
    ).served_models
]
COLUMNS: dict[Gateway, str] = {
    "service": "request_id VARCHAR, requester VARCHAR, event_time TIMESTAMP, latency_ms BIGINT, status_code INTEGER, "
    "request VARCHAR, response VARCHAR",
    "endpoint": "databricks_request_id VARCHAR, requester VARCHAR, request_time TIMESTAMP, execution_duration_ms "
    "BIGINT, status_code INTEGER, request VARCHAR, response VARCHAR",
}
"""The columns of both kinds of inference table that the queries may use, as Databricks' documentation has them."""
GATEWAYS: tuple[Gateway, ...] = ("service", "endpoint")


def answer(model: str, prompt: int, completion: int) -> str:
    return json.dumps({"model": model, "usage": {"prompt_tokens": prompt, "completion_tokens": completion}})


ROWS = [
    ("1", "a@example.com", "2026-11-29 09:05:00", 100, 200, "{}", answer("gpt-4o-mini-2024-07-18", 1_000_000, 0)),
    ("2", "a@example.com", "2026-11-29 09:15:00", 300, 200, "{}", answer("gemini-2.5-flash", 0, 1_000_000)),
    ("3", "litellm", "2026-11-29 10:05:00", 200, 200, "{}", answer("gpt-4o-2024-08-06", 5, 5)),
    ("4", "litellm", "2026-11-29 10:06:00", 50, 429, "{}", '{"error_code": "REQUEST_LIMIT_EXCEEDED"}'),
    ("5", "litellm", "2026-11-29 10:07:00", 60, 200, "{}", None),
    ("6", "litellm", "2026-11-29 10:08:00", 70, 500, "{}", "upstream connect error"),
]
"""Two priced calls, one without a price, one refused, one whose answer was too long to be logged, and one that is no
JSON."""

SPARK_JSON = (
    "CREATE MACRO spark_json(text, path) AS CASE WHEN json_valid(text) THEN json_extract_string(text, path) END"
)
"""Spark's `get_json_object` answers NULL for what is no JSON, DuckDB's own function stops there."""


def run(gateway: Gateway, name: str, rows: Any = ROWS) -> list[dict[str, Any]]:
    (query,) = (query for query in usage.queries(gateway, MODELS) if query.name == name)
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE payload ({COLUMNS[gateway]})")
        database.execute(SPARK_JSON)
        if rows:
            database.executemany("INSERT INTO payload VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        text = query.text.replace(usage.TABLE, "payload").replace("get_json_object(", "spark_json(")
        (translated,) = sqlglot.transpile(text, read="databricks", write="duckdb")
        found = database.execute(translated)
        names = [column[0] for column in found.description or ()]
        assert names == list(query.columns)
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


every_gateway = pytest.mark.parametrize("gateway", GATEWAYS)


@every_gateway
def test_who_spent_what(gateway: Gateway) -> None:
    assert run(gateway, "by_caller") == [
        {
            "caller": "a@example.com",
            "requests": 2,
            "errors": 0,
            "input_tokens": 1_000_000,
            "output_tokens": 1_000_000,
            "usd": pytest.approx(0.15 + 2.5),
        },
        {"caller": "litellm", "requests": 4, "errors": 2, "input_tokens": 5, "output_tokens": 5, "usd": None},
    ]


@every_gateway
def test_a_version_finds_the_price_of_its_model_and_another_model_with_the_same_beginning_does_not(
    gateway: Gateway,
) -> None:
    found = {row["model"]: (row["requests"], row["usd"]) for row in run(gateway, "by_model")}
    assert found == {
        "gpt-4o-mini-2024-07-18": (1, pytest.approx(0.15)),
        "gemini-2.5-flash": (1, pytest.approx(2.5)),
        "gpt-4o-2024-08-06": (1, None),
        "no answer": (3, None),
    }


@every_gateway
def test_a_version_with_a_price_of_its_own_is_counted_once_and_an_underscore_is_no_other_letter(
    gateway: Gateway, monkeypatch: Any
) -> None:
    (gpt,) = (model for model in MODELS if model.name == "gpt")
    names = {"gpt-4o": 1.0, "gpt-4o-2024-08-06": 2.0, "my_model": 4.0}
    models = [dataclasses.replace(gpt, answers_as=name, input_cost=usd, output_cost=usd) for name, usd in names.items()]
    monkeypatch.setattr("tests.components.databricks.test_usage.MODELS", models)
    answered = ("gpt-4o-2024-08-06", "gpt-4o-2024-11-20", "gpt-4o-2024-08-06-1", "gpt-4o", "my-model-1", "my_model-1")
    rows = [(name, "a", "2026-11-29", 1, 200, "{}", answer(name, 1_000_000, 0)) for name in answered]
    assert {row["model"]: (row["requests"], row["usd"]) for row in run(gateway, "by_model", rows)} == {
        "gpt-4o-2024-08-06": (1, 2),
        "gpt-4o-2024-11-20": (1, 1),
        "gpt-4o-2024-08-06-1": (1, 2),
        "gpt-4o": (1, 1),
        "my-model-1": (1, None),
        "my_model-1": (1, 4),
    }


@every_gateway
def test_the_split_is_told_in_per_cent_of_the_calls(gateway: Gateway) -> None:
    assert sum(row["percent"] for row in run(gateway, "by_model")) == pytest.approx(100, abs=0.3)


@every_gateway
def test_errors_and_latency_by_hour(gateway: Gateway) -> None:
    ten, nine = run(gateway, "requests")
    assert (ten["requests"], ten["errors"]) == (4, 2)
    assert (nine["requests"], nine["errors"], nine["median_ms"]) == (2, 0, 200)


@every_gateway
def test_the_newest_error_comes_first_with_what_was_answered(gateway: Gateway) -> None:
    found = run(gateway, "errors")
    assert [(row["status_code"], row["answer"]) for row in found] == [
        (500, "upstream connect error"),
        (429, '{"error_code": "REQUEST_LIMIT_EXCEEDED"}'),
    ]


@every_gateway
def test_before_the_first_call_every_query_answers_nothing(gateway: Gateway) -> None:
    assert [run(gateway, query.name, rows=[]) for query in usage.queries(gateway, MODELS)] == [[]] * 4


@every_gateway
def test_without_any_price_the_cost_is_unknown_and_the_rest_is_told(gateway: Gateway, monkeypatch: Any) -> None:
    monkeypatch.setattr("tests.components.databricks.test_usage.MODELS", [])
    assert {row["usd"] for row in run(gateway, "by_caller")} == {None}


@every_gateway
def test_the_queries_read_no_prompt(gateway: Gateway) -> None:
    for query in usage.queries(gateway, MODELS):
        read = {column.name for column in sqlglot.parse_one(query.text, read="databricks").find_all(exp.Column)}
        assert "request" not in read


def queries_of(dashboard: dict[str, Any]) -> list[str]:
    return ["".join(dataset["queryLines"]) for dataset in dashboard["datasets"]]


@every_gateway
def test_the_dashboard_shows_every_query_over_the_table_of_the_stack(gateway: Gateway) -> None:
    token = "databricks:index/dashboard:Dashboard"
    inputs = recorded(gateway).one(token).inputs
    dashboard = json.loads(inputs["serializedDashboard"])
    table = recorded(gateway).outputs["inferenceTable"]
    expected: list[DashboardQuery] = list(usage.queries(gateway, MODELS))
    assert queries_of(dashboard) == [query.text.replace(usage.TABLE, table) for query in expected]
    (page,) = dashboard["pages"]
    shown = [widget["widget"] for widget in page["layout"]]
    assert [one["queries"][0]["query"]["datasetName"] for one in shown] == [query.name for query in expected]
    for one, query in zip(shown, expected, strict=True):
        assert [column["fieldName"] for column in one["spec"]["encodings"]["columns"]] == list(query.columns)
