"""One Mono process for all tests of the model gateway."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator

import pytest

from tests.policies.apim.expressions import Expressions
from tests.policies.apim.models.mutations import MUTATIONS
from tests.policies.apim.models.world import ModelWorld, policy


@pytest.fixture(scope="session")
def model_expressions(tmp_path_factory: pytest.TempPathFactory, mono: None) -> Iterator[Expressions]:
    """The expressions of the policy and of all its mutations."""
    policies = [policy(), *(policy(mutation.edit) for mutation in MUTATIONS)]
    compiled = Expressions(policies, tmp_path_factory.mktemp("model-expressions"))
    yield compiled
    compiled.close()


@pytest.fixture
def model_world(model_expressions: Expressions) -> Callable[[ET.Element], ModelWorld]:
    """Make a world around a policy."""
    return lambda policy: ModelWorld(policy, model_expressions)
