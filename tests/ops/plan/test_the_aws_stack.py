"""The plan of the real program: its minutes, its cost, its picture."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from ops.commands.plan import diagram
from ops.commands.plan.as_json import as_json
from ops.commands.plan.picture import mermaid
from ops.model import eks_children
from ops.model.simulated_outputs import GENERATED
from ops.project import ROOT
from ops.stack.plan import Plan, make_plan
from ops.stack.settings_file import StackConfig, read
from tests.ops.plan.test_as_json import schema

LIMIT = 16.5 * 60  # seconds
EKS = "aws:eks/cluster:Cluster"
AURORA = "aws:rds/clusterInstance:ClusterInstance"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"


@functools.cache
def plan(**settings: str) -> Plan:
    values = {key.replace("__", ":") if "__" in key else f"genaiplatform:{key}": text for key, text in settings.items()}
    return make_plan(StackConfig(stack="dev", values=values, secret_keys=()))


SIZES = pytest.mark.parametrize("size", ["day", "team"])


@SIZES
def test_the_clusters_chain_decides_up_and_ends_in_time(size: str) -> None:
    up = plan(size=size).up
    types = {resource.urn: resource.type for resource in plan(size=size).resources}
    path = [types[step.urn] for step in up.critical_path]
    assert EKS in path
    assert "kubernetes:helm.sh/v3:Release" in path
    assert not {AURORA, CACHE, "aws:lb/loadBalancer:LoadBalancer", "aws:ec2/natGateway:NatGateway"} & set(path)
    assert up.seconds <= LIMIT


@SIZES
def test_nothing_slow_waits_for_the_cluster(size: str) -> None:
    made = plan(size=size)
    steps = {resource.type: made.up.steps[resource.urn] for resource in made.resources}
    cluster = steps[EKS]
    for slow in (AURORA, CACHE, "aws:lb/loadBalancer:LoadBalancer", "aws:ec2/natGateway:NatGateway"):
        assert steps[slow].start < cluster.end / 2, slow


@SIZES
def test_the_long_deletions_share_one_wave_and_destroy_ends_in_time(size: str) -> None:
    made = plan(size=size)
    wave_of = {urn: wave.depth for wave in made.down.waves for urn in wave.urns}
    depths = {wave_of[resource.urn] for resource in made.resources if resource.type in (EKS, AURORA, CACHE)}
    assert len(depths) == 1
    assert made.down.seconds <= LIMIT


@SIZES
def test_everything_has_a_price_in_us_east_1(size: str) -> None:
    assert plan(size=size).cost.unpriced == ()
    assert 2 < plan(size=size).cost.usd_per_day < 20


@SIZES
@pytest.mark.parametrize(
    "region", ["us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1", "ap-southeast-1"]
)
def test_everything_has_a_price_in_the_regions_that_readme_names(region: str, size: str) -> None:
    priced = plan(size=size, aws__region=region).cost
    assert priced.unpriced == ()
    assert plan(size=size).cost.usd_per_hour <= priced.usd_per_hour < 1
    assert f"`{region}`" in (ROOT / "README.md").read_text("utf-8")


def test_the_cost_of_osaka_is_at_least_what_is_known_of_it() -> None:
    priced = plan(aws__region="ap-northeast-3").cost
    assert [what.partition(" of ")[0] for what in priced.unpriced] == [
        "NAT gateway",
        "Valkey cache.t4g.small",
        "application load balancer",
    ]
    assert priced.per_hour == "at least 0.48 USD an hour (not every price in ap-northeast-3 is known)"


def test_the_arguments_of_the_cluster_are_those_that_the_table_of_children_was_read_for() -> None:
    inputs = plan(size="day").recording.one(eks_children.COMPONENT).inputs
    assert inputs["autoMode"]["enabled"] is True
    assert inputs["autoMode"].get("createNodeRole") is not False
    assert inputs["createInstanceRole"] is False
    assert inputs["corednsAddonOptions"]["enabled"] is False
    assert inputs["createOidcProvider"] is True
    assert inputs["authenticationMode"] == "API"
    assert not inputs.keys() & {
        "accessEntries",
        "serviceRole",
        "storageClasses",
        "skipDefaultSecurityGroups",
        "fargate",
    }


def test_the_json_keeps_to_its_schema_and_holds_no_secret() -> None:
    text = json.dumps(as_json(plan(size="day")))
    jsonschema.validate(json.loads(text), schema())
    assert GENERATED not in text
    assert "[secret]" in text


def test_the_pictures_in_the_documents_show_what_the_program_builds() -> None:
    drawn = diagram.with_gateway(plan())
    assert drawn[1] is not None
    assert diagram.FILE.read_text("utf-8") == diagram.page(*drawn), "stale: run `genai plan -s dev --write-docs`"
    for readme in diagram.READMES:
        text = readme.read_text("utf-8")
        assert text == diagram.in_readme(text, *drawn), "stale: run `genai plan -s dev --write-docs`"
        assert mermaid(*drawn) in text


def arrows(gateway: Plan | None = None, **settings: Any) -> set[tuple[str, str, str]]:
    text = mermaid(plan(**settings), gateway)
    return set(re.findall(r"^    (\w+) (<?-->|-- .* -->) (\w+)$", text, re.MULTILINE))


def test_the_picture_tells_who_talks_to_whom() -> None:
    assert arrows() == {
        ("users", "-->", "balancer"),
        ("balancer", '-- "HTTP 80" -->', "Release_litellm"),
        ("balancer", '-- "HTTP 3000" -->', "Release_langfuse"),
        ("Release_litellm", "-->", "stores"),
        ("Release_langfuse", "-->", "stores"),
        ("Release_litellm", "<-->", "Release_langfuse"),
        ("Release_langfuse", "-->", "StatefulSet_clickhouse_stateful_set"),
        ("Release_langfuse", "-->", "Bucket_langfuse"),
        ("StatefulSet_clickhouse_stateful_set", "-->", "Bucket_clickhouse"),
        ("Release_litellm", "-->", "providers"),
    }


def test_the_picture_follows_the_program() -> None:
    assert ("balancer", '-- "HTTPS 443" -->', "Release_litellm") in arrows(domain="genai.example.com")
    without_bedrock = arrows(models='[{"name": "echo", "model": "openai/echo", "params": {"mock_response": "pong"}}]')
    assert not any("providers" in end for _, _, end in without_bedrock)


def test_every_provider_of_the_models_is_in_the_picture() -> None:
    models = [
        {"name": "nova-lite", "model": "bedrock/amazon.nova-lite-v1:0"},
        {
            "name": "gpt",
            "model": "azure/x",
            "params": {"api_base": "https://x.openai.azure.com"},
            "providerKey": "azure",
        },
        {"name": "flash", "model": "gemini/gemini-3.1-flash-lite", "providerKey": "gemini"},
        {"name": "flash-2", "model": "gemini/gemini-3.1-flash", "providerKey": "gemini"},
        {"name": "mistral", "model": "mistral/mistral-large-latest", "providerKey": "mistral"},
    ]
    keys = {name: {"secure": "v1:x"} for name in ("azure", "gemini", "mistral")}
    config = read(ROOT, "dev", [f"models={json.dumps(models)}"])
    made = make_plan(
        replace(
            config,
            values={
                **config.values,
                "genaiplatform:providerKeys": json.dumps(dict.fromkeys(keys, "a-key-of-a-provider")),
            },
            secret_keys=("genaiplatform:providerKeys",),
        )
    )
    assert re.findall(r'\["(.*)"\]:::provider', mermaid(made)) == [
        "Amazon Bedrock",
        "Azure OpenAI",
        "Google Gemini",
        "mistral",
    ]


@pytest.mark.parametrize(("mode", "vault"), [("header", False), ("keyVault", True)])
def test_an_azure_stack_stands_in_front_in_the_picture(mode: str, vault: bool) -> None:
    gateway = make_plan(read(ROOT, "azure", [f"keyMode={mode}"]))
    drawn = arrows(gateway, apimEntry="true")
    assert {
        ("clients", "-- token -->", "entra"),
        ("clients", "-->", "ApiManagementService_genai_gateway"),
        ("ApiManagementService_genai_gateway", '-- "HTTPS 8443" -->', "balancer"),
    } <= drawn
    assert (("ApiManagementService_genai_gateway", "-- key -->", "Vault_genai_keys") in drawn) is vault
    assert arrows() <= drawn


def test_the_page_tells_what_each_role_may_use() -> None:
    lines = diagram.page(plan(), None).splitlines()
    assert "| LiteLLM | `litellm-role` | Amazon Bedrock |" in lines
    assert "| ClickHouse | `clickhouse-role` | bucket of ClickHouse |" in lines


def test_an_azure_stack_is_planned_in_front_of_the_aws_day_it_names() -> None:
    azure = make_plan(read(ROOT, "azure"))
    assert azure.cost.region == "eastus2"
    assert [line.item for line in azure.cost.lines] == ["API Management BasicV2"]
    assert azure.cost.unpriced == ()
    assert any("ApiManagementService" in step.urn for step in azure.up.critical_path)
