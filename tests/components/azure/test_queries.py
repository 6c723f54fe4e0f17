"""The Kusto queries, as Microsoft's language service for Kusto reads them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.azure import usage
from tests.components.azure.log_tables import TABLES
from tests.ops.schema import given
from tests.required import missing

pytestmark = pytest.mark.schema
QUERIES = {query.name: query.text for query in usage.queries()}


@dataclass(frozen=True)
class Reading:
    problems: list[str]
    columns: Mapping[str, str]
    """Of the result, with their types."""


def read(queries: Mapping[str, str]) -> Mapping[str, Reading]:
    if shutil.which("node") is None:
        missing("node is not on PATH")
    package = given.npm("Kusto.Language.Bridge.min.js").parent
    words = ["node", str(Path(__file__).parent / "kusto.js"), str(package)]
    said = subprocess.run(
        words,
        input=json.dumps({"tables": TABLES, "queries": queries}),
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return {name: Reading(**found) for name, found in json.loads(said.stdout).items()}


@pytest.fixture(scope="module")
def readings() -> Mapping[str, Reading]:
    return read(QUERIES)


@pytest.mark.parametrize("name", QUERIES)
def test_microsofts_language_service_finds_nothing_wrong(readings: Mapping[str, Reading], name: str) -> None:
    assert readings[name].problems == []
    assert readings[name].columns


def test_usage_yields_the_columns_that_the_command_reads_in_their_types(readings: Mapping[str, Reading]) -> None:
    counts = ("requests", "errors", "streamed", "cached", "uncounted", "unpriced")
    tokens = ("promptTokens", "completionTokens", "totalTokens")
    assert readings["usage"].columns == {
        "clientId": "string",
        "model": "string",
        **dict.fromkeys([*counts, *tokens], "long"),
        "usd": "real",
    }


WRONG = {
    "a table that is not there": ("ApiManagementGatewayLlmLog", "ApiManagementGatewayLlmLogs"),
    "a column that is not there": ("PromptTokens", "PromptToken"),
    "a column of the other table": ("take_any(ResponseCode)", "take_any(TotalTokens)"),
    "a sum of text": ("sumif(promptTokens,", "sumif(clientId,"),
    "an operator that is not there": ("| lookup kind", "| lokup kind"),
    "a function that is not there": ("replace_regex(", "replace_regexp("),
    "text that is compared as a number": ("ResponseCode >= 400", 'ResponseCode >= "400"'),
    "a condition that is none": ("countif(counted and isnull(usd))", "countif(usd)"),
    "a count that is summed as a condition": ("| extend cached = coalesce(cached, false)", "| extend cached = 1"),
    "a bracket that is missing": ("by clientId, model", "by (clientId, model"),
}


def test_it_would_find_what_is_wrong() -> None:
    for right, _ in WRONG.values():
        assert right in QUERIES["usage"]
    found = read({what: QUERIES["usage"].replace(*change) for what, change in WRONG.items()})
    assert [what for what in WRONG if not found[what].problems] == []
