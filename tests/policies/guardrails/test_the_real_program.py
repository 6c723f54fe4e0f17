"""The guardrails have nothing to say about the AWS day, in any of its shapes."""

from __future__ import annotations

import pytest

from components.aws import front_door
from ops.guardrails import Finding, findings
from policies.guardrails.network import EXEMPTIONS, FRONT_DOOR_PORT
from tests.program import VARIANTS, recorded


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_day_breaks_no_rule(variant: str) -> None:
    assert findings(recorded(variant)) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_preview_of_the_day_is_stopped_by_no_rule_and_leaves_open_only_what_roles_may_do(variant: str) -> None:
    open_questions = {
        Finding(policy=finding.policy, urn="", message="", level=finding.level)
        for finding in findings(recorded(variant, preview=True))
    }
    assert {(question.policy, question.level) for question in open_questions} <= {
        ("no-wildcard-action-on-a-wildcard-resource", "advisory"),
        ("service-account-roles-trust-one-account-and-audience", "advisory"),
    }


@pytest.mark.parametrize("exemption", EXEMPTIONS, ids=lambda exemption: exemption.name)
def test_the_day_with_a_front_door_needs_each_exemption(exemption: object, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = tuple(one for one in EXEMPTIONS if one is not exemption)
    monkeypatch.setattr("policies.guardrails.network.EXEMPTIONS", rest)
    assert {finding.policy for finding in findings(recorded("day with a domain"))} == {"nothing-is-open-to-the-world"}


def test_the_exempt_port_is_the_front_door() -> None:
    assert front_door.PORT == FRONT_DOOR_PORT
