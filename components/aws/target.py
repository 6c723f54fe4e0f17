"""Target group of the load balancer for one Kubernetes service, and the rules that let traffic reach its pods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class TargetArgs:
    """Inputs of `Target`. `port` is the pods' TCP port, `health_path` answers 200 when a pod is well."""

    vpc_id: pulumi.Input[str]
    vpc_cidr: str
    load_balancer_security_group_id: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    cluster_security_group_id: pulumi.Input[str]
    port: int
    health_path: str
    tags: Mapping[str, pulumi.Input[str]]


class Target(pulumi.ComponentResource):
    """A target group that pods join through a TargetGroupBinding, and the rules that let traffic reach them.

    Auto Mode's controller may register pods only in groups with the tag `eks:eks-cluster-name` (condition in the
    managed policy AmazonEKSLoadBalancingPolicy).
    """

    target_group_arn: pulumi.Output[str]
    binding_arn: pulumi.Output[str]
    """The same, known only once the pods may be reached."""

    def __init__(self, name: str, args: TargetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the target group and its rules; see `TargetArgs`."""
        super().__init__("genai:aws:Target", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = dict(args.tags)

        group = aws.lb.TargetGroup(
            name,
            vpc_id=args.vpc_id,
            target_type="ip",
            protocol="HTTP",
            port=args.port,
            deregistration_delay=15,  # seconds: an evening should not wait five minutes for idle connections
            health_check=aws.lb.TargetGroupHealthCheckArgs(path=args.health_path, matcher="200", interval=15),
            tags={**tags, "eks:eks-cluster-name": args.cluster_name},
            opts=child,
        )
        # By range, not by the cluster's group: the load balancer need not wait for the cluster.
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-pods",
            description="To the pods",
            security_group_id=args.load_balancer_security_group_id,
            cidr_ipv4=args.vpc_cidr,
            ip_protocol="tcp",
            from_port=args.port,
            to_port=args.port,
            tags=tags,
            opts=child,
        )
        ingress = aws.vpc.SecurityGroupIngressRule(
            f"{name}-pods",
            description="From the load balancer",
            security_group_id=args.cluster_security_group_id,
            referenced_security_group_id=args.load_balancer_security_group_id,
            ip_protocol="tcp",
            from_port=args.port,
            to_port=args.port,
            tags=tags,
            opts=child,
        )
        self.target_group_arn = group.arn
        self.binding_arn = pulumi.Output.all(group.arn, ingress.id).apply(lambda values: str(values[0]))
        self.register_outputs({"target_group_arn": self.target_group_arn})
