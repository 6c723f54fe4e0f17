"""The policies, executed: every case holds, and every protective line is needed by a case."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from policies.apim import Mode
from tests.policies.apim.cases import CASES, Case
from tests.policies.apim.mutations import MUTATIONS, Mutation, assert_noticed
from tests.policies.apim.world import World, policy


@pytest.mark.parametrize(
    ("case", "mode"),
    [pytest.param(case, mode, id=f"{mode}-{case.name}") for case in CASES for mode in case.modes],
)
def test_the_policy_holds(world: Callable[..., World], case: Case, mode: Mode) -> None:
    case.run(world(mode, policy(mode)))


@pytest.mark.parametrize(
    ("mutation", "mode"),
    [pytest.param(mutation, mode, id=f"{mode}-{mutation.name}") for mutation in MUTATIONS for mode in mutation.modes],
)
def test_a_weakened_policy_is_noticed(world: Callable[..., World], mutation: Mutation, mode: Mode) -> None:
    weakened = policy(mode, mutation.edit)
    runs = [case.run for case in CASES if mode in case.modes]
    assert_noticed(mutation, runs, lambda: world(mode, weakened))
