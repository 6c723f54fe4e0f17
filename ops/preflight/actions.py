"""Which IAM actions whoever runs `pulumi up` and `pulumi destroy` needs: one table, by what the program registers.

Per type these are the calls that the Terraform provider under pulumi-aws makes to create, tag, read, change and delete
it (hashicorp/terraform-provider-aws, internal/service), and the roles it hands on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

_LINKED_ROLE = "iam:CreateServiceLinkedRole"  # the first of its kind in an account makes the service's own role


def _of(service: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{service}:{name}" for name in names)


def _ec2(*names: str) -> tuple[str, ...]:
    return _of("ec2", *names, "CreateTags", "DeleteTags")


def _elb(*names: str) -> tuple[str, ...]:
    return _of("elasticloadbalancing", *names, "AddTags", "DescribeTags", "RemoveTags")


def _rds(*names: str) -> tuple[str, ...]:
    return _of("rds", *names, "AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource")


def _cache(*names: str) -> tuple[str, ...]:
    return _of("elasticache", *names, "AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource")


ACTIONS: Mapping[str, Sequence[str]] = {
    "aws:acm/certificate:Certificate": _of(
        "acm",
        "AddTagsToCertificate",
        "DeleteCertificate",
        "DescribeCertificate",
        "ImportCertificate",
        "ListTagsForCertificate",
        "RequestCertificate",
    ),
    "aws:acm/certificateValidation:CertificateValidation": _of("acm", "DescribeCertificate"),
    "aws:ec2/eip:Eip": _ec2(
        "AllocateAddress", "DescribeAddresses", "DescribeAddressesAttribute", "DisassociateAddress", "ReleaseAddress"
    ),
    "aws:ec2/internetGateway:InternetGateway": _ec2(
        "AttachInternetGateway",
        "CreateInternetGateway",
        "DeleteInternetGateway",
        "DescribeInternetGateways",
        "DetachInternetGateway",
    ),
    "aws:ec2/natGateway:NatGateway": _ec2("CreateNatGateway", "DeleteNatGateway", "DescribeNatGateways"),
    "aws:ec2/route:Route": _of("ec2", "CreateRoute", "DeleteRoute", "DescribeRouteTables", "ReplaceRoute"),
    "aws:ec2/routeTable:RouteTable": _ec2("CreateRouteTable", "DeleteRouteTable", "DescribeRouteTables"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _of(
        "ec2", "AssociateRouteTable", "DescribeRouteTables", "DisassociateRouteTable", "ReplaceRouteTableAssociation"
    ),
    "aws:ec2/securityGroup:SecurityGroup": _ec2(
        "CreateSecurityGroup",
        "DeleteSecurityGroup",
        "DescribeNetworkInterfaces",
        "DescribeSecurityGroups",
        "RevokeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
    ),
    "aws:ec2/subnet:Subnet": _ec2(
        "CreateSubnet", "DeleteSubnet", "DescribeNetworkInterfaces", "DescribeSubnets", "ModifySubnetAttribute"
    ),
    "aws:ec2/vpc:Vpc": _ec2(
        "CreateVpc",
        "DeleteVpc",
        "DescribeNetworkAcls",
        "DescribeRouteTables",
        "DescribeSecurityGroups",
        "DescribeVpcAttribute",
        "DescribeVpcs",
        "ModifyVpcAttribute",
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _ec2(
        "CreateVpcEndpoint", "DeleteVpcEndpoints", "DescribePrefixLists", "DescribeVpcEndpoints", "ModifyVpcEndpoint"
    ),
    "aws:eks/cluster:Cluster": (
        *_of(
            "eks",
            "CreateCluster",
            "DeleteCluster",
            "DescribeCluster",
            "DescribeUpdate",
            "TagResource",
            "UntagResource",
            "UpdateClusterConfig",
            "UpdateClusterVersion",
        ),
        "iam:PassRole",
        _LINKED_ROLE,
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": _cache(
        "CreateCacheParameterGroup",
        "DeleteCacheParameterGroup",
        "DescribeCacheParameterGroups",
        "DescribeCacheParameters",
        "ModifyCacheParameterGroup",
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        *_cache(
            "CreateReplicationGroup",
            "DeleteReplicationGroup",
            "DescribeCacheClusters",
            "DescribeReplicationGroups",
            "ModifyReplicationGroup",
        ),
        _LINKED_ROLE,
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": _cache(
        "CreateCacheSubnetGroup", "DeleteCacheSubnetGroup", "DescribeCacheSubnetGroups", "ModifyCacheSubnetGroup"
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _of(
        "iam",
        "CreateOpenIDConnectProvider",
        "DeleteOpenIDConnectProvider",
        "GetOpenIDConnectProvider",
        "TagOpenIDConnectProvider",
        "UpdateOpenIDConnectProviderThumbprint",
    ),
    "aws:iam/role:Role": _of(
        "iam",
        "CreateRole",
        "DeleteRole",
        "GetRole",
        "ListAttachedRolePolicies",
        # Auto Mode's node profile may still hold the role in the evening (aws/containers-roadmap#2531).
        "ListInstanceProfilesForRole",
        "ListRolePolicies",
        "RemoveRoleFromInstanceProfile",
        "TagRole",
        "UntagRole",
        "UpdateAssumeRolePolicy",
    ),
    "aws:iam/rolePolicy:RolePolicy": _of("iam", "DeleteRolePolicy", "GetRolePolicy", "PutRolePolicy"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _of(
        "iam", "AttachRolePolicy", "DetachRolePolicy", "ListAttachedRolePolicies"
    ),
    "aws:lb/listener:Listener": _elb(
        "CreateListener", "DeleteListener", "DescribeListenerAttributes", "DescribeListeners", "ModifyListener"
    ),
    "aws:lb/listenerRule:ListenerRule": _elb("CreateRule", "DeleteRule", "DescribeRules", "ModifyRule"),
    "aws:lb/loadBalancer:LoadBalancer": (
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
        _LINKED_ROLE,
    ),
    "aws:lb/targetGroup:TargetGroup": _elb(
        "CreateTargetGroup",
        "DeleteTargetGroup",
        "DescribeTargetGroupAttributes",
        "DescribeTargetGroups",
        "ModifyTargetGroup",
        "ModifyTargetGroupAttributes",
    ),
    "aws:rds/cluster:Cluster": (
        *_rds("CreateDBCluster", "DeleteDBCluster", "DescribeDBClusters", "DescribeGlobalClusters", "ModifyDBCluster"),
        _LINKED_ROLE,
    ),
    "aws:rds/clusterInstance:ClusterInstance": _rds(
        "CreateDBInstance", "DeleteDBInstance", "DescribeDBInstances", "ModifyDBInstance"
    ),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": _rds(
        "CreateDBClusterParameterGroup",
        "DeleteDBClusterParameterGroup",
        "DescribeDBClusterParameterGroups",
        "DescribeDBClusterParameters",
        "ModifyDBClusterParameterGroup",
    ),
    "aws:rds/subnetGroup:SubnetGroup": _rds(
        "CreateDBSubnetGroup", "DeleteDBSubnetGroup", "DescribeDBSubnetGroups", "ModifyDBSubnetGroup"
    ),
    "aws:route53/record:Record": _of(
        "route53", "ChangeResourceRecordSets", "GetChange", "GetHostedZone", "ListResourceRecordSets"
    ),
    "aws:s3/bucket:Bucket": _of(
        "s3",
        "CreateBucket",
        "DeleteBucket",
        "DeleteObject",
        "DeleteObjectVersion",
        "GetAccelerateConfiguration",
        "GetBucketAcl",
        "GetBucketCORS",
        "GetBucketLocation",
        "GetBucketLogging",
        "GetBucketObjectLockConfiguration",
        "GetBucketPolicy",
        "GetBucketRequestPayment",
        "GetBucketTagging",
        "GetBucketVersioning",
        "GetBucketWebsite",
        "GetEncryptionConfiguration",
        "GetLifecycleConfiguration",
        "GetReplicationConfiguration",
        "ListBucket",
        "ListBucketVersions",
        "PutBucketTagging",
    ),
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": _of("s3", "GetBucketCORS", "PutBucketCORS"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _of(
        "s3", "GetLifecycleConfiguration", "PutLifecycleConfiguration"
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _of("s3", "DeleteBucketPolicy", "GetBucketPolicy", "PutBucketPolicy"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _of(
        "s3", "GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock"
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _of(
        "s3", "GetEncryptionConfiguration", "PutEncryptionConfiguration"
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _ec2(
        "AuthorizeSecurityGroupEgress",
        "DescribeSecurityGroupRules",
        "ModifySecurityGroupRules",
        "RevokeSecurityGroupEgress",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ec2(
        "AuthorizeSecurityGroupIngress",
        "DescribeSecurityGroupRules",
        "ModifySecurityGroupRules",
        "RevokeSecurityGroupIngress",
    ),
    "pulumi-python:dynamic/genai:DrainGate": _of("eks", "DescribeCluster"),
    # LiteLLM is reached through the Kubernetes API, whose access is not IAM's matter.
    "pulumi-python:dynamic/genai:VirtualKey": (),
    # Provider functions.
    "aws:index/getAvailabilityZones:getAvailabilityZones": _of("ec2", "DescribeAvailabilityZones"),
    "aws:route53/getZone:getZone": _of("route53", "GetHostedZone", "ListTagsForResource"),
    "aws:route53/getZones:getZones": _of("route53", "ListHostedZones"),
}
"""By type token of a resource or token of a provider function."""


def actions(tokens: Iterable[str]) -> list[str]:
    """All actions for these tokens, sorted; LookupError for one that the table does not know."""
    tokens = list(tokens)
    if unknown := sorted(token for token in tokens if token not in ACTIONS):
        raise LookupError(f"no IAM actions are known for {', '.join(unknown)}: add them to ops/preflight/actions.py")
    return sorted({action for token in tokens for action in ACTIONS[token]})
