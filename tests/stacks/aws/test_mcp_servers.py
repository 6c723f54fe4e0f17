"""MCP servers of LiteLLM: what would let one user see another's data, or end in no login, is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ops.model.recorder import plain, record
from stacks.errors import SettingsError
from tests.program import plaintext

READ = "https://www.googleapis.com/auth/drive.readonly"
DRIVE: Mapping[str, Any] = {
    "name": "drive",
    "url": "https://drivemcp.googleapis.com/mcp/v1",
    "auth": "oauth2",
    "clientId": "1-a.apps.googleusercontent.com",
    "providerKey": "google",
    "scopes": [READ],
}
SEARCH: Mapping[str, Any] = {"name": "search", "url": "https://search.example.com/mcp"}
ANNA: Mapping[str, Any] = {"alias": "anna", "user": "anna@example.com", "mcpServers": ["drive"]}
BEN: Mapping[str, Any] = {"alias": "ben", "user": "ben@example.com", "mcpServers": ["drive", "search"]}
SETTINGS: Mapping[str, Any] = {
    "domain": "genai.example.com",
    "providerKeys": {"google": "kept-apart"},
    "mcpServers": [DRIVE, SEARCH],
    "virtualKeys": [{"alias": "demo"}, ANNA, BEN],
}


def run(**changes: Any) -> Any:
    values = {**SETTINGS, **changes}
    config = {f"genaiplatform:{key}": one if isinstance(one, str) else json.dumps(one) for key, one in values.items()}
    return record(config=config, secret_keys=["genaiplatform:providerKeys"])


def drive(**changes: Any) -> dict[str, Any]:
    return {"mcpServers": [{**DRIVE, **changes}, SEARCH]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"virtualKeys": [{"alias": "app", "mcpServers": ["drive"]}]}, "whoever has the key would read the data of"),
        ({"virtualKeys": [ANNA, {**BEN, "user": "Anna@Example.com"}]}, "ben and anna have one user"),
        ({"virtualKeys": [{**ANNA, "user": "everyone"}]}, "user 'everyone' is no e-mail address"),
        ({"virtualKeys": [{**ANNA, "mcpServers": ["drvie"]}]}, "'drvie', which is no MCP server: did you mean drive?"),
        ({"mcpServers": []}, "'drive', which is no MCP server: there is none"),
        ({"mcpServers": [DRIVE, DRIVE, SEARCH]}, "mcpServers: two entries have the name 'drive'"),
        (drive(name="my-drive"), "is not a name of an MCP server that LiteLLM takes"),
        (drive(name="chat"), "LiteLLM has a path /chat of its own"),
        (drive(url="http://drive.example.com/mcp"), "is no HTTPS address: write one such as https://"),
        (drive(url="https://a:b@drive.example.com/mcp"), "url 'https://[hidden]@drive.example.com/mcp' is no HTTPS"),
        (drive(url="https://drive.example.com/mcp?key=b"), "url 'https://drive.example.com/mcp?[hidden]' is no HTTPS"),
        (
            drive(url="https://drive.example.com/mcp#key=b c"),
            "url 'https://drive.example.com/mcp#[hidden]' is no HTTPS",
        ),
        (drive(url="https://[drive/mcp"), "mcpServers: drive: url 'https://[drive/mcp' is no HTTPS address"),
        (drive(url="https://drive.example.com:99999/mcp"), "is no HTTPS address"),
        (drive(url="https://drive example.com/mcp"), "is no HTTPS address"),
        (drive(tokenUrl="https://[x"), "tokenUrl 'https://[x' is no HTTPS address: write one such as https://"),
        (drive(providerKey="sk-abcdefghijklmnopqrst"), "write providerKey: mcp and"),
        (drive(auth="none"), "has a client and no auth"),
        (drive(auth="api_key"), "mcpServers[drive].auth must be 'none' or 'oauth2'"),
        (drive(clientId=""), "has no clientId"),
        (drive(providerKey="other"), "its client secret is not set: write providerKey: other"),
        (drive(scopes=[]), "has no scopes"),
        (drive(scopes=["https://www.googleapis.com/auth/drive"]), "may write"),
        (drive(tokenUrl="http://oauth2.example.com/token"), "tokenUrl 'http://oauth2.example.com/token' is no HTTPS"),
        (drive(authorizationUrl="x"), "authorizationUrl 'x' is no HTTPS address"),
        ({"domain": ""}, "and providers take no plain HTTP: set domain"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_would_mix_users_up_or_end_in_no_login_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        run(**changes)
    assert message in str(refused.value)
    assert "kept-apart" not in str(refused.value)


def test_litellm_is_told_about_each_server_and_no_secret() -> None:
    recording = run()
    config = plain(recording.one("kubernetes:helm.sh/v3:Release", "litellm").inputs)["values"]["gateway"]["config"]
    servers = config["proxy_config"]["mcp_servers"]
    assert servers["drive"]["oauth2_flow"] == "authorization_code"
    assert servers["drive"]["client_secret"] == "os.environ/PROVIDER_KEY_GOOGLE"
    assert servers["search"] == {
        "server_id": "search",
        "url": SEARCH["url"],
        "transport": "http",
        "auth_type": "none",
    }
    for resource in recording.resources:
        assert "kept-apart" not in " ".join(plaintext(resource.inputs))


def test_keys_of_persons_are_apart_from_those_that_applications_get() -> None:
    recording = run()
    outputs = plain(recording.outputs)
    assert set(outputs["virtualKeys"]) == {"demo"}
    assert set(outputs["personalKeys"]) == {"anna", "ben"}
    keys = {one.name: plain(one.inputs) for one in recording.resources if "virtual-key-" in one.name}
    assert keys["virtual-key-anna"]["user"] == "anna@example.com"
    assert "/mcp" in keys["virtual-key-anna"]["allowed_routes"]
    assert not [route for route in keys["virtual-key-demo"]["allowed_routes"] if "mcp" in route]


def test_a_day_without_servers_is_as_it_was() -> None:
    recording = record()
    config = plain(recording.one("kubernetes:helm.sh/v3:Release", "litellm").inputs)["values"]["gateway"]["config"]
    assert "mcp_servers" not in config["proxy_config"]
    assert not {"personalKeys", "mcpServers"} & {*recording.outputs}


def test_an_azure_stack_is_told_whose_key_may_use_which_server() -> None:
    assert plain(run().outputs["mcpServers"]) == {
        "drive": {"anna@example.com": "anna", "ben@example.com": "ben"},
        "search": {"ben@example.com": "ben"},
    }


def test_api_management_reaches_each_server_and_no_other_path_of_it() -> None:
    search = [{**SEARCH, "name": f"search_{number}"} for number in range(4)]
    keys = [{**ANNA, "mcpServers": ["drive"]}]
    recording = run(apimEntry=True, mcpServers=[DRIVE, *search], virtualKeys=keys)
    rules = {
        one.name: (one.inputs["priority"], *(plain(condition) for condition in one.inputs["conditions"]))
        for one in recording.of_type("aws:lb/listenerRule:ListenerRule")
        if one.name.startswith("apim-entry")
    }
    assert [(name, rules[name][0]) for name in rules] == [
        ("apim-entry", 1),
        ("apim-entry-mcp-1", 2),
        ("apim-entry-mcp-2", 3),
    ]
    paths = {name: conditions[0]["pathPattern"]["values"] for name, (_, *conditions) in rules.items()}
    assert paths["apim-entry-mcp-1"] == ["/drive/mcp", *(f"/search_{number}/mcp" for number in range(3))]
    assert paths["apim-entry-mcp-2"] == ["/search_3/mcp"]
    assert all(conditions[1]["httpHeader"]["httpHeaderName"] == "cookie" for _, *conditions in rules.values())
    # A listener rule takes five values at most (ALB quotas); the header is one.
    assert all(len(values) + 1 <= 5 for values in paths.values())
