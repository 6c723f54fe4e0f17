"""HTTPS listener of the load balancer for API Management: a port that forwards to LiteLLM with a secret header only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_tls as tls

from components.aws.domain_listeners import TLS_POLICY
from components.aws.load_balancer import LoadBalancer
from policies.apim import APIM_ENTRY_HEADER, APIM_ENTRY_PORT

USER_PATHS = ("/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/models")
"""What users call. With the header they are the five condition values that a listener rule takes (ALB quotas)."""


def rules(mcp_servers: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The paths of each listener rule by what its name has behind that of the listener; the order is their priority."""
    paths = [f"/{server}/mcp" for server in mcp_servers]
    most = len(USER_PATHS)
    further = {f"-mcp-{start // most + 1}": paths[start : start + most] for start in range(0, len(paths), most)}
    return {"": USER_PATHS, **further}


@dataclass(frozen=True, kw_only=True)
class ApimEntryArgs:
    """Inputs of `ApimEntry`. `key` is the value that `APIM_ENTRY_HEADER` must have; ALB compares it without case.

    Without `certificate_arn` the port shows a self-signed certificate: encrypted, but callers cannot tell who answers.
    `mcp_servers` are names of LiteLLM's MCP servers.
    """

    load_balancer: LoadBalancer
    target_group_arn: pulumi.Input[str]
    key: pulumi.Input[str]
    mcp_servers: Sequence[str]
    tags: Mapping[str, pulumi.Input[str]]
    certificate_arn: pulumi.Input[str] | None = None


class ApimEntry(pulumi.ComponentResource):
    """An HTTPS port open to the world that forwards user paths carrying a secret header and refuses all else.

    API Management has no fixed address to allow on its v2 tiers, and opening the other ports would publish LiteLLM's
    administration.
    """

    port: int = APIM_ENTRY_PORT

    def __init__(self, name: str, args: ApimEntryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the listener and its rule; see `ApimEntryArgs`."""
        before = pulumi.Alias(name="front-door", type_="genai:aws:FrontDoor")
        super().__init__(
            "genai:aws:ApimEntry",
            name,
            None,
            pulumi.ResourceOptions.merge(pulumi.ResourceOptions(aliases=[before]), opts),
        )
        child = pulumi.ResourceOptions(parent=self)
        tags = dict(args.tags)

        aws.vpc.SecurityGroupIngressRule(
            name,
            description="Entry for API Management: forwards only user paths with the secret header",
            security_group_id=args.load_balancer.security_group_id,
            cidr_ipv4="0.0.0.0/0",
            ip_protocol="tcp",
            from_port=APIM_ENTRY_PORT,
            to_port=APIM_ENTRY_PORT,
            tags=tags,
            opts=child,
        )
        listener = aws.lb.Listener(
            name,
            load_balancer_arn=args.load_balancer.arn,
            port=APIM_ENTRY_PORT,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificate_arn=args.certificate_arn or self._self_signed(name, args.load_balancer.dns_name, tags),
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(
                    type="fixed-response",
                    fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(
                        content_type="text/plain", message_body="Forbidden.", status_code="403"
                    ),
                )
            ],
            tags=tags,
            opts=child,
        )
        for priority, (ending, paths) in enumerate(rules(args.mcp_servers).items(), 1):
            aws.lb.ListenerRule(
                f"{name}{ending}",
                listener_arn=listener.arn,
                priority=priority,
                conditions=[
                    aws.lb.ListenerRuleConditionArgs(
                        path_pattern=aws.lb.ListenerRuleConditionPathPatternArgs(values=list(paths))
                    ),
                    aws.lb.ListenerRuleConditionArgs(
                        http_header=aws.lb.ListenerRuleConditionHttpHeaderArgs(
                            http_header_name=APIM_ENTRY_HEADER, values=[args.key]
                        )
                    ),
                ],
                actions=[aws.lb.ListenerRuleActionArgs(type="forward", target_group_arn=args.target_group_arn)],
                tags=tags,
                opts=child,
            )
        self.register_outputs({})

    def _self_signed(
        self, name: str, host: pulumi.Input[str], tags: Mapping[str, pulumi.Input[str]]
    ) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        key = tls.PrivateKey(name, algorithm="ECDSA", ecdsa_curve="P256", opts=child)
        private_key: pulumi.Output[str] = pulumi.Output.secret(key.private_key_pem)
        certificate = tls.SelfSignedCert(
            name,
            private_key_pem=private_key,
            subject=tls.SelfSignedCertSubjectArgs(common_name="apim-entry.genaiplatform"),
            dns_names=[host],
            allowed_uses=["digital_signature", "server_auth"],
            validity_period_hours=30 * 24,
            # The name says nothing that a caller checks: no reason to replace a certificate that a listener uses.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["subject"]),
        )
        return aws.acm.Certificate(
            name, private_key=private_key, certificate_body=certificate.cert_pem, tags=dict(tags), opts=child
        ).arn
