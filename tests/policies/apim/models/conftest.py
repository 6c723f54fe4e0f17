"""One Mono process for all tests of the model gateway."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator

import pytest

from tests.policies.apim.expressions import Expressions
from tests.policies.apim.models.cache_mutations import CACHE_MUTATIONS
from tests.policies.apim.models.mutations import MUTATIONS, NAMED_MUTATIONS, SAFETY_MUTATIONS
from tests.policies.apim.models.world import NAMED_ROUTES, SAFETY, ModelWorld, cached_policy, policy


@pytest.fixture(scope="session")
def model_expressions(tmp_path_factory: pytest.TempPathFactory, mono: None) -> Iterator[Expressions]:
    """The expressions of the policy and of all its mutations."""
    policies = [policy(), *(policy(mutation.edit) for mutation in MUTATIONS)]
    policies += [policy(routes=NAMED_ROUTES), *(policy(one.edit, NAMED_ROUTES) for one in NAMED_MUTATIONS)]
    policies += [policy(safety=SAFETY), *(policy(one.edit, safety=SAFETY) for one in SAFETY_MUTATIONS)]
    policies += [cached_policy(), *(cached_policy(one.edit) for one in CACHE_MUTATIONS)]
    compiled = Expressions(policies, tmp_path_factory.mktemp("model-expressions"))
    yield compiled
    compiled.close()


@pytest.fixture
def model_world(model_expressions: Expressions) -> Callable[[ET.Element], ModelWorld]:
    """Make a world around a policy."""
    return lambda policy: ModelWorld(policy, model_expressions)
