"""What keeps Auto Mode's nodes from starting is told beforehand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.checks.check import State
from ops.checks.preflight import nodes
from ops.clouds.aws import Aws
from tests.ops.preflight.stand_in import aws_answers, state_of

LIKE_AWS_OWN = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": ["kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:ViaService": "ec2.us-west-2.amazonaws.com"}},
        }
    ]
}


def _default_key(key: str, *, by_default: bool = True) -> dict[str, Any]:
    return {
        "GetEbsDefaultKmsKeyId": {"KmsKeyId": key},
        "GetEbsEncryptionByDefault": {"EbsEncryptionByDefault": by_default},
    }


def _customer_key(aws: Aws, policy: dict[str, Any] | None = None) -> str:
    """A key of moto; without a policy it has the one of the console, which leaves everything to IAM."""
    with aws_answers({}):
        parameters = {"Policy": json.dumps({"Version": "2012-10-17", **policy})} if policy else {}
        return str(aws.call("kms", "create_key", **parameters)["KeyMetadata"]["Arn"])


def test_the_key_that_aws_owns_is_fine(aws: Aws) -> None:
    with aws_answers(_default_key("alias/aws/ebs")):
        assert nodes.disk_key(aws).state == State.FINE
    own = {"DescribeKey": {"KeyMetadata": {"KeyManager": "AWS", "KeyState": "Enabled"}}}
    with aws_answers({**_default_key("arn:aws:kms:us-west-2:123456789012:key/k-1"), **own}):
        assert nodes.disk_key(aws).state == State.FINE


@pytest.mark.parametrize(("by_default", "says"), [(True, "no node will start"), (False, "ClickHouse gets no disk")])
def test_a_customer_key_that_leaves_the_cluster_out_is_bad(aws: Aws, by_default: bool, says: str) -> None:
    key = _customer_key(aws)
    with aws_answers(_default_key(key, by_default=by_default)):
        outcome = nodes.disk_key(aws)
    assert outcome.state == State.BAD
    assert key in outcome.says
    assert says in outcome.says
    assert "aws ec2 reset-ebs-default-kms-key-id --region us-west-2" in outcome.fix
    assert "kms:ViaService ec2.us-west-2.amazonaws.com" in outcome.fix


def test_a_customer_key_that_lets_the_account_in_is_fine(aws: Aws) -> None:
    with aws_answers(_default_key(_customer_key(aws, LIKE_AWS_OWN))):
        assert nodes.disk_key(aws).state == State.FINE


@pytest.mark.parametrize("missing", ["kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey*"])
def test_a_customer_key_that_lets_the_account_do_too_little_is_bad(aws: Aws, missing: str) -> None:
    (statement,) = LIKE_AWS_OWN["Statement"]
    less = {**statement, "Action": [action for action in statement["Action"] if action != missing]}
    with aws_answers(_default_key(_customer_key(aws, {"Statement": [less]}))):
        assert nodes.disk_key(aws).state == State.BAD


def test_a_customer_key_that_is_disabled_is_bad(aws: Aws) -> None:
    key = _customer_key(aws, LIKE_AWS_OWN)
    with aws_answers(_default_key(key)):
        aws.call("kms", "disable_key", KeyId=key.rpartition("/")[2])
        assert "Disabled" in nodes.disk_key(aws).says


@pytest.mark.parametrize(
    "denied", ["GetEbsDefaultKmsKeyId", "GetEbsEncryptionByDefault", "DescribeKey", "GetKeyPolicy"]
)
def test_a_key_that_may_not_be_asked_for_is_could_not_look(aws: Aws, denied: str) -> None:
    with aws_answers({**_default_key(_customer_key(aws)), denied: "AccessDeniedException"}):
        assert state_of(lambda: nodes.disk_key(aws)) == State.COULD_NOT_LOOK


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        ({"State": "disabled"}, State.FINE),
        ({"State": "audit-mode", "ImageCriteria": [{"ImageProviders": ["self"]}]}, State.FINE),
        ({"State": "enabled", "ImageCriteria": [{"ImageProviders": ["self", "amazon"]}]}, State.FINE),
        ({"State": "enabled", "ImageCriteria": [{"ImageProviders": ["123456789012"]}]}, State.BAD),
        ({"State": "enabled", "ImageCriteria": [{"ImageProviders": ["amazon"], "ImageNames": ["al*"]}]}, State.BAD),
        ({"State": "enabled"}, State.BAD),
        ("UnauthorizedOperation", State.COULD_NOT_LOOK),
    ],
)
def test_images_that_the_account_does_not_allow_are_bad(aws: Aws, settings: Any, state: State) -> None:
    with aws_answers({"GetAllowedImagesSettings": settings}):
        assert state_of(lambda: nodes.image(aws)) == state


def test_a_region_as_it_is_offers_instance_types(aws: Aws) -> None:
    with aws_answers({}):
        outcome = nodes.instance_types(aws, 2)
    assert outcome.state == State.FINE
    assert "us-west-2a" in outcome.says
    assert "us-west-2c" not in outcome.says


@pytest.mark.parametrize(
    ("type_", "state"),
    [
        ("m5.large", State.FINE),
        ("c6a.xlarge", State.FINE),
        ("r8i-flex.2xlarge", State.FINE),
        ("m10i.large", State.FINE),
        ("m4.large", State.BAD),
        ("m6g.large", State.BAD),
        ("c7gn.xlarge", State.BAD),
        ("m5.metal", State.BAD),
    ],
)
def test_a_zone_without_a_type_that_auto_mode_starts_is_bad(aws: Aws, type_: str, state: State) -> None:
    offered = [
        {"InstanceType": "m5.large", "Location": "us-west-2a"},
        {"InstanceType": type_, "Location": "us-west-2b"},
    ]
    with aws_answers({"DescribeInstanceTypeOfferings": {"InstanceTypeOfferings": offered}}):
        outcome = nodes.instance_types(aws, 2)
    assert outcome.state == state
    assert state == State.FINE or outcome.says.startswith("us-west-2b offers no")


def test_offerings_that_may_not_be_listed_are_could_not_look(aws: Aws) -> None:
    with aws_answers({"DescribeInstanceTypeOfferings": "UnauthorizedOperation"}):
        assert state_of(lambda: nodes.instance_types(aws, 2)) == State.COULD_NOT_LOOK
