"""The SQL of the question pages, on tables with rows: on ClickHouse's by the pages, on PostgreSQL's by LiteLLM."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.project import ROOT
from ops.schema import clickhouse
from ops.schema.differences import differences
from tests.ops.schema import given

TABLES = given.create(given.documented()["clickhouse"])
NOW = datetime.now(UTC).replace(microsecond=0, tzinfo=None)


def span(span_id: str, trace: str, **values: Any) -> str:
    """A row of events_core."""
    row = {
        "project_id": "p1",
        "span_id": span_id,
        "trace_id": trace,
        "start_time": str(NOW),
        "event_ts": str(NOW),
        **values,
    }
    return f"INSERT INTO events_core ({', '.join(row)}) VALUES ({', '.join(map(_literal, row.values()))})"


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return f"map({', '.join(_literal(item) for pair in value.items() for item in pair)})"
    return str(value) if isinstance(value, int | float) else f"'{value}'"


def test_a_trace_is_found_by_its_session() -> None:
    usage = {"usage_details": {"input": 9, "total": 11}, "cost_details": {"total": 0.5}}
    rows = [
        span("1", "t1", session_id="session-1", user_id="alice", name="litellm_request"),
        span("2", "t1", parent_span_id="1", name="raw_gen_ai_request", **usage),
        span("2", "t1", parent_span_id="1", name="raw_gen_ai_request", **usage),  # written again
        span("3", "t1", parent_span_id="1", is_deleted=1, **usage),
        span("4", "t2", session_id="session-2", **usage),
        span("5", "t3", session_id="session-1", name="later", start_time=str(NOW + timedelta(seconds=1))),
    ]
    found = given.clickhouse(*_with_total_cost(), *rows, given.sql("find-a-trace-by-session"))
    assert [(row["trace_id"], row["root"], row["spans"], row["user"], row["tokens"], row["usd"]) for row in found] == [
        ("t1", "litellm_request", 2, "alice", 11, 0.5),
        ("t3", "later", 1, "", 0, 0),
    ]


def test_the_tokens_of_a_project_are_summed_by_day_and_model() -> None:
    usage = {"usage_details": {"input": 9, "output": 2, "total": 11}, "cost_details": {"total": 0.25}}
    call = {"type": "GENERATION", "provided_model_name": "nova-lite", **usage}
    rows = [
        span("1", "t1", **call),
        span("1", "t1", **call),  # written again
        span("2", "t2", **call),
        span("3", "t2", **{**call, "type": "SPAN"}),
        span("4", "t3", **call, is_deleted=1),
        span("5", "t4", **{**call, "provided_model_name": "echo"}),
        span("6", "t5", **call, project_id="p2"),
        span("7", "t6", **{**call, "start_time": str(NOW - timedelta(days=8))}),
    ]
    found = given.clickhouse(*_with_total_cost(), *rows, given.sql("which-tokens-does-a-project-use"))
    assert [
        tuple(row[name] for name in ("project_id", "model", "calls", "input", "output", "total", "usd"))
        for row in found
    ] == [
        ("p1", "nova-lite", 2, 18, 4, 22, 0.5),
        ("p1", "echo", 1, 9, 2, 11, 0.25),
        ("p2", "nova-lite", 1, 9, 2, 11, 0.25),
    ]


def _with_total_cost() -> list[str]:
    # The pages say that it is computed, and not how.
    return [
        table.replace("`total_cost` Decimal(18, 12)", "`total_cost` ALIAS cost_details['total']") for table in TABLES
    ]


@given.needs_langfuse
def test_clickhouse_has_the_documented_tables_after_langfuses_migrations() -> None:
    from ops.schema import sources

    made = sources.langfuse(Path(given.LANGFUSE))
    for name in ("langfuse", "clickhouse"):
        assert differences(given.documented()[name], made[name]) == []


def test_clickhouse_tells_the_tables_that_the_pages_tell() -> None:
    told = clickhouse.database(given.clickhouse(*TABLES, clickhouse.TABLES), "4.16.0")
    documented = given.documented()["clickhouse"]
    assert {name: [column.name for column in table.columns] for name, table in told.tables.items()} == {
        name: [column.name for column in table.columns]
        for name, table in documented.tables.items()
        if table.engine == "ReplacingMergeTree"
    }
    assert {name: table.primary_key for name, table in told.tables.items()} == {
        name: documented.tables[name].primary_key for name in told.tables
    }


@pytest.fixture(scope="module")
def litellm() -> Iterator[Any]:
    """A connection to a database with all of LiteLLM's migrations and a few rows."""
    with given.postgresql() as server:
        given.make(server, "litellm", given.litellm_migrations())
        with given.connect(server, "litellm") as connection:
            for table, rows in ROWS.items():
                for row in rows:
                    columns, marks = ", ".join(f'"{name}"' for name in row), ", ".join(["%s"] * len(row))
                    statement = f'INSERT INTO "LiteLLM_{table}" ({columns}) VALUES ({marks})'
                    connection.execute(statement.encode(), list(row.values()))
            yield connection


CALL = {"call_type": "completion", "startTime": NOW, "endTime": NOW, "model": "m"}
ALICE = {"api_key": "hash-a", "model_group": "echo", "user": "u1", "team_id": "t1"}
KEY = {"models": ["echo"]}
ROWS: dict[str, list[dict[str, Any]]] = {
    "UserTable": [{"user_id": "u1", "user_email": "alice@example.com", "models": []}],
    "TeamTable": [
        {"team_id": "t1", "team_alias": "red", "models": ["nova-lite"], "access_group_ids": ["g1"]},
        {"team_id": "t2", "team_alias": "blue", "models": []},
    ],
    "AccessGroupTable": [
        {"access_group_id": "g1", "access_group_name": "extra", "access_model_names": ["opus", "haiku"]},
    ],
    "VerificationToken": [
        {**KEY, "token": "hash-a", "key_alias": "a", "user_id": "u1", "team_id": "t1"},
        {"token": "hash-b", "key_alias": "b", "user_id": "u1", "models": [], "access_group_ids": ["g1"]},
        {**KEY, "token": "hash-c", "user_id": "u2", "team_id": "t2", "access_group_ids": ["g1"], "blocked": True},
        {**KEY, "token": "hash-d", "key_alias": "d", "expires": NOW - timedelta(minutes=1)},
        {**KEY, "token": "hash-e", "key_alias": "e", "expires": NOW + timedelta(days=1)},
    ],
    "DeletedVerificationToken": [
        {**KEY, "id": "1", "token": "hash-x", "key_alias": "older", "deleted_at": NOW - timedelta(days=2)},
        {**KEY, "id": "2", "token": "hash-x", "key_alias": "x", "deleted_at": NOW - timedelta(days=1)},
        {**KEY, "id": "3", "token": "hash-a", "key_alias": "a before", "deleted_at": NOW - timedelta(days=1)},
    ],
    "SpendLogs": [
        {**CALL, **ALICE, "request_id": "1", "spend": 0.5, "total_tokens": 10},
        {**CALL, **ALICE, "request_id": "2", "spend": 0.25, "total_tokens": 5},
        {**CALL, **ALICE, "request_id": "3", "spend": 9, "total_tokens": 9, "startTime": NOW - timedelta(days=2)},
        {**CALL, "request_id": "4", "api_key": "hash-x", "spend": 2, "total_tokens": 7, "model_group": ""},
        {**CALL, "request_id": "5", "api_key": "hash-unknown", "user": "u9"},
    ],
}


def answer(connection: Any, page: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = connection.execute(given.sql(page)).fetchall()
    return rows


@pytest.mark.schema
def test_spend_is_told_by_key_user_team_and_model(litellm: Any) -> None:
    assert [(*row[:7], float(row[7])) for row in answer(litellm, "who-spent-what")] == [
        ("x", True, "-", "-", "m", 1, 7, 2.0),
        ("a", False, "alice@example.com", "red", "echo", 2, 15, 0.75),
        ("hash-unk", False, "u9", "-", "m", 1, 0, 0.0),
    ]


@pytest.mark.schema
def test_the_models_of_every_living_key_are_told_with_those_of_its_team(litellm: Any) -> None:
    everything = ["all-proxy-models"]
    assert [row[:5] for row in answer(litellm, "which-key-may-use-which-model")] == [
        ("a", ["echo"], "red", ["nova-lite", "haiku", "opus"], False),
        ("b", everything, "-", everything, False),
        ("e", ["echo"], "-", everything, False),
        ("hash-c", ["echo", "haiku", "opus"], "blue", everything, True),
    ]


@pytest.mark.schema
def test_a_user_has_all_keys_that_name_it(litellm: Any) -> None:
    end = NOW - timedelta(minutes=1)
    assert answer(litellm, "why-a-user-has-many-keys") == [
        ("alice@example.com", 2, ["a", "b"], 2, 1, None),
        ("u2", 1, ["hash-c"], 1, 1, None),
        ("(no user)", 2, ["d", "e"], 1, 0, end),
    ]


@pytest.mark.schema
def test_the_command_of_operations_runs_an_sql_of_the_pages(litellm: Any) -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"deployment/litellm -- python3 -c '\n(.*?)'", text, re.DOTALL)
    login = {"HOST": litellm.info.host, "PORT": "5432", "USERNAME": "postgres", "PASSWORD": "x", "NAME": "litellm"}
    said = subprocess.run(
        [sys.executable, "-c", code],
        input=given.sql("who-spent-what"),
        env={f"DATABASE_{name}": value for name, value in {**login, "SSLMODE": "require"}.items()},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (said.stderr, said.stdout.splitlines()[0]) == ("", "x\tTrue\t-\t-\tm\t1\t7\t2.000000")


def test_every_question_has_a_test_for_its_sql() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [page for page in given.QUESTIONS if f'"{page}"' not in text] == []
