"""API Management in front of LiteLLM's MCP servers, as the engine would receive it."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

import pytest

from ops.model.recorder import Recording, Resource, plain, record
from ops.model.simulated_outputs import GENERATED, guid
from policies.apim import mcp
from stacks.azure import program as azure
from stacks.errors import SettingsError
from stacks.secrets import placeholder
from tests.azure_program import AWS_STACK, SETTINGS, config, recorded
from tests.program import plaintext
from tests.stacks.aws.test_mcp_servers import run as run_aws

API = "azure-native:apimanagement:Api"
APPLICATION = "azuread:index/application:Application"
NAMED_VALUE = "azure-native:apimanagement:NamedValue"
OPERATION = "azure-native:apimanagement:ApiOperation"
POLICY = "azure-native:apimanagement:ApiPolicy"
SECRET = "azure-native:keyvault:Secret"
PEOPLE = ["Anna@example.com", "carl@example.com"]


@functools.cache
def day() -> Mapping[str, Any]:
    """What an AWS day with the MCP servers drive, of Anna and Ben, and search, of Ben, exports."""
    recording: Recording = run_aws(apimEntry=True)
    return recording.outputs


def run(settings: Mapping[str, Any] | None = None, outputs: Mapping[str, Any] | None = None) -> Recording:
    return record(
        lambda: azure.build("azure"),
        stack="azure",
        config=config({**SETTINGS, "users": PEOPLE, **(settings or {})}),
        other_stacks={AWS_STACK: outputs or day()},
    )


@functools.cache
def with_servers(mode: str) -> Recording:
    return run({"keyMode": mode})


def of_mcp(recording: Recording, type_token: str) -> Mapping[str, Resource]:
    return {one.name: one for one in recording.of_type(type_token) if one.name.startswith("genai-mcp")}


every_mode = pytest.mark.parametrize("mode", ["header", "keyVault"])


@every_mode
def test_each_server_is_an_address_with_its_metadata_beside_it(mode: str) -> None:
    recording = with_servers(mode)
    apis = of_mcp(recording, API)
    assert {name: api.inputs["path"] for name, api in apis.items()} == {
        "genai-mcp-mcp": "mcp",
        "genai-mcp-mcp-metadata": ".well-known/oauth-protected-resource",
    }
    operations = [
        (one.inputs["apiId"], one.inputs["method"], one.inputs["urlTemplate"])
        for one in of_mcp(recording, OPERATION).values()
    ]
    assert sorted(operations) == sorted(
        [("mcp", method, f"/{server}") for server in ("drive", "search") for method in ("DELETE", "GET", "POST")]
        + [("mcp-metadata", "GET", f"/mcp/{server}") for server in ("drive", "search")]
    )
    policies = {one.inputs["apiId"]: one.inputs["value"] for one in of_mcp(recording, POLICY).values()}
    assert policies == {"mcp": mcp.load(), "mcp-metadata": mcp.load_metadata()}
    gateway = plain(recording.outputs["gatewayUrl"])
    assert plain(recording.outputs["mcpUrls"]) == {name: f"{gateway}/mcp/{name}" for name in ("drive", "search")}


@every_mode
def test_both_policies_wait_for_every_value_that_they_refer_to(mode: str) -> None:
    recording = with_servers(mode)
    values = {one.inputs["namedValueId"]: one for one in recording.of_type(NAMED_VALUE)}
    assert {*mcp.NAMED_VALUES} <= {*values}
    assert plain(values[mcp.GATEWAY_URL].inputs["value"]) == plain(recording.outputs["gatewayUrl"])
    for policy in of_mcp(recording, POLICY).values():
        assert {values[name].urn for name in mcp.METADATA_NAMED_VALUES} <= {*policy.dependencies}
    of_servers = of_mcp(recording, POLICY)["genai-mcp-mcp"]
    assert {values[name].urn for name in mcp.NAMED_VALUES} <= {*of_servers.dependencies}
    assert recording.one("azure-native:apimanagement:Backend").urn in of_servers.dependencies
    for operation in of_mcp(recording, OPERATION).values():
        assert [urn for urn in operation.dependencies if urn.endswith(f"::{_api(operation)}")]


def _api(operation: Resource) -> str:
    return f"genai-mcp-{operation.inputs['apiId']}"


@every_mode
def test_the_vault_holds_the_key_of_each_person_who_may_call_by_object_id(mode: str) -> None:
    recording = with_servers(mode)
    secrets = {
        plain(one.inputs["secretName"]): plain(one.inputs["properties"])["value"] for one in recording.of_type(SECRET)
    }
    keys = plain(day()["personalKeys"])
    of_people = {f"litellm-{guid('Anna@example.com')}": keys["anna"]}
    of_clients = {f"litellm-{guid('identity-demo')}": plain(day()["virtualKeys"])["demo"]}
    assert secrets == (of_people if mode == "header" else {**of_clients, **of_people})


@every_mode
def test_no_key_stands_in_plain_text(mode: str) -> None:
    recording = with_servers(mode)
    for resource in recording.resources:
        assert not [text for text in plaintext(resource.inputs) if GENERATED in text], resource.urn
    assert not [text for text in plaintext(recording.outputs) if GENERATED in text]


def test_people_log_in_with_a_public_client_whose_redirect_addresses_are_exact() -> None:
    uris = ["http://localhost", "https://vscode.dev/redirect"]
    recording = run({"redirectUris": uris})
    client = recording.one(APPLICATION, "identity-mcp-clients")
    assert client.inputs["publicClient"] == {"redirectUris": uris}
    assert plain(recording.outputs["mcpClientId"]) == guid("identity-mcp-clients")
    for wrong in (["http://example.com"], ["https://example.com/*"], []):
        with pytest.raises(SettingsError):
            run({"redirectUris": wrong})


@every_mode
def test_without_servers_nothing_of_it_is_there(mode: str) -> None:
    recording = recorded(mode)
    assert not [one for one in recording.resources if "mcp" in one.name]
    assert not {"mcpUrls", "mcpClientId"} & {*recording.outputs}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"personalKeys": {}}, "personalKeys.anna is missing or malformed, and mcpServers names it"),
        (
            {"personalKeys": {"anna": "short", "ben": "sk-0123456789abcdef0"}},
            "personalKeys.anna is missing or malformed",
        ),
        ({"mcpServers": ["drive"]}, "awsOutputs.mcpServers is malformed"),
        ({"mcpServers": {"../x": {}}}, "'../x' is not a name of an MCP server"),
        ({"mcpServers": {"drive": {"anna@example.com": 1}}}, "awsOutputs.mcpServers is malformed"),
        (
            {"mcpServers": {"drive": {"anna@example.com": "anna", "bob@example.com": "anna"}}},
            "the alias anna stands with more than one user, and a key belongs to one person",
        ),
        (
            {"mcpServers": {"drive": {"anna@example.com": "anna"}, "search": {"Anna@example.com": "ben"}}},
            "the user anna@example.com stands with more than one alias",
        ),
        (
            {"personalKeys": dict.fromkeys(("anna", "ben"), "sk-0123456789abcdef0123456789abcdef")},
            "awsOutputs.personalKeys.ben has the value of awsOutputs.personalKeys.anna",
        ),
        (
            {
                "personalKeys": {"anna": "sk-0123456789abcdef0123456789abcdef", "ben": "sk-1123456789abcdef0123456789"},
                "virtualKeys": {"demo": "sk-0123456789abcdef0123456789abcdef"},
            },
            "awsOutputs.personalKeys.anna has the value of awsOutputs.virtualKeys.demo",
        ),
    ],
)
def test_outputs_that_do_not_fit_together_are_refused(changes: Mapping[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        run({}, {**day(), **changes})
    assert message in str(refused.value)
    assert "short" not in json.dumps(str(refused.value))


def test_a_person_in_capitals_has_the_key_all_the_same() -> None:
    recording = run({}, {**day(), "mcpServers": {"drive": {"ANNA@example.com": "anna"}}})
    assert f"litellm-{guid('Anna@example.com')}" in [
        plain(one.inputs["secretName"]) for one in recording.of_type(SECRET)
    ]


def test_another_key_mode_leaves_the_values_of_the_vault_as_they_are() -> None:
    """The engine creates before it deletes, and API Management has one value of a name."""
    of_vault = [
        {one.inputs["namedValueId"]: one.urn for one in with_servers(mode).of_type(NAMED_VALUE) if "-v" in one.name}
        for mode in ("header", "keyVault")
    ]
    assert of_vault[0] == of_vault[1]
    assert of_vault[0]


def test_servers_may_have_any_name_that_litellm_takes() -> None:
    names = ["metadata", "post", "get", "delete", "mcp", "documents"]
    people = {"anna@example.com": "anna"}
    assert run({}, {**day(), "mcpServers": dict.fromkeys(names, people)})


def test_outputs_of_people_that_are_encrypted_in_the_settings_can_be_planned() -> None:
    """`genai plan` cannot decrypt them, and puts something of their shape in their place."""
    outputs = {
        "apimEntryUrl": "https://litellm.example.com:8443",
        "apimEntryKey": placeholder("awsOutputs.apimEntryKey"),
        "virtualKeys": {"demo": placeholder("awsOutputs.virtualKeys.demo")},
        "mcpServers": {"drive": {"anna@example.com": "anna"}},
        "personalKeys": {"anna": placeholder("awsOutputs.personalKeys.anna")},
    }
    recording = record(
        lambda: azure.build("azure"),
        stack="azure",
        config=config({**SETTINGS, "awsStack": "", "awsOutputs": outputs}),
        secret_keys=["genaiplatform:awsOutputs"],
    )
    assert plain(recording.outputs["mcpUrls"])
