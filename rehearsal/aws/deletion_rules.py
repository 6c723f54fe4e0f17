"""What AWS refuses to delete although moto accepts it: one table, each rule with its error and its source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rehearsal.aws.account import Account
from rehearsal.aws.table import State

Holders = Callable[[Account, str, State], Iterable[str]]


@dataclass(frozen=True, kw_only=True)
class DeletionRule:
    """A deletion is refused as long as there are `holders`; `{id}` in the message is the resource itself."""

    error: str
    message: str
    holders: Holders
    source: str


def _interfaces(key: str) -> Holders:
    return lambda account, id_, state: [
        interface.get("Description") or interface["NetworkInterfaceId"] for interface in account.interfaces(key, id_)
    ]


def _public_interfaces(account: Account, id_: str, state: State) -> Iterable[str]:
    gateways = account.call("ec2", "describe_nat_gateways")["NatGateways"]
    nat_gateways = [
        nat["NatGatewayId"] for nat in gateways if nat["VpcId"] == state["vpcId"] and nat["State"] != "deleted"
    ]
    found = account.interfaces("vpc-id", state["vpcId"])
    return [*nat_gateways, *(eni["Description"] for eni in found if str(eni.get("Description")).startswith("ELB "))]


def _referring_groups(account: Account, id_: str, state: State) -> Iterable[str]:
    rules = account.call("ec2", "describe_security_group_rules")["SecurityGroupRules"]
    referring = {rule["GroupId"] for rule in rules if rule.get("ReferencedGroupInfo", {}).get("GroupId") == id_}
    return referring - {id_}


def _in_vpc(account: Account, id_: str, state: State) -> Iterable[str]:
    groups = account.call("ec2", "describe_security_groups", Filters=[{"Name": "vpc-id", "Values": [id_]}])
    yield from (group["GroupName"] for group in groups["SecurityGroups"] if group["GroupName"] != "default")
    attached = [{"Name": "attachment.vpc-id", "Values": [id_]}]
    gateways = account.call("ec2", "describe_internet_gateways", Filters=attached)["InternetGateways"]
    yield from (gateway["InternetGatewayId"] for gateway in gateways)


def _nat_gateways(account: Account, id_: str, state: State) -> Iterable[str]:
    for gateway in account.call("ec2", "describe_nat_gateways")["NatGateways"]:
        if gateway["State"] != "deleted" and any(
            address["AllocationId"] == id_ for address in gateway["NatGatewayAddresses"]
        ):
            yield gateway["NatGatewayId"]


def _database_clusters(key: str) -> Holders:
    return lambda account, id_, state: [
        cluster["DBClusterIdentifier"]
        for cluster in account.call("rds", "describe_db_clusters")["DBClusters"]
        if cluster.get(key) == id_
    ]


def _caches(key: str) -> Holders:
    return lambda account, id_, state: [
        name for name, cache in account.elasticache.resources["replication_group"].items() if cache.get(key) == id_
    ]


def _listeners(account: Account, id_: str, state: State) -> Iterable[str]:
    for balancer in account.call("elbv2", "describe_load_balancers")["LoadBalancers"]:
        arn = balancer["LoadBalancerArn"]
        for listener in account.call("elbv2", "describe_listeners", LoadBalancerArn=arn)["Listeners"]:
            if any(certificate["CertificateArn"] == id_ for certificate in listener.get("Certificates", [])):
                yield listener["ListenerArn"]


def _no_snapshot(account: Account, id_: str, state: State) -> Iterable[str]:
    return [] if state.get("skipFinalSnapshot") or state.get("finalSnapshotIdentifier") else ["finalSnapshotIdentifier"]


def _protected(key: str) -> Holders:
    return lambda account, id_, state: [key] if state.get(key) else []


_EC2 = "Amazon EC2 API reference, "
RULES: Mapping[str, tuple[DeletionRule, ...]] = {
    "aws:ec2/subnet:Subnet": (
        DeletionRule(
            error="DependencyViolation",
            message="The subnet '{id}' has dependencies and cannot be deleted.",
            holders=_interfaces("subnet-id"),
            source=_EC2 + "DeleteSubnet: terminate all instances first",
        ),
    ),
    "aws:ec2/securityGroup:SecurityGroup": (
        DeletionRule(
            error="DependencyViolation",
            message="resource {id} has a dependent object",
            holders=_interfaces("group-id"),
            source=_EC2 + "DeleteSecurityGroup",
        ),
        DeletionRule(
            error="DependencyViolation",
            message="resource {id} has a dependent object",
            holders=_referring_groups,
            source=_EC2 + "DeleteSecurityGroup: referenced by another group",
        ),
    ),
    "aws:ec2/internetGateway:InternetGateway": (
        DeletionRule(
            error="DependencyViolation",
            message="Network has some mapped public address(es). Please unmap those before detaching {id}.",
            holders=_public_interfaces,
            source=_EC2 + "DetachInternetGateway",
        ),
    ),
    "aws:ec2/vpc:Vpc": (
        DeletionRule(
            error="DependencyViolation",
            message="The vpc '{id}' has dependencies and cannot be deleted.",
            holders=_in_vpc,
            source=_EC2 + "DeleteVpc: detach or delete all gateways and resources first",
        ),
    ),
    "aws:ec2/eip:Eip": (
        DeletionRule(
            error="InvalidIPAddress.InUse",
            message="The address {id} is in use.",
            holders=_nat_gateways,
            source=_EC2 + "ReleaseAddress",
        ),
    ),
    "aws:rds/subnetGroup:SubnetGroup": (
        DeletionRule(
            error="InvalidDBSubnetGroupStateFault",
            message="Cannot delete the subnet group '{id}' because at least one database instance is using it",
            holders=_database_clusters("DBSubnetGroup"),
            source="Amazon RDS API reference, DeleteDBSubnetGroup",
        ),
    ),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": (
        DeletionRule(
            error="InvalidDBParameterGroupState",
            message="One or more database instances are still members of this parameter group {id}",
            holders=_database_clusters("DBClusterParameterGroup"),
            source="Amazon RDS API reference, DeleteDBClusterParameterGroup",
        ),
    ),
    "aws:rds/cluster:Cluster": (
        DeletionRule(
            error="InvalidParameterCombination",
            message="FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
            holders=_no_snapshot,
            source="Amazon RDS API reference, DeleteDBCluster",
        ),
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": (
        DeletionRule(
            error="CacheSubnetGroupInUse",
            message="Cache subnet group {id} is currently in use by a cache cluster.",
            holders=_caches("CacheSubnetGroupName"),
            source="Amazon ElastiCache API reference, DeleteCacheSubnetGroup",
        ),
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": (
        DeletionRule(
            error="InvalidCacheParameterGroupState",
            message="One or more cache clusters are still members of this parameter group {id}.",
            holders=_caches("CacheParameterGroupName"),
            source="Amazon ElastiCache API reference, DeleteCacheParameterGroup",
        ),
    ),
    "aws:acm/certificate:Certificate": (
        DeletionRule(
            error="ResourceInUseException",
            message="Certificate {id} is in use.",
            holders=_listeners,
            source="AWS Certificate Manager API reference, DeleteCertificate",
        ),
    ),
    "aws:lb/loadBalancer:LoadBalancer": (
        DeletionRule(
            error="OperationNotPermitted",
            message="Load balancer '{id}' cannot be deleted because deletion protection is enabled",
            holders=_protected("enableDeletionProtection"),
            source="Elastic Load Balancing API reference, DeleteLoadBalancer",
        ),
    ),
    "aws:eks/cluster:Cluster": (
        DeletionRule(
            error="InvalidRequestException",
            message="Cluster {id} has deletion protection enabled",
            holders=_protected("deletionProtection"),
            source="Amazon EKS API reference, DeleteCluster",
        ),
    ),
}
"""moto itself refuses: a VPC with subnets, an associated route table, a role with policies, an Aurora cluster with
instances, a bucket that is not empty, a target group in a listener."""


def refusal(account: Account, type_token: str, id_: str, state: State) -> str | None:
    """What AWS says to the deletion, and who is in the way; None when it may go."""
    for rule in RULES.get(type_token, ()):
        if holders := list(rule.holders(account, id_, state)):
            return f"{rule.error}: {rule.message.format(id=id_)} (held by {', '.join(sorted(holders))})"
    return None
