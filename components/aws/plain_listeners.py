"""Listeners of the load balancer without a domain: plain HTTP, one port for each service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.load_balancer import LoadBalancer


@dataclass(frozen=True, kw_only=True)
class PlainListenersArgs:
    """Inputs of `PlainListeners`. `target_group_arns` by the TCP port that serves them."""

    load_balancer: LoadBalancer
    target_group_arns: Mapping[int, pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]]


class PlainListeners(pulumi.ComponentResource):
    """HTTP, a port for each service: readable on the way, so keep to `allowedCidrs` you trust, or set a domain."""

    urls: Mapping[int, pulumi.Output[str]]
    """By port, without a slash at the end."""

    def __init__(self, name: str, args: PlainListenersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the listeners; see `PlainListenersArgs`."""
        super().__init__("genai:aws:PlainListeners", name, None, opts)
        self.urls = {}
        for port, target_group_arn in args.target_group_arns.items():
            aws.lb.Listener(
                f"{name}-{port}",
                load_balancer_arn=args.load_balancer.arn,
                port=port,
                protocol="HTTP",
                default_actions=[aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=target_group_arn)],
                tags=dict(args.tags),
                opts=pulumi.ResourceOptions(parent=self),
            )
            suffix = "" if port == 80 else f":{port}"
            self.urls[port] = pulumi.Output.concat("http://", args.load_balancer.dns_name, suffix)
        self.register_outputs({})
