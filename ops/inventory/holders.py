"""AWS CLI commands that list what keeps a resource from being deleted, by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.inventory import kinds
from ops.inventory.found import FoundResource

_INTERFACES = "ec2 describe-network-interfaces --filters Name={},Values={{id}}"

COMMANDS: Mapping[str, Sequence[str]] = {
    kinds.AURORA_SNAPSHOT: ("rds describe-db-cluster-snapshots --db-cluster-snapshot-identifier {id}",),
    kinds.CERTIFICATE: ("acm describe-certificate --certificate-arn {id} --query Certificate.InUseBy",),
    kinds.EBS_SNAPSHOT: (
        "ec2 describe-images --owners self --filters Name=block-device-mapping.snapshot-id,Values={id}",
        "ec2 describe-locked-snapshots --snapshot-ids {id}",
    ),
    kinds.EBS_VOLUME: ("ec2 describe-volumes --volume-ids {id} --query Volumes[].Attachments",),
    kinds.EKS_CLUSTER: (
        # "If your cluster has any EKS Capabilities, you must delete them" (EKS user guide, "Delete a cluster").
        "eks list-nodegroups --cluster-name {id}",
        "eks list-fargate-profiles --cluster-name {id}",
        "eks list-capabilities --cluster-name {id}",
    ),
    kinds.ELASTICACHE_REPLICATION_GROUP: ("elasticache describe-global-replication-groups --show-member-info",),
    kinds.ELASTIC_IP: ("ec2 describe-addresses --allocation-ids {id}",),
    kinds.IAM_ROLE: ("iam list-instance-profiles-for-role --role-name {id}",),
    kinds.LOAD_BALANCER: ("ec2 describe-vpc-endpoint-service-configurations",),
    kinds.RDS_PARAMETER_GROUP: ("rds describe-db-clusters",),
    kinds.RDS_SUBNET_GROUP: ("rds describe-db-clusters",),
    kinds.S3_BUCKET: (
        "s3api get-object-lock-configuration --bucket {id}",
        "s3api get-bucket-versioning --bucket {id}",  # MFA delete: only the root user may end it
        "s3api get-bucket-policy --bucket {id}",
    ),
    kinds.SECURITY_GROUP: (
        _INTERFACES.format("group-id"),
        "ec2 describe-security-groups --filters Name=ip-permission.group-id,Values={id}",
        "ec2 describe-security-groups --filters Name=egress.ip-permission.group-id,Values={id}",
    ),
    kinds.SUBNET: (_INTERFACES.format("subnet-id"),),
    kinds.TARGET_GROUP: (
        "elbv2 describe-target-groups --target-group-arns {id} --query TargetGroups[].LoadBalancerArns",
    ),
    kinds.VPC: (
        _INTERFACES.format("vpc-id"),
        "ec2 describe-vpc-peering-connections --filters Name=requester-vpc-info.vpc-id,Values={id}",
        "ec2 describe-vpn-gateways --filters Name=attachment.vpc-id,Values={id}",
    ),
}
"""Without `aws` in front and the region behind."""


def commands(resource: FoundResource) -> Sequence[str]:
    """For this resource; none where its own error says enough."""
    region = f" --region {resource.region}" if resource.region else ""
    return [f"aws {command.format(id=resource.id)}{region}" for command in COMMANDS.get(resource.kind, ())]
