"""The role and the bucket that the workflow needs, as CloudFormation makes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore import xform_name

from catalogue.github_role import DAY_ACTIONS, with_current_actions
from ops.clouds.aws import Aws, Call
from ops.project import ROOT
from tests.ops.inventory.orphans import fill
from tests.ops.inventory.recorded_calls import record
from tests.ops.inventory.world import account

TEMPLATE = (ROOT / "deploy" / "github-role.yaml").read_text(encoding="utf-8")
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
OPERATOR = "arn:aws:iam::123456789012:role/Engineer"

PREFIXES = {
    "bedrock-agentcore-control": "bedrock-agentcore",
    "bedrock-runtime": "bedrock",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "service-quotas": "servicequotas",
}
"""Services whose actions IAM files under another name (Service Authorization Reference)."""
OTHER_NAMES = {
    "bedrock:Converse": "bedrock:InvokeModel",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "servicequotas:GetAwsDefaultServiceQuota": "servicequotas:GetAWSDefaultServiceQuota",
}
OF_AN_MCP_STACK = re.compile("bedrock-agentcore:.*|secretsmanager:GetSecretValue")
"""The workflow runs AWS days alone."""
FOR_EVERYONE = {"sts:GetCallerIdentity"}
ONLY_SHOWN = {"kms:EnableKey"}
"""A command for the user: a key that somebody disabled is never enabled unasked."""


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's own tags as the plain values they stand before."""


_Loader.add_multi_constructor(
    "!",
    lambda loader, _, node: (
        loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else loader.construct_sequence(node)
    ),
)


RESOURCES = yaml.load(TEMPLATE, _Loader)["Resources"]


def _made(parameters: Mapping[str, str]) -> dict[str, Any]:
    """The role, its policies by logical name, and the name of the bucket, as the made stack has them."""
    with account():
        aws = Aws("us-east-1")
        aws.call(
            "cloudformation",
            "create_stack",
            StackName="genaiplatform-github",
            TemplateBody=TEMPLATE,
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        (stack,) = aws.call("cloudformation", "describe_stacks")["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        policies = {}
        for policy in aws.items("iam", "list_policies", "Policies[]", Scope="Local"):
            found = aws.call("iam", "get_policy_version", PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]
            policies[policy["PolicyName"].split("-")[2]] = found["Document"]
        role = outputs["RoleArn"].rpartition("/")[2]
        return {
            "role": aws.call("iam", "get_role", RoleName=role)["Role"],
            "policies": policies,
            "bucket": outputs["StateBucket"],
        }


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """With the provider that the account has, and an operator: moto makes all of it but the bucket's policy."""
    parameters = {"Repository": "octocat/platform", "OidcProviderArn": PROVIDER, "OperatorArn": OPERATOR}
    with pytest.warns(UserWarning, match="AWS::S3::BucketPolicy"):
        return _made(parameters)


def _allowed(document: Mapping[str, Any]) -> set[str]:
    statements = [item for item in document["Statement"] if item["Effect"] == "Allow"]
    return set(chain.from_iterable(statement["Action"] for statement in statements))


def test_the_policy_of_the_platform_is_current() -> None:
    assert with_current_actions(TEMPLATE) == TEMPLATE, "run `make generated`"


def test_the_role_may_do_what_the_program_needs_and_nothing_more(made: dict[str, Any]) -> None:
    policies = made["policies"]
    assert _allowed(policies["PlatformPolicy"]) == set(chain.from_iterable(DAY_ACTIONS.values()))
    assert sorted(RESOURCES["Role"]["Properties"]["ManagedPolicyArns"]) == sorted(policies)


def _calls() -> Iterator[tuple[str, str]]:
    """Service and operation of each call that the commands make: those in the code, and those of a full account."""
    for file in Path(ROOT, "ops").rglob("*.py"):
        calls = r'\.(?:call|items|step)\((?:\s*#.*)?\s*"([a-z0-9-]+)",(?:\s*#.*)?\s*"([a-z_0-9]+)"'
        yield from re.findall(calls, file.read_text(encoding="utf-8"))
    with account() as world:
        fill(world)
        day = world.day()
        for service, operation, _, _ in record(world, day):
            yield service, xform_name(operation)
        for leftover in day.scan().leftovers:
            for step in leftover.resource.removal:
                if isinstance(step, Call):
                    yield step.service, step.operation
    yield from [("s3", "delete_objects"), ("s3", "delete_bucket"), ("s3", "list_object_versions")]  # RemoveBucket
    yield "rds", "promote_read_replica_db_cluster"  # ops/clouds/aurora.py


def _action(aws: Aws, service: str, operation: str) -> str:
    (name,) = (
        operation_name
        for operation_name in aws.client(service).meta.service_model.operation_names
        if xform_name(operation_name) == operation
    )
    action = f"{PREFIXES.get(service, service)}:{name}"
    return OTHER_NAMES.get(action, action)


def test_the_role_may_do_what_the_commands_do_and_nothing_more(made: dict[str, Any]) -> None:
    aws = Aws("us-east-1")
    called = {_action(aws, *call) for call in _calls()} - FOR_EVERYONE - ONLY_SHOWN
    called = {action for action in called if not OF_AN_MCP_STACK.fullmatch(action)}
    first, *_ = made["policies"]["OperationsPolicy"]["Statement"]
    assert set(first["Action"]) == called - _allowed(made["policies"]["PlatformPolicy"])


def test_no_policy_is_longer_than_iam_allows(made: dict[str, Any]) -> None:
    for name, document in made["policies"].items():
        assert len(json.dumps(document, separators=(",", ":"))) <= 6144, name


def test_only_the_branch_of_the_repository_and_the_operator_may_assume_the_role(made: dict[str, Any]) -> None:
    github, operator = made["role"]["AssumeRolePolicyDocument"]["Statement"]
    assert github["Principal"] == {"Federated": PROVIDER}
    assert github["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:octocat/platform:ref:refs/heads/main",
        }
    }
    assert (operator["Principal"], operator["Action"]) == ({"AWS": OPERATOR}, "sts:AssumeRole")


def test_the_repository_may_be_named_with_its_ids_and_without_wildcards() -> None:
    (pattern,) = re.findall(r"AllowedPattern: '(.+)'", TEMPLATE)
    for good in ("octocat/platform", "octocat@583231/platform@1296269"):
        assert re.fullmatch(pattern, good)
    for bad in ("octocat/*", "*", "octocat", "octocat/platform:environment:x"):
        assert not re.fullmatch(pattern, bad)


def test_the_state_cannot_be_lost_or_read_by_others(made: dict[str, Any]) -> None:
    bucket = RESOURCES["StateBucket"]
    settings = bucket["Properties"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert settings["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "BucketEncryption" in settings
    assert list(settings["PublicAccessBlockConfiguration"].values()) == [True] * 4
    arn = f"arn:aws:s3:::{made['bucket']}"
    by_name = {item.get("Sid"): item for item in made["policies"]["OperationsPolicy"]["Statement"]}
    assert by_name["PulumiState"]["Resource"] == f"{arn}/*"
    stays = by_name["TheStateStays"]
    assert (stays["Effect"], stays["Resource"]) == ("Deny", [arn, f"{arn}/*"])
    assert {"s3:DeleteBucket", "s3:DeleteObjectVersion"} <= set(stays["Action"])


def test_the_role_lasts_as_long_as_the_workflow_asks_for(made: dict[str, Any]) -> None:
    workflow = (ROOT / ".github" / "workflows" / "day.yml").read_text(encoding="utf-8")
    (asked,) = re.findall(r"role-duration-seconds: (\d+)", workflow)
    assert made["role"]["MaxSessionDuration"] == int(asked)


@pytest.mark.filterwarnings("ignore:Tried to parse AWS")  # moto makes no provider and no bucket policy
def test_nobody_but_github_may_assume_the_role_unless_an_operator_is_named() -> None:
    statements = _made({"Repository": "octocat/platform"})["role"]["AssumeRolePolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in statements if statement] == ["sts:AssumeRoleWithWebIdentity"]
