"""The policies of MCP servers, executed: every case holds, and every protective line is needed by a case."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from policies.apim import BACKEND_ID, mcp
from tests.policies.apim.expressions import Expressions, is_expression, texts
from tests.policies.apim.mcp.cases import CASES
from tests.policies.apim.mcp.mutations import MUTATIONS
from tests.policies.apim.mcp.world import GATEWAY_URL, METADATA_URL, McpWorld, metadata_policy, metadata_world, policy
from tests.policies.apim.mutations import Mutation, assert_noticed
from tests.policies.apim.test_lint import TYPES, types_of
from tests.policies.apim.world import API, TENANT, answer

POLICIES = {"mcp": (mcp.load, mcp.NAMED_VALUES), "metadata": (mcp.load_metadata, mcp.METADATA_NAMED_VALUES)}


@pytest.mark.parametrize("name", CASES)
def test_the_policy_holds(mcp_world: Callable[..., McpWorld], name: str) -> None:
    CASES[name](mcp_world(policy()))


@pytest.mark.parametrize("mutation", [pytest.param(mutation, id=mutation.name) for mutation in MUTATIONS])
def test_a_weakened_policy_is_noticed(mcp_world: Callable[..., McpWorld], mutation: Mutation) -> None:
    weakened = policy(mutation.edit)
    assert_noticed(mutation, CASES.values(), lambda: mcp_world(weakened))


def test_the_metadata_leads_a_stranger_to_the_tenant(mcp_expressions: Expressions) -> None:
    told = metadata_world(metadata_policy(), mcp_expressions).handle({}, "203.0.113.7", "/mcp/drive", "/mcp/drive")
    assert told.status == 200
    assert told.headers["Content-Type"] == ["application/json"]
    assert json.loads(told.body) == {
        "resource": f"{GATEWAY_URL}/mcp/drive",
        "authorization_servers": [f"https://login.microsoftonline.com/{TENANT}/v2.0"],
        "scopes_supported": [f"api://{API}/user_impersonation"],
        "bearer_methods_supported": ["header"],
    }


def test_what_is_open_to_everybody_is_limited_by_address(mcp_expressions: Expressions) -> None:
    world = metadata_world(metadata_policy(), mcp_expressions)
    for _ in range(300):
        assert world.handle({}, "203.0.113.7", "/mcp/drive", "/mcp/drive").status == 200
    answer(world.handle({}, "203.0.113.7", "/mcp/drive", "/mcp/drive"), 429, "rate_limited")
    assert world.handle({}, "203.0.113.8", "/mcp/drive", "/mcp/drive").status == 200


def test_the_metadata_is_where_the_refusal_says_and_where_clients_look_by_themselves() -> None:
    ((_, template),) = mcp.metadata_operations(["drive"]).values()
    assert f"{GATEWAY_URL}/{mcp.METADATA_PATH}{template}" == METADATA_URL
    # RFC 9728, section 3.1: the well-known part goes between the host and the path of the resource.
    assert f"{GATEWAY_URL}/mcp/drive".replace(GATEWAY_URL, f"{GATEWAY_URL}/{mcp.METADATA_PATH}") == METADATA_URL


def test_a_server_takes_exactly_the_methods_of_streamable_http() -> None:
    assert sorted(mcp.operations(["drive"]).values()) == [("DELETE", "/drive"), ("GET", "/drive"), ("POST", "/drive")]


@pytest.mark.parametrize("name", POLICIES)
def test_what_can_be_seen_without_running_it(name: str) -> None:
    load, named_values = POLICIES[name]
    text = load()
    assert "[[" not in text
    assert "include-fragment" not in text
    assert set(re.findall(r"\{\{([\w-]+)\}\}", text)) == set(named_values)
    assert not re.search(r"sk-\w", text)
    for place, expression in texts(ET.fromstring(text)):
        if is_expression(expression):
            assert types_of(expression) <= {*TYPES, "JArray"}, place
    backends = [element.attrib for element in ET.fromstring(text).iter("set-backend-service")]
    assert backends == ([{"backend-id": BACKEND_ID}] if name == "mcp" else [])


def test_nothing_but_the_address_of_the_metadata_and_a_limit_comes_before_the_token() -> None:
    tags = [child.tag for child in ET.fromstring(mcp.load()).find("inbound") or ()]
    assert tags[:4] == ["base", "set-variable", "rate-limit-by-key", "validate-azure-ad-token"]
