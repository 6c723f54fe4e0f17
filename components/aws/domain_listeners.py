"""Listeners of the load balancer with a domain: HTTPS by host name, DNS records, and a redirect from HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.certificate import Certificate, CertificateArgs
from components.aws.load_balancer import LoadBalancer

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"  # TLS 1.2 and 1.3 (Elastic Load Balancing, "Security policies")


@dataclass(frozen=True, kw_only=True)
class DomainListenersArgs:
    """Inputs of `DomainListeners`. `target_group_arns` by full host name; `zone_id` is their public zone."""

    load_balancer: LoadBalancer
    zone_id: str
    target_group_arns: Mapping[str, pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]]


class DomainListeners(pulumi.ComponentResource):
    """HTTPS by host name with a certificate of its own, DNS records, and a redirect from plain HTTP."""

    certificate_arn: pulumi.Output[str]

    def __init__(self, name: str, args: DomainListenersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create certificate, listeners and records; see `DomainListenersArgs`."""
        super().__init__("genai:aws:DomainListeners", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = dict(args.tags)

        certificate = Certificate(
            f"{name}-certificate",
            CertificateArgs(names=list(args.target_group_arns), zone_id=args.zone_id, tags=tags),
            opts=child,
        )
        self.certificate_arn = certificate.arn
        secure = aws.lb.Listener(
            f"{name}-443",
            load_balancer_arn=args.load_balancer.arn,
            port=443,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificate_arn=certificate.arn,
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(
                    type="fixed-response",
                    fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(
                        content_type="text/plain", message_body="No such host.", status_code="404"
                    ),
                )
            ],
            tags=tags,
            opts=child,
        )
        aws.lb.Listener(
            f"{name}-80",
            load_balancer_arn=args.load_balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(
                    type="redirect",
                    redirect=aws.lb.ListenerDefaultActionRedirectArgs(
                        port="443", protocol="HTTPS", status_code="HTTP_301"
                    ),
                )
            ],
            tags=tags,
            opts=child,
        )
        for priority, (host, target_group_arn) in enumerate(args.target_group_arns.items(), start=1):
            label = host.partition(".")[0]
            aws.lb.ListenerRule(
                f"{name}-{label}",
                listener_arn=secure.arn,
                priority=priority,
                conditions=[
                    aws.lb.ListenerRuleConditionArgs(
                        host_header=aws.lb.ListenerRuleConditionHostHeaderArgs(values=[host])
                    )
                ],
                actions=[aws.lb.ListenerRuleActionArgs(type="forward", target_group_arn=target_group_arn)],
                tags=tags,
                opts=child,
            )
            aws.route53.Record(
                f"{name}-{label}",
                zone_id=args.zone_id,
                name=host,
                type=aws.route53.RecordType.A,
                aliases=[
                    aws.route53.RecordAliasArgs(
                        name=args.load_balancer.dns_name,
                        zone_id=args.load_balancer.zone_id,
                        evaluate_target_health=False,
                    )
                ],
                opts=child,
            )
        self.register_outputs({"certificate_arn": self.certificate_arn})
