"""What a protection, an update under way or old versions would keep from being removed."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import jmespath  # type: ignore[import-untyped]  # botocore brings it, without stubs
import moto
import pytest

from ops.clouds.aws import Aws
from ops.clouds.azure import Api
from ops.clouds.removal import PermanentError
from ops.inventory import ec2, load_balancing, stores
from ops.inventory.found import FoundResource
from tests.ops.preflight.stand_in import aws_answers, serve


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nobody")
    with moto.mock_aws():
        yield Aws("us-east-1")


def remove(resource: FoundResource) -> None:
    with mock.patch("botocore.waiter.time.sleep"):
        for step in resource.removal:
            step.run()


def listing(kind: str) -> Any:
    return next(one for one in ec2.LISTINGS if one.kind == kind)


def test_a_load_balancer_with_deletion_protection_goes(aws: Aws) -> None:
    vpc = aws.call("ec2", "create_vpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        aws.call("ec2", "create_subnet", VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for n, zone in enumerate("ab")
    ]
    made = aws.call(
        "elbv2",
        "create_load_balancer",
        Name="a",
        Scheme="internal",
        Subnets=[one["Subnet"]["SubnetId"] for one in subnets],
    )
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    protect = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    aws.call("elbv2", "modify_load_balancer_attributes", LoadBalancerArn=arn, Attributes=protect)
    (resource,) = load_balancing.load_balancers(aws)
    remove(resource)
    assert not list(load_balancing.load_balancers(aws))


def test_an_instance_with_termination_protection_goes(aws: Aws) -> None:
    aws.call("ec2", "run_instances", ImageId="ami-12345678", MinCount=1, MaxCount=1, DisableApiTermination=True)
    (resource,) = ec2.find(aws, listing("EC2 instance"))
    remove(resource)
    assert not list(ec2.find(aws, listing("EC2 instance")))


def test_a_node_of_auto_mode_is_ended_without_a_change_that_ec2_refuses(aws: Aws) -> None:
    node = {
        "InstanceId": "i-1",
        "State": {"Name": "running"},
        "InstanceType": "c6a.large",
        "Operator": {"Managed": True},
    }
    with aws_answers({"DescribeInstances": {"Reservations": [{"Instances": [node]}]}}):
        (resource,) = ec2.find(aws, listing("EC2 instance"))
    assert "modify-instance-attribute" not in resource.command
    assert "terminate-instances" in resource.command


@pytest.mark.parametrize(
    ("state", "first"),
    [
        ("pending", "wait nat-gateway-available"),
        ("available", "delete-nat-gateway"),
        ("deleting", "wait nat-gateway-d"),
    ],
)
def test_a_nat_gateway_that_is_being_made_is_waited_for(aws: Aws, state: str, first: str) -> None:
    gateway = {"NatGatewayId": "nat-1", "State": state, "VpcId": "vpc-1"}
    with aws_answers({"DescribeNatGateways": {"NatGateways": [gateway]}}):
        (resource,) = ec2.find(aws, listing("NAT gateway"))
    assert resource.command.startswith(f"aws ec2 {first}")


def test_the_printed_command_removes_a_bucket_with_its_versions(aws: Aws, tmp_path: Path) -> None:
    name = "files-1a2b3c4"
    aws.call("s3", "create_bucket", Bucket=name)
    (plain,) = stores.buckets(aws)
    assert plain.command == f"aws s3 rb s3://{name} --force --region us-east-1"
    versioning = {"Bucket": name, "VersioningConfiguration": {"Status": "Enabled"}}
    aws.call("s3", "put_bucket_versioning", **versioning)
    for key in ("a b", "c"):
        aws.call("s3", "put_object", Bucket=name, Key=key, Body=b"1")
    aws.call("s3", "delete_object", Bucket=name, Key="c")
    (resource,) = stores.buckets(aws)
    listed = aws.call("s3", "list_object_versions", Bucket=name)
    query = shlex.split(resource.command.partition("--query ")[2].replace(")", " "))[0]
    versions = jmespath.search(query, {key: listed.get(key) for key in ("Versions", "DeleteMarkers")})
    assert len(versions) == 3
    # Stands in for `aws`: lists them once, then nothing, and writes down what it is told.
    (tmp_path / "aws").write_text(
        f"#!{sys.executable} -SE\n"
        "import json, pathlib, sys\n"
        f"log = pathlib.Path({str(tmp_path / 'log')!r})\n"
        "said = log.read_text().splitlines() if log.exists() else []\n"
        "log.write_text('\\n'.join([*said, json.dumps(sys.argv[1:])]))\n"
        "if sys.argv[2] == 'list-object-versions':\n"
        f"    print({json.dumps(versions)!r} if not said else '[]')\n"
    )
    (tmp_path / "aws").chmod(0o755)
    subprocess.run(["sh", "-c", resource.command], check=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, timeout=60)
    ran = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [words[1] for words in ran] == [
        "list-object-versions",
        "delete-objects",
        "list-object-versions",
        "delete-bucket",
    ]
    assert json.loads(ran[1][ran[1].index("--delete") + 1]) == {"Objects": versions, "Quiet": True}


def test_a_gateway_that_is_being_updated_is_waited_for() -> None:
    with serve() as served, mock.patch("ops.clouds.azure.time.sleep") as sleep:
        served.answers["DELETE /it"] = (409, {}, {"error": {"code": "ServiceLocked"}})
        sleep.side_effect = lambda _: served.answers.update({"DELETE /it": (200, {}, {})})
        Api(served.url, "token").finish("DELETE", "/it")
    assert len(served.asked) == 2


def test_a_lock_is_no_update_and_its_command_is_named() -> None:
    with serve() as served:
        served.answers["DELETE /it"] = (409, {}, {"error": {"code": "ScopeLocked"}})
        with pytest.raises(PermanentError, match="az lock delete"):
            Api(served.url, "token").finish("DELETE", "/it")
