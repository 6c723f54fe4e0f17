"""`genai mcp`: what the client is told about either way, and what is refused before it is started."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.cli import app
from ops.commands.mcp import run
from ops.stack import running
from ops.stack.running_stacks import RunningMcpApis, RunningMcpGateway

MCP = RunningMcpGateway.model_validate(
    {
        "gatewayUrl": "https://g.gateway.bedrock-agentcore.us-east-1.amazonaws.com/mcp",
        "gatewayId": "g",
        "tenantId": "tenant",
        "clientId": "public",
        "scope": "api://a/access_as_user",
        "returnUrl": "http://localhost:8976/consent",
        "callbackUrls": {},
        "stack": "mcp",
        "region": "us-east-1",
    }
)
HAS: dict[str, Any] = {
    "litellm_url": "https://litellm.example.com",
    "virtual_keys": {"demo": "sk-demo"},
    "personal_keys": {"anna": "sk-anna", "ben": "sk-ben"},
    "mcp_servers": ("drive", "search"),
    "key_mcp_servers": {"anna": ("drive",), "ben": ("drive", "search")},
}
DAY: Any = SimpleNamespace(**HAS)


def test_the_client_is_told_where_to_log_in_and_gets_no_secret_of_agentcore() -> None:
    told = run.of_agentcore(MCP, Path("/x/mcp.json"))
    assert told["authorizeUrl"] == "https://login.microsoftonline.com/tenant/oauth2/v2.0/authorize"
    assert (told["clientId"], told["scope"], told["url"]) == ("public", MCP.scope, MCP.gateway_url)
    assert "key" not in told


@pytest.mark.parametrize(
    ("server", "key", "url", "sent"),
    [
        ("", "", "https://litellm.example.com/drive/mcp", "sk-anna"),
        ("search", "", "https://litellm.example.com/search/mcp", "sk-ben"),
        ("drive", "ben", "https://litellm.example.com/drive/mcp", "sk-ben"),
    ],
)
def test_the_way_through_litellm_carries_a_key_of_one_person(server: str, key: str, url: str, sent: str) -> None:
    told = run.of_litellm(DAY, "dev", server, key)
    assert (told["url"], told["key"]) == (url, sent)


@pytest.mark.parametrize(
    ("day", "server", "key", "says"),
    [
        (DAY, "wiki", "", "dev has no MCP server 'wiki': it has drive, search"),
        (DAY, "search", "anna", "No virtual key 'anna' of dev may use search: use --key ben"),
        (DAY, "drive", "demo", "use --key anna or ben"),
        (SimpleNamespace(**{**HAS, "mcp_servers": ()}), "", "", "set mcpServers in Pulumi.dev.yaml"),
        (SimpleNamespace(**{**HAS, "key_mcp_servers": {}}), "", "", "give one mcpServers and a user"),
    ],
)
def test_a_server_or_a_key_that_is_not_there_is_refused(day: Any, server: str, key: str, says: str) -> None:
    with pytest.raises(run.McpCommandError) as refused:
        run.of_litellm(day, "dev", server, key)
    assert says in str(refused.value)
    assert "sk-" not in str(refused.value)


APIS = RunningMcpApis.model_validate(
    {
        "stack": "azure",
        "mcpUrls": {name: f"https://g.azure-api.net/mcp/{name}" for name in ("drive", "search")},
        "mcpClientId": "public",
        "tenantId": "tenant",
        "scope": "api://a/.default",
    }
)


def test_the_way_through_api_management_carries_no_key_at_all() -> None:
    told = run.of_api_management(APIS, Path("/x/mcp-azure.json"), "search")
    assert (told["way"], told["url"]) == ("apim", "https://g.azure-api.net/mcp/search")
    assert told["deviceUrl"] == "https://login.microsoftonline.com/tenant/oauth2/v2.0/devicecode"
    assert (told["clientId"], told["scope"]) == ("public", "api://a/user_impersonation")
    assert "key" not in told
    with pytest.raises(run.McpCommandError, match="azure has no MCP server 'wiki': it has drive, search"):
        run.of_api_management(APIS, Path("/x"), "wiki")


def test_the_client_is_run_with_what_it_is_told_and_its_exit_code_is_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client = tmp_path / "python"
    client.write_text(f'#!/bin/sh\nprintf "%s\\n" "$GENAI_MCP" "$@" >{tmp_path}/seen\nexit 1\n')
    client.chmod(0o755)
    monkeypatch.setattr(run, "CLIENT", client)
    monkeypatch.setattr(run, "read_mcp_gateway", lambda stack: MCP)
    done = CliRunner().invoke(app, ["mcp", "call", "drive___listFiles", '{"q": "x"}', "--stack", "mcp"])
    assert done.exit_code == 1
    told, *words = (tmp_path / "seen").read_text().splitlines()
    assert json.loads(told)["way"] == "agentcore"
    assert words == ["-m", "apps.mcp", "call", "drive___listFiles", '{"q": "x"}']


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["mcp", "call", "t", "[1]"], "'[1]' is no JSON object"),
        (["mcp", "call", "t", "q=x"], "is no JSON object"),
        (["mcp", "call", "t", '{"a": NaN}'], "is no JSON object"),
        (["mcp", "call", "t", '{"a":' + "[" * 100_000], "is no JSON object: write one such as"),
        (["mcp", "tools", "--key", "anna"], "mcp is an MCP stack, which has no --server and no --key"),
        (["mcp", "tools", "--stack", "azure", "--key", "anna"], "azure is an Azure stack, which looks your key up"),
        (["mcp", "tools", "--stack", "azure"], "azure stands before no MCP server: set mcpServers on its AWS stack"),
    ],
)
def test_wrong_input_is_refused_with_2(monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str) -> None:
    monkeypatch.setattr(run, "CLIENT", Path(sys.executable))
    monkeypatch.setattr(running, "read_outputs", lambda stack: {"gatewayUrl": "https://g.azure-api.net"})
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, says in done.output) == (2, True), done.output


def test_without_its_environment_it_says_how_to_make_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run, "CLIENT", tmp_path / "nowhere")
    monkeypatch.setattr(run, "read_mcp_gateway", lambda stack: MCP)
    done = CliRunner().invoke(app, ["mcp", "tools"])
    assert (done.exit_code, "`make setup-mcp` makes it" in done.output) == (2, True)
