"""The guardrails find nothing in the AWS stack and the two gateways in Azure, whatever their settings."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from catalogue.limits import LONGEST_SECRET_DAYS
from ops.cli import app
from ops.model.guardrails import Finding, findings
from ops.model.recorder import Recording
from policies.guardrails import gateway
from policies.guardrails.network import EXEMPTIONS
from stacks.azure.settings import AzureSettings
from tests import azure_program, databricks_program, mcp_program
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
def test_the_day_with_a_apim_entry_needs_each_exemption(exemption: object, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = tuple(one for one in EXEMPTIONS if one is not exemption)
    monkeypatch.setattr("policies.guardrails.network.EXEMPTIONS", rest)
    assert {finding.policy for finding in findings(recorded("day with a domain"))} == {"nothing-is-open-to-the-world"}


every_mode = pytest.mark.parametrize("mode", azure_program.MODES)


@every_mode
def test_the_gateway_breaks_no_rule(mode: str) -> None:
    assert findings(azure_program.recorded(mode)) == []


@every_mode
def test_a_preview_of_the_gateway_leaves_open_only_where_roles_hold(mode: str) -> None:
    left_open = {(one.policy, one.level) for one in findings(azure_program.recorded(mode, preview=True))}
    assert left_open <= {("azure-roles-are-for-one-task-on-one-resource", "advisory")}


def test_the_mcp_gateway_breaks_no_rule() -> None:
    assert findings(mcp_program.recorded()) == []


def test_a_preview_of_the_mcp_gateway_is_stopped_by_no_rule() -> None:
    left_open = {(one.policy, one.level) for one in findings(mcp_program.recorded(preview=True))}
    assert left_open <= {
        ("no-wildcard-action-on-a-wildcard-resource", "advisory"),
        ("service-account-roles-trust-one-account-and-audience", "advisory"),
    }


@pytest.mark.parametrize("variant", databricks_program.VARIANTS)
def test_the_databricks_gateway_breaks_no_rule_and_its_preview_leaves_nothing_open_but_where_roles_hold(
    variant: str,
) -> None:
    assert findings(databricks_program.recorded(variant)) == []
    left_open = {(one.policy, one.level) for one in findings(databricks_program.recorded(variant, preview=True))}
    assert left_open <= {("azure-roles-are-for-one-task-on-one-resource", "advisory")}


@pytest.mark.parametrize("mode", azure_program.MODES)
def test_the_gateway_with_models_breaks_no_rule(mode: str) -> None:
    assert findings(azure_program.run({**azure_program.MODELS, "keyMode": mode})) == []
    assert findings(azure_program.run({**azure_program.SAFE, "keyMode": mode})) == []
    assert findings(azure_program.run({**azure_program.CACHED, "keyMode": mode})) == []
    left_open = {(one.policy, one.level) for one in findings(azure_program.with_models(preview=True))}
    assert left_open <= {("azure-roles-are-for-one-task-on-one-resource", "advisory")}


def without_a_domain() -> Recording:
    return azure_program.run({"insecureBackend": True}, domain=False)


def test_a_apim_entry_without_a_domain_breaks_no_rule_and_needs_the_exemption(monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings(without_a_domain()) == []
    monkeypatch.setattr(gateway, "SELF_SIGNED_ENTRY", re.compile("nothing"))
    assert {finding.policy for finding in findings(without_a_domain())} == {"backends-show-a-valid-certificate"}


def test_no_setting_makes_a_client_secret_that_the_guardrails_refuse() -> None:
    most = AzureSettings.model_json_schema()["properties"]["clientSecretDays"]["maximum"]
    assert most == LONGEST_SECRET_DAYS
    assert findings(azure_program.run({"clientSecretDays": most})) == []


def test_plan_shows_that_the_guardrails_found_nothing() -> None:
    shown = CliRunner().invoke(app, ["plan", "--stack", "azure"])
    assert shown.exit_code == 4  # the AWS stack that it names must come first, which no guardrail says
    assert re.search(r"Guardrails\nNothing found\.", shown.output)
