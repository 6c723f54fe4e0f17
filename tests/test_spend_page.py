"""The page "Who spent what": its queries are those of the project, and those over system tables run."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import pytest
import sqlglot

from components.databricks import usage
from ops.project import ROOT
from stacks.databricks.settings import DatabricksSettings
from tests.databricks_program import GEMINI, GPT, KEYS, SPARE, recorded
from tests.ops.schema import given

PAGES = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("spend.md", "ja/spend.md")}
page = pytest.mark.parametrize("name", PAGES)

SYSTEM_TABLES = """
CREATE SCHEMA ai_gateway;
CREATE SCHEMA serving;
CREATE TABLE ai_gateway.usage (event_time TIMESTAMP, requester VARCHAR, requester_type VARCHAR,
  destination_name VARCHAR,
  destination_model VARCHAR, status_code INTEGER, latency_ms BIGINT, input_tokens BIGINT, output_tokens BIGINT,
  total_tokens BIGINT);
CREATE TABLE ai_gateway.external_model_spend (record_id VARCHAR, usage_start_time TIMESTAMP, usage_date DATE,
  usage_quantity DOUBLE, usage_unit VARCHAR, usage_metadata STRUCT(provider VARCHAR, model VARCHAR));
CREATE TABLE serving.endpoint_usage (request_time TIMESTAMP, requester VARCHAR, served_entity_id VARCHAR,
  status_code INTEGER, input_token_count BIGINT, output_token_count BIGINT);
CREATE TABLE serving.served_entities (served_entity_id VARCHAR, endpoint_name VARCHAR, served_entity_name VARCHAR);
INSERT INTO ai_gateway.usage VALUES
  (now()::TIMESTAMP, 'a', 'USER', 'gpt', 'gpt-4o-mini', 200, 9, 10, 1, 11),
  (now()::TIMESTAMP, 'a', 'USER', 'gpt', 'gpt-4o-mini', 200, 9, 20, 2, 22),
  (now()::TIMESTAMP - INTERVAL 2 DAYS, 'b', 'USER', 'gpt', 'gpt-4o-mini', 200, 9, 5, 5, 10);
INSERT INTO ai_gateway.external_model_spend VALUES
  ('1', now()::TIMESTAMP, current_date, 0.25, 'USD', {'provider': 'azure_openai', 'model': 'gpt-4o-mini'}),
  ('2', now()::TIMESTAMP, current_date, 0.5, 'USD', {'provider': 'azure_openai', 'model': 'gpt-4o-mini'}),
  ('3', now()::TIMESTAMP, current_date - 60, 9, 'USD', {'provider': 'openai', 'model': 'gpt-4o'});
INSERT INTO serving.endpoint_usage VALUES
  (now()::TIMESTAMP, 'a', 'e-1', 200, 10, 1), (now()::TIMESTAMP, 'b', 'e-1', 200, 3, 4),
  (now()::TIMESTAMP, 'a', 'e-1', 200, 20, 2);
INSERT INTO serving.served_entities VALUES ('e-1', 'chat', 'gpt'), ('e-2', 'other', 'spare');
"""
"""The columns that public code of 2026 reads, and rows of today, of two days ago and of two months ago."""


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGES[name], re.DOTALL)


@page
def test_litellms_query_is_the_one_that_runs_on_postgresql(name: str) -> None:
    assert blocks(name, "sql")[0] == given.sql("who-spent-what")


@page
def test_api_managements_query_is_the_one_that_the_workbook_shows(name: str) -> None:
    (query,) = blocks(name, "kusto")
    assert query.rstrip() == (ROOT / "components/azure/queries/usage.kql").read_text(encoding="utf-8").rstrip()


@page
def test_databricks_query_is_the_one_that_the_dashboard_shows(name: str) -> None:
    settings = DatabricksSettings.model_validate({"servedModels": [GPT, GEMINI, SPARE], "providerKeys": KEYS})
    models = [model.to_call() for model in settings.served_models]
    (query,) = (query for query in usage.queries("service", models) if query.name == "by_caller")
    assert (
        blocks(name, "sql")[1].rstrip()
        == query.text.replace(usage.TABLE, recorded().outputs["inferenceTable"]).rstrip()
    )


@page
def test_the_queries_over_system_tables_answer(name: str) -> None:
    asked = blocks(name, "sql")[2:]
    assert [answer(query) for query in asked] == [
        [("a", "gpt-4o-mini", 2, 30, 3)],
        [("azure_openai", "gpt-4o-mini", 0.75)],
        [("a", "gpt", 2, 30, 3), ("b", "gpt", 1, 3, 4)],
    ]


def answer(query: str) -> list[Any]:
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute(SYSTEM_TABLES)
        (translated,) = sqlglot.transpile(query, read="databricks", write="duckdb")
        return database.execute(translated.replace("system.", "")).fetchall()
