"""What AWS holds on a running day: others change it and a refresh reports it; the program changes it and it is so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rehearsal.engine import RehearsalEngine
from rehearsal.run import plain_secrets
from rehearsal.simulation import Simulation
from tests.rehearsal.engines import config, engine, nothing_is_left, succeed, touched

pytestmark = pytest.mark.engine

ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
SHUT = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
Change = tuple[str, str, Callable[[Mapping[str, Any]], dict[str, Any]]]
"""Service, operation, and its parameters by the properties of the resource."""

WITH_DOMAIN: dict[str, Any] = {"domain": "genai.example.com", "apimEntry": True}

CHANGED: Mapping[tuple[str, str], Change] = {
    ("aws:ec2/vpc:Vpc", "network-vpc"): (
        "ec2",
        "modify_vpc_attribute",
        lambda resource: {"VpcId": resource["id"], "EnableDnsHostnames": {"Value": False}},
    ),
    ("aws:ec2/subnet:Subnet", "network-public-0"): (
        "ec2",
        "delete_tags",
        lambda resource: {"Resources": [resource["id"]], "Tags": [{"Key": "kubernetes.io/role/elb"}]},
    ),
    ("aws:elasticache/replicationGroup:ReplicationGroup", "cache"): (
        "elasticache",
        "modify_replication_group",
        lambda resource: {"ReplicationGroupId": resource["id"], "CacheNodeType": "cache.r7g.large"},
    ),
    ("aws:iam/role:Role", "langfuse-role"): (
        "iam",
        "update_assume_role_policy",
        lambda resource: {
            "RoleName": resource["id"],
            "PolicyDocument": resource["assumeRolePolicy"].replace("langfuse", "clickhouse"),
        },
    ),
    ("aws:iam/rolePolicy:RolePolicy", "litellm-role"): (
        "iam",
        "put_role_policy",
        lambda resource: {"RoleName": resource["role"], "PolicyName": resource["name"], "PolicyDocument": ANYTHING},
    ),
    ("aws:lb/listener:Listener", "listeners-80"): (
        "elbv2",
        "modify_listener",
        lambda resource: {"ListenerArn": resource["id"], "DefaultActions": [SHUT]},
    ),
    ("aws:lb/listenerRule:ListenerRule", "apim-entry"): (
        "elbv2",
        "modify_rule",
        lambda resource: {"RuleArn": resource["id"], "Conditions": [{"Field": "path-pattern", "Values": ["/*"]}]},
    ),
    ("aws:lb/loadBalancer:LoadBalancer", "entry"): (
        "elbv2",
        "modify_load_balancer_attributes",
        lambda resource: {
            "LoadBalancerArn": resource["id"],
            "Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "60"}],
        },
    ),
    ("aws:lb/targetGroup:TargetGroup", "langfuse-target"): (
        "elbv2",
        "modify_target_group",
        lambda resource: {"TargetGroupArn": resource["id"], "HealthCheckPath": "/nowhere"},
    ),
    ("aws:lb/targetGroup:TargetGroup", "litellm-target"): (
        "elbv2",
        "add_tags",
        lambda resource: {"ResourceArns": [resource["id"]], "Tags": [{"Key": "Owner", "Value": "somebody"}]},
    ),
    ("aws:rds/cluster:Cluster", "database-cluster"): (
        "rds",
        "modify_db_cluster",
        lambda resource: {
            "DBClusterIdentifier": resource["id"],
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 8, "MaxCapacity": 64},
        },
    ),
    ("aws:rds/clusterParameterGroup:ClusterParameterGroup", "database-parameters"): (
        "rds",
        "modify_db_cluster_parameter_group",
        lambda resource: {
            "DBClusterParameterGroupName": resource["id"],
            "Parameters": [{"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "immediate"}],
        },
    ),
    ("aws:s3/bucketCorsConfiguration:BucketCorsConfiguration", "langfuse"): (
        "s3",
        "put_bucket_cors",
        lambda resource: {
            "Bucket": resource["bucket"],
            "CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
        },
    ),
    ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "clickhouse"): (
        "s3",
        "put_public_access_block",
        lambda resource: {"Bucket": resource["bucket"], "PublicAccessBlockConfiguration": {"BlockPublicPolicy": False}},
    ),
}
GONE: Mapping[tuple[str, str], Change] = {
    ("aws:ec2/route:Route", name): (
        "ec2",
        "delete_route",
        lambda resource: {"RouteTableId": resource["routeTableId"], "DestinationCidrBlock": "0.0.0.0/0"},
    )
    for name in ("network-public", "network-private-0", "network-private-1")
} | {
    ("aws:ec2/routeTableAssociation:RouteTableAssociation", "network-public-0"): (
        "ec2",
        "disassociate_route_table",
        lambda resource: {"AssociationId": resource["id"]},
    ),
    ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "cluster-eksRole-1587f79c"): (
        "iam",
        "detach_role_policy",
        lambda resource: {"RoleName": resource["role"], "PolicyArn": resource["policyArn"]},
    ),
    ("aws:s3/bucketPolicy:BucketPolicy", "langfuse"): (
        "s3",
        "delete_bucket_policy",
        lambda resource: {"Bucket": resource["bucket"]},
    ),
}


def resources(day: RehearsalEngine) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (resource["type"], resource["urn"].rpartition("::")[2]): {
            **resource.get("outputs", {}),
            "id": resource.get("id"),
        }
        for resource in day.resources()
    }


def test_refresh_reports_what_others_changed_and_the_next_up_mends_it(simulation: Simulation, folder: Path) -> None:
    day = engine(simulation, folder, **WITH_DOMAIN)
    succeed(day.up())
    before = resources(day)
    for resource, (service, operation, params) in {**CHANGED, **GONE}.items():
        simulation.account.call(service, operation, **params(before[resource]))
    refreshed = day.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert not refreshed.succeeded
    assert f"~ {len(CHANGED)} updated" in refreshed.output
    assert f"- {len(GONE)} deleted" in refreshed.output
    after = resources(day)
    assert before.keys() - after.keys() == GONE.keys()
    seen = {key for key, state in after.items() if key[0].startswith("aws:") and state != before[key]}
    assert seen == CHANGED.keys()  # of others secrets alone are encrypted anew
    assert plain_secrets(day.state_text(), simulation.secrets()) == 0
    since = len(simulation.operations.done)
    succeed(day.up())
    assert touched(simulation, since) == {
        *(("update", name) for _, name in CHANGED),
        *(("create", name) for _, name in GONE),
    }
    succeed(day.run("refresh", "--yes", "--skip-preview", "--expect-no-changes"))
    succeed(day.destroy())
    nothing_is_left(simulation, day)


def test_a_tag_that_changes_reaches_everything_that_carries_it(simulation: Simulation, folder: Path) -> None:
    day = engine(simulation, folder, **WITH_DOMAIN, owner="first")
    succeed(day.up())
    first = [tag["Value"] for tag in simulation.account.call("ec2", "describe_tags")["Tags"]]
    day.configure(config(**WITH_DOMAIN, owner="second"))
    since = len(simulation.operations.done)
    succeed(day.up())
    carry = {name for (token, name), one in resources(day).items() if token.startswith("aws:") and "tags" in one}
    assert touched(simulation, since) >= {("update", name) for name in carry}
    second = [tag["Value"] for tag in simulation.account.call("ec2", "describe_tags")["Tags"]]
    assert second.count("second") == first.count("first") > 0
    assert "first" not in second
    # A refresh reads the tags of every other service too.
    succeed(day.run("refresh", "--yes", "--skip-preview", "--expect-no-changes"))
    succeed(day.destroy())
    nothing_is_left(simulation, day)
