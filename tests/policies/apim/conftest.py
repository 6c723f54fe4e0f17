"""One Mono process for all tests of a worker."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator

import pytest

from policies.apim import Mode
from tests.policies.apim.cases import BOTH
from tests.policies.apim.expressions import Expressions, missing_tools
from tests.policies.apim.mutations import MUTATIONS
from tests.policies.apim.world import World, policy


@pytest.fixture(scope="session")
def mono() -> None:
    """Skip what needs Mono where it is missing; fail there when GENAI_REQUIRE_ALL=1."""
    if missing := missing_tools():
        if os.environ.get("GENAI_REQUIRE_ALL") == "1":
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.fixture(scope="session")
def expressions(tmp_path_factory: pytest.TempPathFactory, mono: None) -> Iterator[Expressions]:
    """The expressions of both policies and of all their mutations."""
    policies = [policy(mode) for mode in BOTH]
    policies += [policy(mode, mutation.edit) for mutation in MUTATIONS for mode in mutation.modes]
    compiled = Expressions(policies, tmp_path_factory.mktemp("expressions"))
    yield compiled
    compiled.close()


@pytest.fixture
def world(expressions: Expressions) -> Callable[[Mode, ET.Element], World]:
    """Make a world around a policy."""
    return lambda mode, policy: World(mode, policy, expressions)
