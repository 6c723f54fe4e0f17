"""Application Load Balancer of an AWS stack: targets, listeners and the entry for API Management."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.aws.apim_entry import ApimEntry, ApimEntryArgs
from components.aws.cluster import Cluster
from components.aws.domain_listeners import DomainListeners, DomainListenersArgs
from components.aws.load_balancer import LoadBalancer, LoadBalancerArgs
from components.aws.network import Network
from components.aws.plain_listeners import PlainListeners, PlainListenersArgs
from components.aws.target import Target, TargetArgs
from stacks.aws.settings import AwsSettings

LITELLM_PORT, LANGFUSE_PORT = 80, 3000
"""Ports of the load balancer without a domain; with one both are served at 443."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Where users come in. URLs have no slash at their end."""

    litellm_url: pulumi.Output[str]
    langfuse_url: pulumi.Output[str]
    litellm_target: Target
    langfuse_target: Target
    apim_entry_url: pulumi.Output[str] | None


def build_entry(
    config: AwsSettings,
    *,
    network: Network,
    cluster: Cluster,
    cluster_name: pulumi.Input[str],
    apim_entry_key: pulumi.Input[str],
    entry_cidrs: Sequence[str],
    zone_id: str,
    tags: Mapping[str, pulumi.Input[str]],
) -> Entry:
    """Wire the load balancer. `zone_id` is the hosted zone of `config.domain`, empty without one."""
    # For depth only, as in `stacks.aws.program`: destroy deletes the load balancer beside the Aurora cluster, and DNS
    # records beside its instance.
    beside_cluster = pulumi.ResourceOptions(depends_on=network.private_associations)
    load_balancer = LoadBalancer(
        "entry",
        LoadBalancerArgs(
            vpc_id=network.vpc_id,
            public_subnet_ids=network.public_subnet_ids,
            allowed_cidrs=entry_cidrs,
            ports=[80, 443] if config.domain else [LITELLM_PORT, LANGFUSE_PORT],
            tags=tags,
        ),
        opts=beside_cluster,
    )

    def target(name: str, port: int, health_path: str) -> Target:
        return Target(
            name,
            TargetArgs(
                vpc_id=network.vpc_id,
                vpc_cidr=config.vpc_cidr,
                load_balancer_security_group_id=load_balancer.security_group_id,
                cluster_name=cluster_name,
                cluster_security_group_id=cluster.security_group_id,
                port=port,
                health_path=health_path,
                tags=tags,
            ),
        )

    litellm = target("litellm-target", 4000, "/health/readiness")
    langfuse = target("langfuse-target", 3000, "/api/public/health")

    certificate_arn: pulumi.Output[str] | None = None
    if config.domain:
        litellm_host, langfuse_host = f"litellm.{config.domain}", f"langfuse.{config.domain}"
        listeners = DomainListeners(
            "listeners",
            DomainListenersArgs(
                load_balancer=load_balancer,
                zone_id=zone_id,
                target_group_arns={
                    litellm_host: litellm.target_group_arn,
                    langfuse_host: langfuse.target_group_arn,
                },
                tags=tags,
            ),
            opts=beside_cluster,
        )
        certificate_arn = listeners.certificate_arn
        apim_entry_host: pulumi.Input[str] = litellm_host
        litellm_url = pulumi.Output.from_input(f"https://{litellm_host}")
        langfuse_url = pulumi.Output.from_input(f"https://{langfuse_host}")
    else:
        urls = PlainListeners(
            "listeners",
            PlainListenersArgs(
                load_balancer=load_balancer,
                target_group_arns={
                    LITELLM_PORT: litellm.target_group_arn,
                    LANGFUSE_PORT: langfuse.target_group_arn,
                },
                tags=tags,
            ),
        ).urls
        apim_entry_host = load_balancer.dns_name
        litellm_url, langfuse_url = urls[LITELLM_PORT], urls[LANGFUSE_PORT]

    apim_entry_url: pulumi.Output[str] | None = None
    if config.apim_entry:
        apim_entry = ApimEntry(
            "apim-entry",
            ApimEntryArgs(
                load_balancer=load_balancer,
                target_group_arn=litellm.target_group_arn,
                key=apim_entry_key,
                certificate_arn=certificate_arn,
                mcp_servers=[server.name for server in config.mcp_servers],
                tags=tags,
            ),
        )
        apim_entry_url = pulumi.Output.concat("https://", apim_entry_host, f":{apim_entry.port}")

    return Entry(
        litellm_url=litellm_url,
        langfuse_url=langfuse_url,
        litellm_target=litellm,
        langfuse_target=langfuse,
        apim_entry_url=apim_entry_url,
    )
