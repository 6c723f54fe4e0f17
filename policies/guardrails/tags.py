"""Whose a thing is: what a bill, and a search for leftovers, go by."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from policies.guardrails.rule import known, resource_rule

REQUIRED = ("Project", "Environment", "Owner", "ManagedBy", "StackId")
TAGGABLE = (
    "aws:acm/certificate:Certificate",
    "aws:ec2/eip:Eip",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:eks/cluster:Cluster",
    "aws:elasticache/parameterGroup:ParameterGroup",
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "aws:elasticache/subnetGroup:SubnetGroup",
    "aws:iam/policy:Policy",
    "aws:iam/role:Role",
    "aws:lb/listener:Listener",
    "aws:lb/listenerRule:ListenerRule",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:lb/targetGroup:TargetGroup",
    "aws:rds/cluster:Cluster",
    "aws:rds/clusterInstance:ClusterInstance",
    "aws:rds/clusterParameterGroup:ClusterParameterGroup",
    "aws:rds/subnetGroup:SubnetGroup",
    "aws:s3/bucket:Bucket",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "azure-native:apimanagement:ApiManagementService",
    "azure-native:applicationinsights:Component",
    "azure-native:applicationinsights:Workbook",
    "azure-native:keyvault:Secret",
    "azure-native:keyvault:Vault",
    "azure-native:managedidentity:UserAssignedIdentity",
    "azure-native:operationalinsights:Workspace",
    "azure-native:resources:Deployment",
    "azure-native:resources:ResourceGroup",
    "eks:index:Cluster",
)
"""What the program makes and AWS or Azure can tag. Not in it: the OIDC provider, to which pulumi-eks passes no tags."""


@resource_rule(*TAGGABLE)
def everything_carries_the_required_tags(resource: ResourceValidationArgs) -> Iterator[str]:
    """Whatever can be tagged says project, environment, owner, who manages it and which stack it is of."""
    if resource.resource_type == "eks:index:Cluster" and not resource.props:
        return  # in the engine pulumi-eks may register its component without inputs; its children have them
    present = {*(resource.props.get("tags") or ()), *(known(resource.props, "tagsAll") or ())}
    missing = [tag for tag in REQUIRED if tag not in present or known(resource.props, "tags", tag) == ""]
    if missing:
        yield f"tags lack {', '.join(missing)}: pass the component's tags on"
