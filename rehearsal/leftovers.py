"""Lists everything that is left in the simulated AWS account, service by service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.aws.account import Account

LISTINGS: Mapping[str, tuple[str, str, str, str]] = {
    "VPC": ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    "subnet": ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    "security group": ("ec2", "describe_security_groups", "SecurityGroups", "GroupName"),
    "network interface": ("ec2", "describe_network_interfaces", "NetworkInterfaces", "Description"),
    "address": ("ec2", "describe_addresses", "Addresses", "AllocationId"),
    "internet gateway": ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "NAT gateway": ("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    "route table": ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    "VPC endpoint": ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    "volume": ("ec2", "describe_volumes", "Volumes", "VolumeId"),
    "role": ("iam", "list_roles", "Roles", "RoleName"),
    "OIDC provider": ("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
    "EKS cluster": ("eks", "list_clusters", "clusters", ""),
    "Aurora cluster": ("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
    "Aurora instance": ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    "Aurora subnet group": ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    "Aurora parameter group": (
        "rds",
        "describe_db_cluster_parameter_groups",
        "DBClusterParameterGroups",
        "DBClusterParameterGroupName",
    ),
    "snapshot": ("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", "DBClusterSnapshotIdentifier"),
    "bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "load balancer": ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
    "target group": ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName"),
    "certificate": ("acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
    "AgentCore gateway": ("bedrock-agentcore-control", "list_gateways", "items", "gatewayId"),
    "AgentCore credential provider": (
        "bedrock-agentcore-control",
        "list_oauth2_credential_providers",
        "credentialProviders",
        "name",
    ),
}
"""By kind: service, operation, list in the answer, name in an element."""


def leftovers(account: Account) -> dict[str, list[str]]:
    """What is there, by kind; kinds without anything are left out."""
    found = {
        kind: sorted(
            str(item[name] if name else item) for item in account.call(service, operation)[key] if _counts(item)
        )
        for kind, (service, operation, key, name) in LISTINGS.items()
    }
    found["instance"] = [
        instance["InstanceId"]
        for reservation in account.call("ec2", "describe_instances")["Reservations"]
        for instance in reservation["Instances"]
        if instance["State"]["Name"] != "terminated"
    ]
    for kind, resources in account.elasticache.resources.items():
        found.setdefault(kind.replace("_", " "), []).extend(sorted(resources))
    for zone in account.call("route53", "list_hosted_zones")["HostedZones"]:
        zone_id = zone["Id"].rpartition("/")[2]
        records = account.call("route53", "list_resource_record_sets", HostedZoneId=zone_id)["ResourceRecordSets"]
        found.setdefault("DNS record", []).extend(
            record["Name"] for record in records if record["Type"] not in ("NS", "SOA")
        )
    return {kind: names for kind, names in found.items() if names}


def _counts(item: Any) -> bool:
    """What AWS keeps for a while after its deletion, or brings itself, is nothing left."""
    if not isinstance(item, dict):
        return True
    default = item.get("GroupName") == "default" or str(item.get("DBClusterParameterGroupName")).startswith("default.")
    automatic = item.get("SnapshotType") == "automated"
    return not default and not automatic and item.get("State") not in ("deleted", "deleting")
