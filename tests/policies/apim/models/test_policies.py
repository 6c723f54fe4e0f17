"""The policy of the model gateway, executed: every case holds, and every protective line is needed by a case."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.policies.apim.models.cases import CASES
from tests.policies.apim.models.mutations import MUTATIONS
from tests.policies.apim.models.world import ModelWorld, policy
from tests.policies.apim.mutations import Mutation, assert_noticed


@pytest.mark.parametrize("name", CASES)
def test_the_policy_holds(model_world: Callable[..., ModelWorld], name: str) -> None:
    CASES[name](model_world(policy()))


@pytest.mark.parametrize("mutation", [pytest.param(mutation, id=mutation.name) for mutation in MUTATIONS])
def test_a_weakened_policy_is_noticed(model_world: Callable[..., ModelWorld], mutation: Mutation) -> None:
    weakened = policy(mutation.edit)
    assert_noticed(mutation, CASES.values(), lambda: model_world(weakened))
