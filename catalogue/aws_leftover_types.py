"""AWS types that services and people make beside the program: one row each, for what leftovers calls them."""

from __future__ import annotations

from collections.abc import Mapping

from catalogue.resource_type import ResourceType

TYPES: Mapping[str, ResourceType] = {
    "aws:cloudwatch/logGroup:LogGroup": ResourceType(label="log group"),
    "aws:ebs/snapshot:Snapshot": ResourceType(label="EBS snapshot"),
    "aws:ebs/volume:Volume": ResourceType(label="EBS volume"),
    "aws:ec2/instance:Instance": ResourceType(label="EC2 instance"),
    "aws:ec2/launchTemplate:LaunchTemplate": ResourceType(label="launch template"),
    "aws:ec2/networkInterface:NetworkInterface": ResourceType(label="network interface"),
    "aws:iam/instanceProfile:InstanceProfile": ResourceType(label="instance profile"),
    "aws:kms/key:Key": ResourceType(label="KMS key"),
    "aws:rds/clusterSnapshot:ClusterSnapshot": ResourceType(label="Aurora snapshot"),
    "aws:secretsmanager/secret:Secret": ResourceType(label="secret"),
}
"""By type token. Two kinds are no type of any provider: `ops.inventory.kinds` names them."""
