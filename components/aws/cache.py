"""ElastiCache for Valkey: the queue of Langfuse and the shared state of LiteLLM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from catalogue.pins import VALKEY

PORT = 6379


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    """Inputs of `Cache`. Of two nodes the second takes over."""

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    client_security_group_id: pulumi.Input[str]
    auth_token: pulumi.Input[str]
    nodes: int
    tags: Mapping[str, pulumi.Input[str]]

    def __post_init__(self) -> None:
        if self.nodes < 1:
            raise ValueError(f"{self.nodes} nodes cannot serve a cache: give at least 1")


class Cache(pulumi.ComponentResource):
    """Valkey with TLS and a token, which never evicts a key (Langfuse's queues would lose jobs)."""

    host: pulumi.Output[str]
    """Known once the primary answers and clients may reach it."""

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the cache; see `CacheArgs`."""
        super().__init__("genai:aws:Cache", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = dict(args.tags)

        group = aws.ec2.SecurityGroup(
            f"{name}-clients", description="Who may reach the cache", vpc_id=args.vpc_id, tags=tags, opts=child
        )
        # A resource of its own: as part of the group it would make the cache wait for the cluster that it names.
        ingress = aws.vpc.SecurityGroupIngressRule(
            f"{name}-clients",
            description="Valkey from the cluster",
            security_group_id=group.id,
            referenced_security_group_id=args.client_security_group_id,
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            tags=tags,
            opts=child,
        )
        subnets = aws.elasticache.SubnetGroup(
            f"{name}-subnets", subnet_ids=list(args.subnet_ids), tags=tags, opts=child
        )
        parameters = aws.elasticache.ParameterGroup(
            f"{name}-parameters",
            family=f"valkey{VALKEY.version.partition('.')[0]}",
            description="Queues must not lose keys",
            parameters=[aws.elasticache.ParameterGroupParameterArgs(name="maxmemory-policy", value="noeviction")],
            tags=tags,
            # For depth only: destroy deletes in waves by depth, and this puts the cache beside Aurora's instance.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[subnets]),
        )
        replication = aws.elasticache.ReplicationGroup(
            name,
            description="Queue of Langfuse, coordinator of LiteLLM",
            engine="valkey",
            engine_version=VALKEY.version,
            node_type="cache.t4g.small",
            num_cache_clusters=args.nodes,
            automatic_failover_enabled=args.nodes > 1,
            multi_az_enabled=args.nodes > 1,
            port=PORT,
            parameter_group_name=parameters.name,
            subnet_group_name=subnets.name,
            security_group_ids=[group.id],
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=True,
            auth_token=args.auth_token,
            snapshot_retention_limit=0,
            apply_immediately=True,
            tags=tags,
            opts=child,
        )
        self.host = pulumi.Output.all(replication.primary_endpoint_address, ingress.id).apply(
            lambda values: str(values[0])
        )
        self.register_outputs({"host": self.host})
