"""`genai usage` as it is typed, against a server that answers as Log Analytics does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from typer.testing import CliRunner, Result

from components.azure.identity import AZURE_CLI
from ops.cli import app
from tests import http_server
from tests.components.azure.log_tables import TABLES
from tests.ops.env.project import GATEWAY, project, pulumi
from tests.ops.forward.stand_in import program

__all__ = ["project"]
WORKSPACE = "11111111-2222-3333-4444-555555555555"
COLUMNS = (
    *("clientId", "model", "requests", "errors", "streamed", "cached", "uncounted", "unpriced"),
    *("promptTokens", "completionTokens", "totalTokens", "usd"),
)
TODAY = datetime.now(UTC).date()
AZ = """
import json, sys
assert sys.argv[1:3] == ["account", "get-access-token"]
assert sys.argv[sys.argv.index("--resource") + 1] == "ADDRESS"
print(json.dumps({"accessToken": "of-az", "subscription": "s-1", "tenant": "t-1"}))
"""


def row(client_id: str | None, model: str | None, *counts: float | None) -> list[Any]:
    return [client_id, model, *counts]


CHAT = row("id-of-chat", "gpt-4o-mini", 12, 1, 4, 2, 0, 0, 20_000, 3_000, 23_000, 0.0048)
NIGHTLY = row("id-of-nightly", "gemini-flash", 3, 0, 0, 0, 0, 0, 900, 100, 1_000, 0.00052)
PERSON = row(AZURE_CLI, "gpt-4o-mini", 1, 0, 0, 0, 0, 0, 10, 5, 15, 0.0000045)


def semantic_error(message: str) -> http_server.Answer:
    inner = {"code": "SEM0100", "message": message}
    error = {"code": "BadArgumentError", "message": "The request had some invalid properties", "innererror": inner}
    return http_server.Answer(400, {"error": error})


@dataclass
class LogAnalytics:
    rows: list[list[Any]] = field(default_factory=lambda: [CHAT, NIGHTLY, PERSON])
    instead: http_server.Answer | None = None
    asked: list[http_server.Request] = field(default_factory=list)

    def answer(self, request: http_server.Request) -> http_server.Answer:
        self.asked.append(request)
        if request.headers["authorization"] != "Bearer of-az":
            return http_server.Answer(401, {"error": {"message": "Valid authentication was not provided"}})
        if request.route != f"POST /v1/workspaces/{WORKSPACE}/query":
            return http_server.Answer(404, {"error": {"message": "The workspace could not be found"}})
        if self.instead:
            return self.instead
        columns = [{"name": name, "type": "long"} for name in COLUMNS]
        return http_server.Answer(200, {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": self.rows}]})


@pytest.fixture
def logs(project: Path) -> Iterator[LogAnalytics]:
    """The logs of a stack that is up."""
    made = LogAnalytics()
    pulumi(project, {"azure": {**GATEWAY, "logsWorkspaceId": WORKSPACE}, "dev": {"litellmUrl": "http://x"}})
    with (
        http_server.serve(made.answer) as url,
        mock.patch("ops.clouds.log_analytics.ADDRESS", url),
        mock.patch("ops.project.ROOT", project),
        mock.patch("ops.stack.outputs.ROOT", project),
    ):
        program(project / "bin" / "az", AZ.replace("ADDRESS", url))
        yield made


def usage(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["usage", *arguments])


def table(result: Result) -> list[list[str]]:
    """The words of its lines that hold figures."""
    return [line.split() for line in result.stdout.splitlines() if "0." in line and "Prices" not in line]


def test_requests_errors_tokens_and_cost_of_each_client_and_model_and_their_sum(logs: LogAnalytics) -> None:
    result = usage("--stack", "azure")
    assert (result.exit_code, result.stderr) == (0, "")
    assert table(result) == [
        ["chat", "gpt-4o-mini", "12", "1", "4", "2", "20,000", "3,000", "23,000", "0.0048"],
        ["nightly", "gemini-flash", "3", "0", "0", "0", "900", "100", "1,000", "0.0005"],
        ["people", "(Azure", "CLI)", "gpt-4o-mini", "1", "0", "0", "0", "10", "5", "15", "0.0000"],
        ["all", "16", "1", "4", "2", "20,910", "3,105", "24,015", "0.0053"],
    ]
    assert "Prices: LiteLLM" in result.stdout


def test_the_query_of_the_workbook_is_asked_for_the_whole_day(logs: LogAnalytics) -> None:
    assert usage("--day", "2026-11-28").exit_code == 0
    (request,) = logs.asked
    assert request.body["timespan"] == "2026-11-28T00:00:00+00:00/2026-11-29T00:00:00+00:00"
    assert request.body["query"].startswith("// Requests, errors, tokens and cost per client and model")
    assert all(name in request.body["query"] for name in TABLES)


def test_by_default_it_is_today(logs: LogAnalytics) -> None:
    result = usage("--json")
    assert json.loads(result.stdout)["day"] in (str(TODAY), str(datetime.now(UTC).date()))


def test_as_data(logs: LogAnalytics) -> None:
    logs.rows = [CHAT]
    data = json.loads(usage("--json").stdout)
    counts = {
        "requests": 12,
        "errors": 1,
        "streamed": 4,
        "cached": 2,
        "uncounted": 0,
        "unpriced": 0,
        "prompt_tokens": 20_000,
        "completion_tokens": 3_000,
        "total_tokens": 23_000,
        "usd": 0.0048,
    }
    assert data["rows"] == [{"client": "chat", "client_id": "id-of-chat", "model": "gpt-4o-mini", **counts}]
    assert (data["total"], data["missing_table"], data["exit_code"]) == (counts, None, 0)


@pytest.mark.parametrize(
    ("counts", "usd", "cost", "says"),
    [
        ((4, 0, 4, 0, 1, 0, 10, 5, 15), 0.002, "at least 0.0020", "1 request answered without a count of tokens"),
        ((4, 0, 0, 0, 0, 2, 10, 5, 15), 0.002, "at least 0.0020", "2 requests went to a model without a known price"),
        ((4, 0, 0, 0, 0, 4, 10, 5, 15), 0.0, "unknown", "4 requests went to a model without a known price"),
    ],
)
def test_what_is_not_counted_or_has_no_price_is_said_and_never_taken_for_nothing(
    logs: LogAnalytics, counts: tuple[int, ...], usd: float, cost: str, says: str
) -> None:
    logs.rows = [row("id-of-chat", "nova-lite", *counts, usd)]
    result = usage()
    assert result.exit_code == 1
    assert cost in result.stdout
    assert says in result.stdout
    assert json.loads(usage("--json").stdout)["rows"][0]["usd"] == (usd or None)


def test_what_the_cache_answered_is_neither_uncounted_nor_unpriced(logs: LogAnalytics) -> None:
    logs.rows = [row("id-of-chat", "gpt-4o-mini", 5, 0, 0, 5, 0, 0, 0, 0, 0, None)]
    result = usage()
    assert result.exit_code == 0
    assert table(result) == [["chat", "gpt-4o-mini", "5", "0", "0", "5", "0", "0", "0", "0.0000"]]
    assert json.loads(usage("--json").stdout)["total"]["cached"] == 5


def test_requests_without_a_token_are_nobodys_in_one_row(logs: LogAnalytics) -> None:
    logs.rows = [row("unknown", "", 2, 2, *[0] * 8), row(None, None, 1, 1, *[None] * 8)]
    result = usage()
    assert result.exit_code == 0
    assert table(result) == [["nobody", "none", "3", "3", "0", "0", "0", "0", "0", "0.0000"]]


def test_a_client_of_yesterday_keeps_its_id(logs: LogAnalytics) -> None:
    logs.rows = [row("id-of-yesterday", "[bold]m", 1, *[0] * 8, 0.0)]
    assert table(usage())[0][:2] == ["id-of-yesterday", "[bold]m"]


def test_a_day_without_a_request_says_so(logs: LogAnalytics) -> None:
    logs.rows = []
    result = usage("--day", "2026-11-28")
    assert (result.exit_code, result.stdout) == (
        0,
        "No request reached the gateway of stack azure on 2026-11-28 (UTC), as far as its logs know.\n",
    )


def test_a_table_without_a_record_yet_is_named(logs: LogAnalytics) -> None:
    logs.instead = semantic_error(
        "'summarize' operator: Failed to resolve table or column expression named 'ApiManagementGatewayLlmLog'"
    )
    result = usage()
    assert result.exit_code == 0
    assert "The table ApiManagementGatewayLlmLog is not there yet" in result.stdout
    assert json.loads(usage("--json").stdout)["missing_table"] == "ApiManagementGatewayLlmLog"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (http_server.Answer(403, {"error": {"code": "InsufficientAccessError"}}), "role Log Analytics Reader"),
        (http_server.Answer(404, {}), f"does not show you the workspace {WORKSPACE} (status 404)"),
        (semantic_error("'where' operator: bad"), "Log Analytics answered 400: 'where' operator: bad"),
        (http_server.Answer(503, "<html>busy"), "Log Analytics answered 503: <html>busy"),
        (
            http_server.Answer(200, {"tables": [], "error": {"code": "PartialError", "message": "too much memory"}}),
            "Log Analytics answered a part only: too much memory",
        ),
    ],
)
def test_an_answer_that_is_not_whole_is_no_usage(logs: LogAnalytics, answer: http_server.Answer, says: str) -> None:
    logs.instead = answer
    result = usage()
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


def test_without_a_login_of_azure_nobody_is_asked(logs: LogAnalytics, project: Path) -> None:
    program(project / "bin" / "az", 'import sys; sys.exit("Please run az login to setup account.")')
    result = usage()
    assert (result.exit_code, result.stdout) == (2, "")
    assert "`az` gave no token, so run `az login`" in result.stderr
    assert logs.asked == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--day", "yesterday"], "--day yesterday is no date: write one such as 20"),
        (["--day", "2999-01-01"], "--day 2999-01-01 has not begun"),
        (["--stack", "dev"], "dev is an AWS stack, and only API Management is asked here"),
        (["--stack", "nothing"], "There is no stack 'nothing'"),
    ],
)
def test_input_that_cannot_be_meant_asks_nobody(logs: LogAnalytics, arguments: list[str], says: str) -> None:
    result = usage(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert logs.asked == []


def test_a_stack_that_did_not_come_up_whole_says_so(logs: LogAnalytics, project: Path) -> None:
    pulumi(project, {"azure": GATEWAY})
    result = usage()
    assert result.exit_code == 2
    assert "Stack azure has no output logsWorkspaceId" in result.stderr
