"""The parts of two stacks in moto: `dev`, and `dev-2`, which is not asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from tests.ops.inventory.world import OURS, REGION, World, answering, pairs

EXPECTED: Mapping[str, int] = {
    "aws:ec2/natGateway:NatGateway": 1,
    "aws:eks/cluster:Cluster": 1,
    "aws:rds/cluster:Cluster": 1,
    "aws:rds/clusterInstance:ClusterInstance": 1,
    "aws:elasticache/replicationGroup:ReplicationGroup": 1,
    "aws:lb/loadBalancer:LoadBalancer": 1,
    "aws:lb/targetGroup:TargetGroup": 2,
}
"""How many parts of each type a day has."""
PARTS = (
    "NAT gateway",
    "EKS cluster",
    "Aurora cluster",
    "Aurora instance",
    "ElastiCache replication group",
    "load balancer",
    "target group litellm",
    "target group langfuse",
)
"""How the names of the checks of a day begin."""
DENIALS: Mapping[str, str] = {
    "DescribeNatGateways": "NAT gateways",
    "ListClusters": "EKS clusters",
    "DescribeDBClusters": "Aurora clusters",
    "DescribeDBInstances": "Aurora instances",
    "DescribeReplicationGroups": "ElastiCache replication groups",
    "DescribeLoadBalancers": "load balancers",
    "DescribeTargetGroups": "target groups",
}
"""What cannot be looked at when a call is denied."""


def altered(world: World, **changes: Callable[[Any], None]) -> AbstractContextManager[None]:
    """Moto, with changes to the answers of some operations."""

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        answer = world.call(client, operation, parameters)
        if operation in changes:
            changes[operation](answer)
        return answer

    return answering(call)


def fill(world: World) -> None:
    """Make both days."""
    ec2 = world.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{16 * number}.0/20", AvailabilityZone=f"{REGION}{zone}")
        for number, zone in enumerate("ab")
    ]
    for stack in ("dev", "dev-2"):
        _day(world, stack, vpc, [subnet["Subnet"]["SubnetId"] for subnet in subnets])


def _day(world: World, stack: str, vpc: str, subnets: list[str]) -> None:
    tags = {**OURS, "Environment": stack}
    its_tags: dict[str, Any] = {"Tags": pairs(tags)}
    ec2, rds, elb = world.client("ec2"), world.client("rds"), world.client("elbv2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    specification = [{"ResourceType": "natgateway", **its_tags}]
    ec2.create_nat_gateway(AllocationId=address, SubnetId=subnets[0], TagSpecifications=specification)
    world.client("eks").create_cluster(
        name=f"genai-{stack}-abc1234",
        roleArn="arn:aws:iam::123456789012:role/r",
        resourcesVpcConfig={"subnetIds": [], "securityGroupIds": []},
        tags=tags,
    )
    database, aurora = world.auto_name("database-cluster"), "aurora-postgresql"
    rds.create_db_cluster(
        DBClusterIdentifier=database, Engine=aurora, MasterUsername="u", MasterUserPassword="p" * 16, **its_tags
    )
    instance, kind = world.auto_name("database"), "db.serverless"
    rds.create_db_instance(
        DBInstanceIdentifier=instance, DBClusterIdentifier=database, Engine=aurora, DBInstanceClass=kind, **its_tags
    )
    world.client("elasticache").create_replication_group(
        ReplicationGroupId=world.auto_name("cache"), ReplicationGroupDescription="d", Engine="valkey", **its_tags
    )
    entry = world.auto_name("entry")
    made = elb.create_load_balancer(Name=entry, Subnets=subnets, Scheme="internet-facing", **its_tags)
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    for service, port in (("litellm", 80), ("langfuse", 3000)):
        made = elb.create_target_group(
            Name=world.auto_name(f"{service}-target"),
            Protocol="HTTP",
            Port=port,
            VpcId=vpc,
            TargetType="ip",
            **its_tags,
        )
        group = made["TargetGroups"][0]["TargetGroupArn"]
        forward = [{"Type": "forward", "TargetGroupArn": group}]
        elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=forward)
        elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.16.7", "Port": port}])
