"""What preflight reads from the program, and which rights follow from it."""

from __future__ import annotations

import re

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from catalogue.pins import (
    CLICKHOUSE_IMAGE,
    LANGFUSE_CHART,
    LANGFUSE_IMAGE,
    LITELLM_CHART,
    LITELLM_IMAGE,
    POSTGRES_IMAGE,
)
from catalogue.resource_types import ACTIONS, actions
from ops.clouds.aws import Aws
from ops.model.needs import AwsNeeds, aws_needs
from tests.program import VARIANTS, recorded


def needs(variant: str = "day") -> AwsNeeds:
    return aws_needs(recorded(variant), "us-east-1")


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_resource_and_function_of_aws_in_the_program_has_its_actions(variant: str) -> None:
    asked = needs(variant)
    assert asked.types
    assert asked.functions
    assert actions(asked.types | asked.functions)


def test_a_type_that_the_table_does_not_know_is_an_error() -> None:
    with pytest.raises(LookupError, match="aws:sqs/queue:Queue: add them to"):
        actions(["aws:ec2/vpc:Vpc", "aws:sqs/queue:Queue"])


def test_the_evening_may_take_roles_out_of_the_node_profile() -> None:
    asked = needs()
    assert {"iam:ListInstanceProfilesForRole", "iam:RemoveRoleFromInstanceProfile"} <= set(
        actions(asked.types | asked.functions)
    )


def test_the_table_names_actions_that_aws_has(aws: Aws) -> None:
    """An action is called like the operation it allows; what is not is in AWS's own managed policies."""
    clients = {
        "elasticloadbalancing": ["elbv2"],
        "bedrock-agentcore": ["bedrock-agentcore", "bedrock-agentcore-control"],
    }
    in_policies = set(re.findall(r'"([a-z0-9-]+:[A-Za-z]+)"', aws_managed_policies_data))
    # The first credential provider of an account makes its vault: an action without an operation of its name.
    known = {*in_policies, "bedrock-agentcore:CreateTokenVault"}
    for action in {action for names in ACTIONS.values() for action in names} - known:
        service, _, name = action.partition(":")
        models = [aws.client(client).meta.service_model for client in clients.get(service, [service])]
        assert any(name in model.operation_names for model in models), action


def test_the_day_needs_what_its_program_says() -> None:
    asked = needs()
    assert (asked.kubernetes_version, asked.aurora_version, asked.cache_version) == ("1.35", "17.7", "8.0")
    assert (asked.zones, asked.addresses) == (2, 1)
    assert asked.bedrock_arns == {"arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"}
    assert 2 <= asked.vcpus <= 8
    assert asked.security_group_rules == 2  # a port of LiteLLM and one of Langfuse, from one range
    assert 10 * 60 < asked.up_seconds < 60 * 60
    assert needs("team").addresses == 2
    assert needs("team").vcpus >= asked.vcpus


def test_every_chart_and_image_is_looked_for_with_its_tag() -> None:
    charts = [(chart.name.removeprefix("oci://"), chart.version) for chart in (LITELLM_CHART, LANGFUSE_CHART)]
    images = [
        (LITELLM_IMAGE.name, LITELLM_IMAGE.version),
        (LANGFUSE_IMAGE.name, LANGFUSE_IMAGE.version),
        (f"{LANGFUSE_IMAGE.name}-worker", LANGFUSE_IMAGE.version),
        *((image.name, f"{image.version}@{image.digest}") for image in (CLICKHOUSE_IMAGE, POSTGRES_IMAGE)),
    ]
    assert sorted(needs().charts) == sorted(charts)
    assert sorted(needs().images) == sorted(images)


def test_models_are_those_that_are_called_with_a_key_or_as_bedrock() -> None:
    assert [model["model_name"] for model in needs().models] == ["nova-lite"]
    gpt, profile = needs("day with an entry for API Management and provider keys").models
    assert (gpt["model"], gpt["api_key"], gpt["api_base"]) == (
        "azure/deployment",
        "os.environ/PROVIDER_KEY_AZURE",
        "https://x",
    )
    assert profile["aws_region_name"] == "us-east-1"
