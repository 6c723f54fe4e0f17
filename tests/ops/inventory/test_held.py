"""What a protection, an update under way or old versions would keep from being removed."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import jmespath  # type: ignore[import-untyped]  # botocore brings it, without stubs
import moto
import pytest
from botocore import xform_name

from ops.clouds.aws import Aws
from ops.clouds.azure import Api
from ops.clouds.removal import PermanentError
from ops.inventory import deletion, ec2, holders, iam_and_eks, kinds, load_balancing, logs_secrets_keys, stores
from ops.inventory.found import FoundResource, Leftover
from tests.ops.inventory.world import error
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
    return next(listing for listing in ec2.LISTINGS if listing.kind == kind)


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
        Subnets=[subnet["Subnet"]["SubnetId"] for subnet in subnets],
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
        ("pending", "{ aws ec2 wait nat-gateway-available"),
        ("available", "aws ec2 delete-nat-gateway"),
        ("failed", "aws ec2 delete-nat-gateway"),
        ("deleting", "aws ec2 wait nat-gateway-d"),
    ],
)
def test_a_nat_gateway_that_is_being_made_is_waited_for(aws: Aws, state: str, first: str) -> None:
    gateway = {"NatGatewayId": "nat-1", "State": state, "VpcId": "vpc-1"}
    with aws_answers({"DescribeNatGateways": {"NatGateways": [gateway]}}):
        (resource,) = ec2.find(aws, listing("NAT gateway"))
    assert resource.command.startswith(first)
    assert subprocess.run(["sh", "-n", "-c", resource.command]).returncode == 0


UNDER_WAY: list[tuple[str, Any, Any, str, list[str]]] = [
    (
        "NatGateways",
        {"NatGatewayId": "nat-1", "State": "pending", "VpcId": "vpc-1"},
        {"State": "failed"},
        "DescribeNatGateways",
        ["DeleteNatGateway"],
    ),
    (
        "ReplicationGroups",
        {"ReplicationGroupId": "cache-1a2b3c4", "ARN": "arn:c", "Status": "creating"},
        {"Status": "deleted"},
        "DescribeReplicationGroups",
        ["DeleteReplicationGroup"],
    ),
    (
        "cluster",
        {"name": "genai-dev-abc1234", "status": "CREATING"},
        {"status": "FAILED"},
        "DescribeCluster",
        ["DeleteCluster"],
    ),
]


@pytest.mark.parametrize(("key", "now", "then", "describe", "deletes"), UNDER_WAY, ids=lambda item: str(item)[:20])
def test_what_fails_while_it_is_being_made_is_deleted_all_the_same(
    aws: Aws, key: str, now: Any, then: Any, describe: str, deletes: list[str]
) -> None:
    """botocore's waiter calls the failure an error; the deletion that follows is what was wanted."""
    state, asked = dict(now), []

    def described(_: object) -> Any:
        if deletes[0] in asked:
            raise error({"cluster": "ResourceNotFoundException"}.get(key, "NatGatewayNotFound"), describe)
        answer, _ = dict(state), state.update(then)
        return {key: answer if key == "cluster" else [answer]}

    def deleted(_: object) -> Any:
        asked.append(deletes[0])
        return {}

    answers = {
        describe: described,
        deletes[0]: deleted,
        "ListClusters": {"clusters": [now.get("name")]},
        "ListTagsForResource": {"TagList": []},
    }
    finder: Callable[[], Iterator[FoundResource]] = {
        "NatGateways": lambda: ec2.find(aws, listing("NAT gateway")),
        "ReplicationGroups": lambda: stores.caches(aws),
        "cluster": lambda: iam_and_eks.clusters(aws, "dev"),
    }[key]
    with aws_answers(answers):
        (resource,) = finder()
        with suppress(PermanentError):
            remove(resource)
    assert asked == deletes


def test_a_log_group_with_deletion_protection_goes(aws: Aws) -> None:
    group = {"logGroupName": "/aws/eks/genai-dev-abc1234/cluster", "creationTime": 0, "deletionProtectionEnabled": True}
    with aws_answers(
        {"DescribeLogGroups": lambda p: {"logGroups": [group] if "eks/" in p["logGroupNamePrefix"] else []}}
    ):
        (resource,) = logs_secrets_keys.log_groups(aws, "dev")
    unprotect, delete = resource.command.split(" && ")
    assert "put-log-group-deletion-protection" in unprotect
    assert "--no-deletion-protection-enabled" in unprotect
    assert "delete-log-group" in delete


TAGS = [{"Key": "Project", "Value": "genaiplatform"}]


@pytest.mark.parametrize(
    ("secret", "commands"),
    [
        ({}, ["delete-secret"]),
        ({"PrimaryRegion": "us-east-1"}, ["remove-regions-from-replication", "delete-secret"]),
        ({"PrimaryRegion": "eu-west-1"}, ["remove-regions-from-replication"]),
    ],
)
def test_a_replicated_secret_goes_with_its_replicas(aws: Aws, secret: dict[str, Any], commands: list[str]) -> None:
    listed = {"Name": "s", "ARN": "arn:s", "Tags": TAGS, **secret}
    replicas = {"ReplicationStatus": [{"Region": "eu-north-1"}]}
    with aws_answers({"ListSecrets": {"SecretList": [listed]}, "DescribeSecret": replicas}):
        (resource,) = logs_secrets_keys.secrets(aws)
    assert [command.split()[2] for command in resource.command.split(" && ")] == commands
    if commands[0] != "delete-secret":
        region = "eu-north-1" if secret["PrimaryRegion"] == "us-east-1" else "us-east-1"
        assert f"--remove-replica-regions {region} --region {secret['PrimaryRegion']}" in resource.command


def test_what_a_service_keeps_for_itself_is_no_leftover(aws: Aws) -> None:
    managed = {"Name": "rds!cluster-1", "ARN": "arn:s", "OwningService": "rds", "Tags": TAGS}
    address = {"AllocationId": "eipalloc-1", "PublicIp": "192.0.2.1", "ServiceManaged": "alb"}
    key = {"KeyId": "k", "KeyState": "PendingReplicaDeletion", "CreationDate": datetime.now(UTC)}
    answers = {
        "ListSecrets": {"SecretList": [managed]},
        "DescribeAddresses": {"Addresses": [address]},
        "GetResources": {"ResourceTagMappingList": [{"ResourceARN": "arn:k", "Tags": TAGS}]},
        "DescribeKey": {"KeyMetadata": key},
    }
    with aws_answers(answers):
        assert list(logs_secrets_keys.secrets(aws)) == []
        assert list(ec2.find(aws, listing("Elastic IP"))) == []
        assert list(logs_secrets_keys.keys(aws)) == []


def test_an_address_that_something_holds_is_taken_from_it_first(aws: Aws) -> None:
    address = {"AllocationId": "eipalloc-1", "AssociationId": "eipassoc-1"}
    with aws_answers({"DescribeAddresses": {"Addresses": [address]}}):
        (resource,) = ec2.find(aws, listing("Elastic IP"))
    assert [command.split()[2] for command in resource.command.split(" && ")] == [
        "disassociate-address",
        "release-address",
    ]


@pytest.mark.parametrize("kind", holders.COMMANDS)
def test_what_may_hold_a_resource_is_told_by_commands_of_the_aws_cli(aws: Aws, kind: str) -> None:
    commands = holders.commands(FoundResource(kind=kind, id="one", region="us-east-1", removal=()))
    assert commands
    for command in commands:
        program, service, operation, *rest = shlex.split(command)
        client = aws.client({"s3api": "s3"}.get(service, service))
        api = client.meta.method_to_api_mapping[operation.replace("-", "_")]
        members = client.meta.service_model.operation_model(api).input_shape.members
        known = {"--" + xform_name(name, "-") for name in members} | {"--region", "--query"}
        assert program == "aws"
        assert {part for part in rest if part.startswith("--")} <= known, command


def test_a_removal_that_is_refused_names_the_commands_that_tell_why() -> None:
    @dataclass(frozen=True)
    class Refused:
        command: str = "true"

        def run(self) -> None:
            raise PermanentError("DependencyViolation")

    vpc = FoundResource(kind=kinds.VPC, id="vpc-1", region="us-east-1", removal=(Refused(),))
    said: list[str] = []
    deletion.delete([Leftover(resource=vpc, why="")], said.append)
    assert "Name=vpc-id,Values=vpc-1 --region us-east-1`" in said[0]


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


@pytest.mark.parametrize("status", [409, 429, 503])
@pytest.mark.parametrize("retry_after", ["0", "Sun, 29 Nov 2026 12:00:00 GMT", ""])
def test_an_answer_that_it_cannot_be_said_yet_does_not_end_the_wait_for_a_deletion(
    status: int, retry_after: str
) -> None:
    headers = {"Retry-After": retry_after} if retry_after else {}
    with serve() as served, mock.patch("ops.clouds.azure.time.sleep") as sleep:
        answers: Iterator[Any] = iter([(status, headers, {}), (202, headers, {}), (status, headers, {}), (204, {}, {})])
        served.answers["DELETE /it"] = (202, {"Location": f"{served.url}/done", **headers}, {})
        sleep.side_effect = lambda _: served.answers.update({"GET /done": next(answers)})
        Api(served.url, "token").finish("DELETE", "/it")
    assert [request.route for request in served.asked] == ["DELETE /it", *["GET /done"] * 4]


def test_a_deletion_that_never_ends_is_not_waited_for_for_ever_and_not_called_done() -> None:
    with serve() as served, mock.patch("ops.clouds.azure.time.sleep"), mock.patch("ops.clouds.azure._TRIES", 3):
        served.answers["DELETE /it"] = (202, {"Location": f"{served.url}/done"}, {})
        served.answers["GET /done"] = (202, {}, {})
        with pytest.raises(PermanentError, match="does not say that it ended"):
            Api(served.url, "token").finish("DELETE", "/it")


def test_a_lock_is_no_update_and_its_command_is_named() -> None:
    with serve() as served:
        served.answers["DELETE /it"] = (409, {}, {"error": {"code": "ScopeLocked"}})
        with pytest.raises(PermanentError, match="az lock delete"):
            Api(served.url, "token").finish("DELETE", "/it")
