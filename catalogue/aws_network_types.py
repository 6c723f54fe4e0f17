"""AWS networks and load balancers: one row for each type of resource, and the provider functions that are called.

`actions` are the calls that the Terraform provider under pulumi-aws makes to create, tag, read, change and delete the
type (hashicorp/terraform-provider-aws, internal/service), and the roles it hands on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogue.resource_type import LINKED_ROLE, LOGS, Items, NameLimit, ResourceType, Times, iam_actions, one


def _ec2(*names: str) -> tuple[str, ...]:
    return iam_actions("ec2", *names, "CreateTags", "DeleteTags")


def _elb(*names: str) -> tuple[str, ...]:
    return iam_actions("elasticloadbalancing", *names, "AddTags", "DescribeTags", "RemoveTags")


def _load_balancer(inputs: Mapping[str, Any]) -> Items:
    yield f"{inputs.get('loadBalancerType', 'application')} load balancer", 1
    if not inputs.get("internal"):
        yield "public IPv4 address", len(inputs.get("subnets") or inputs.get("subnetMappings") or [])


def _endpoint(inputs: Mapping[str, Any]) -> Items:
    if inputs.get("vpcEndpointType", "Gateway") != "Gateway":  # gateway endpoints are free
        yield f"{inputs['vpcEndpointType']} endpoint", 1


TYPES: Mapping[str, ResourceType] = {
    "aws:acm/certificate:Certificate": ResourceType(
        label="certificate",
        times=Times(create=6, delete=1, source=LOGS),
        actions=iam_actions(
            "acm",
            "AddTagsToCertificate",
            "DeleteCertificate",
            "DescribeCertificate",
            "ImportCertificate",
            "ListTagsForCertificate",
            "RequestCertificate",
        ),
        taggable=True,
    ),
    "aws:acm/certificateValidation:CertificateValidation": ResourceType(
        times=Times(create=30, delete=0, source=f"{LOGS}: 2 s and 1:01; there is nothing to delete"),
        actions=iam_actions("acm", "DescribeCertificate"),
    ),
    "aws:ec2/eip:Eip": ResourceType(
        label="Elastic IP",
        items=one("public IPv4 address"),
        actions=_ec2(
            "AllocateAddress",
            "DescribeAddresses",
            "DescribeAddressesAttribute",
            "DisassociateAddress",
            "ReleaseAddress",
        ),
        taggable=True,
    ),
    "aws:ec2/internetGateway:InternetGateway": ResourceType(
        label="internet gateway",
        actions=_ec2(
            "AttachInternetGateway",
            "CreateInternetGateway",
            "DeleteInternetGateway",
            "DescribeInternetGateways",
            "DetachInternetGateway",
        ),
        taggable=True,
    ),
    "aws:ec2/natGateway:NatGateway": ResourceType(
        label="NAT gateway",
        items=one("NAT gateway"),
        usage=("NAT gateway data",),
        times=Times(create=106, delete=60, source=f"{LOGS}: create 1:25 to 2:05, delete 0:42, 0:50, 1:01, 1:01, 1:34"),
        actions=_ec2("CreateNatGateway", "DeleteNatGateway", "DescribeNatGateways"),
        taggable=True,
    ),
    "aws:ec2/route:Route": ResourceType(
        actions=iam_actions("ec2", "CreateRoute", "DeleteRoute", "DescribeRouteTables", "ReplaceRoute")
    ),
    "aws:ec2/routeTable:RouteTable": ResourceType(
        label="route table", actions=_ec2("CreateRouteTable", "DeleteRouteTable", "DescribeRouteTables"), taggable=True
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ResourceType(
        actions=iam_actions(
            "ec2",
            "AssociateRouteTable",
            "DescribeRouteTables",
            "DisassociateRouteTable",
            "ReplaceRouteTableAssociation",
        )
    ),
    "aws:ec2/securityGroup:SecurityGroup": ResourceType(
        label="security group",
        times=Times(create=3, delete=1, source=LOGS),
        actions=_ec2(
            "CreateSecurityGroup",
            "DeleteSecurityGroup",
            "DescribeNetworkInterfaces",
            "DescribeSecurityGroups",
            "RevokeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
        ),
        taggable=True,
    ),
    "aws:ec2/subnet:Subnet": ResourceType(
        label="subnet",
        actions=_ec2(
            "CreateSubnet", "DeleteSubnet", "DescribeNetworkInterfaces", "DescribeSubnets", "ModifySubnetAttribute"
        ),
        taggable=True,
    ),
    "aws:ec2/vpc:Vpc": ResourceType(
        label="VPC",
        times=Times(create=12, delete=1, source=f"{LOGS}: 0:11, 0:15 and 0:20 with DNS host names on"),
        actions=_ec2(
            "CreateVpc",
            "DeleteVpc",
            "DescribeNetworkAcls",
            "DescribeRouteTables",
            "DescribeSecurityGroups",
            "DescribeVpcAttribute",
            "DescribeVpcs",
            "ModifyVpcAttribute",
        ),
        taggable=True,
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ResourceType(
        label="VPC endpoint",
        items=_endpoint,
        times=Times(create=6, delete=6, source=f"{LOGS}: 6 s in seven of nine"),
        actions=_ec2(
            "CreateVpcEndpoint",
            "DeleteVpcEndpoints",
            "DescribePrefixLists",
            "DescribeVpcEndpoints",
            "ModifyVpcEndpoint",
        ),
        taggable=True,
    ),
    "aws:lb/listener:Listener": ResourceType(
        actions=_elb(
            "CreateListener", "DeleteListener", "DescribeListenerAttributes", "DescribeListeners", "ModifyListener"
        ),
        taggable=True,
    ),
    "aws:lb/listenerRule:ListenerRule": ResourceType(
        actions=_elb("CreateRule", "DeleteRule", "DescribeRules", "ModifyRule"), taggable=True
    ),
    "aws:lb/loadBalancer:LoadBalancer": ResourceType(
        label="load balancer",
        items=_load_balancer,
        usage=("load balancer capacity", "transfer to the internet"),
        times=Times(
            create=150, delete=60, source=f"{LOGS}: median of eleven creations from 2:19 to 3:12; delete 0:15 to 2:33"
        ),
        actions=(
            *_elb(
                "CreateLoadBalancer",
                "DeleteLoadBalancer",
                "DescribeCapacityReservation",
                "DescribeLoadBalancerAttributes",
                "DescribeLoadBalancers",
                "ModifyLoadBalancerAttributes",
                "SetSecurityGroups",
                "SetSubnets",
            ),
            "ec2:DescribeNetworkInterfaces",
            # Asked by the service itself, with the caller's rights (kubernetes-sigs/aws-load-balancer-controller#3917).
            "ec2:DescribeAccountAttributes",
            "ec2:GetSecurityGroupsForVpc",
            LINKED_ROLE,
        ),
        taggable=True,
        name_limit=NameLimit(property="name", characters=32),
    ),
    "aws:lb/targetGroup:TargetGroup": ResourceType(
        label="target group",
        actions=_elb(
            "CreateTargetGroup",
            "DeleteTargetGroup",
            "DescribeTargetGroupAttributes",
            "DescribeTargetGroups",
            "ModifyTargetGroup",
            "ModifyTargetGroupAttributes",
        ),
        taggable=True,
        name_limit=NameLimit(property="name", characters=32),
    ),
    "aws:route53/record:Record": ResourceType(
        label="DNS record",
        times=Times(create=32, delete=32, source=f"{LOGS}: the provider waits for INSYNC"),
        actions=iam_actions(
            "route53", "ChangeResourceRecordSets", "GetChange", "GetHostedZone", "ListResourceRecordSets"
        ),
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ResourceType(
        actions=_ec2(
            "AuthorizeSecurityGroupEgress",
            "DescribeSecurityGroupRules",
            "ModifySecurityGroupRules",
            "RevokeSecurityGroupEgress",
        ),
        taggable=True,
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ResourceType(
        actions=_ec2(
            "AuthorizeSecurityGroupIngress",
            "DescribeSecurityGroupRules",
            "ModifySecurityGroupRules",
            "RevokeSecurityGroupIngress",
        ),
        taggable=True,
    ),
}
"""By type token."""

FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": iam_actions("ec2", "DescribeAvailabilityZones"),
    "aws:route53/getZone:getZone": iam_actions("route53", "GetHostedZone", "ListTagsForResource"),
    "aws:route53/getZones:getZones": iam_actions("route53", "ListHostedZones"),
}
"""IAM actions of provider functions, by token."""
