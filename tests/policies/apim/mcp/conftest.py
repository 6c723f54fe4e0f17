"""One Mono process for all tests of the policies of MCP servers."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator

import pytest

from tests.policies.apim.expressions import Expressions
from tests.policies.apim.mcp.mutations import MUTATIONS
from tests.policies.apim.mcp.world import McpWorld, metadata_policy, policy


@pytest.fixture(scope="session")
def mcp_expressions(tmp_path_factory: pytest.TempPathFactory, mono: None) -> Iterator[Expressions]:
    """The expressions of both policies and of all mutations."""
    policies = [metadata_policy(), policy(), *(policy(mutation.edit) for mutation in MUTATIONS)]
    compiled = Expressions(policies, tmp_path_factory.mktemp("mcp-expressions"))
    yield compiled
    compiled.close()


@pytest.fixture
def mcp_world(mcp_expressions: Expressions) -> Callable[[ET.Element], McpWorld]:
    """Make a world around a policy."""
    return lambda policy: McpWorld(policy, mcp_expressions)
