"""Application Load Balancer and its security group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """Inputs of `LoadBalancer`. Only `allowed_cidrs` enter, and only at `ports` (TCP)."""

    vpc_id: pulumi.Input[str]
    public_subnet_ids: Sequence[pulumi.Input[str]]
    allowed_cidrs: Sequence[str]
    ports: Sequence[int]
    tags: Mapping[str, pulumi.Input[str]]


class LoadBalancer(pulumi.ComponentResource):
    """An application load balancer that Pulumi owns whole: its name is known before any pod, its end waits for none."""

    arn: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the load balancer; see `LoadBalancerArgs`."""
        super().__init__("genai:aws:LoadBalancer", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = dict(args.tags)

        group = aws.ec2.SecurityGroup(
            f"{name}-clients", description="Who may enter", vpc_id=args.vpc_id, tags=tags, opts=child
        )
        for port in args.ports:
            for cidr in args.allowed_cidrs:
                aws.vpc.SecurityGroupIngressRule(
                    f"{name}-{port}-{cidr.replace('/', '-')}",
                    description=f"Port {port} from an allowed range",
                    security_group_id=group.id,
                    cidr_ipv4=cidr,
                    ip_protocol="tcp",
                    from_port=port,
                    to_port=port,
                    tags=tags,
                    opts=child,
                )
        balancer = aws.lb.LoadBalancer(
            name,
            load_balancer_type="application",
            internal=False,
            subnets=list(args.public_subnet_ids),
            security_groups=[group.id],
            idle_timeout=600,  # seconds: long completions stream that long
            drop_invalid_header_fields=False,  # Langfuse's headers carry underscores
            enable_deletion_protection=False,
            tags=tags,
            opts=child,
        )
        self.arn, self.dns_name, self.zone_id = balancer.arn, balancer.dns_name, balancer.zone_id
        self.security_group_id = group.id
        self.register_outputs({"dns_name": self.dns_name})
