"""Aurora PostgreSQL Serverless v2: one cluster for LiteLLM and Langfuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

PORT = 5432


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """Inputs of `Database`. Capacities are Aurora capacity units (ACU), from 0.5 in steps of 0.5."""

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    client_security_group_id: pulumi.Input[str]
    master_password: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]]
    engine_version: str
    min_capacity: float
    max_capacity: float
    instances: int

    def __post_init__(self) -> None:
        if self.instances < 1:
            raise ValueError(f"{self.instances} instances cannot serve a database: give at least 1")


class Database(pulumi.ComponentResource):
    """Aurora PostgreSQL Serverless v2: TLS only, encrypted, and gone without a snapshot when the day ends."""

    master_username: str = "postgres"
    host: pulumi.Output[str]
    """Known once an instance answers and clients may reach it."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the database; see `DatabaseArgs`."""
        super().__init__("genai:aws:Database", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = dict(args.tags)

        group = aws.ec2.SecurityGroup(
            f"{name}-clients", description="Who may reach the database", vpc_id=args.vpc_id, tags=tags, opts=child
        )
        # A resource of its own: as part of the group it would make Aurora wait for the cluster that it names.
        ingress = aws.vpc.SecurityGroupIngressRule(
            f"{name}-clients",
            description="PostgreSQL from the cluster",
            security_group_id=group.id,
            referenced_security_group_id=args.client_security_group_id,
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            tags=tags,
            opts=child,
        )
        subnets = aws.rds.SubnetGroup(f"{name}-subnets", subnet_ids=list(args.subnet_ids), tags=tags, opts=child)
        parameters = aws.rds.ClusterParameterGroup(
            f"{name}-parameters",
            family=f"aurora-postgresql{args.engine_version.partition('.')[0]}",
            description="TLS only",
            parameters=[aws.rds.ClusterParameterGroupParameterArgs(name="rds.force_ssl", value="1")],
            tags=tags,
            opts=child,
        )
        cluster = aws.rds.Cluster(
            f"{name}-cluster",
            engine=aws.rds.EngineType.AURORA_POSTGRESQL,
            engine_version=args.engine_version,
            master_username=self.master_username,
            master_password=args.master_password,
            db_subnet_group_name=subnets.name,
            db_cluster_parameter_group_name=parameters.name,
            vpc_security_group_ids=[group.id],
            serverlessv2_scaling_configuration=aws.rds.ClusterServerlessv2ScalingConfigurationArgs(
                min_capacity=args.min_capacity, max_capacity=args.max_capacity
            ),
            storage_encrypted=True,
            apply_immediately=True,
            backup_retention_period=1,  # the least that Aurora takes
            delete_automated_backups=True,
            skip_final_snapshot=True,
            deletion_protection=False,
            tags=tags,
            opts=child,
        )
        instances = [
            aws.rds.ClusterInstance(
                f"{name}-{index}",
                cluster_identifier=cluster.id,
                instance_class="db.serverless",
                engine=aws.rds.EngineType.AURORA_POSTGRESQL,
                engine_version=args.engine_version,
                publicly_accessible=False,
                auto_minor_version_upgrade=False,
                apply_immediately=True,
                tags=tags,
                opts=child,
            )
            for index in range(args.instances)
        ]
        self.host = pulumi.Output.all(cluster.endpoint, ingress.id, *(instance.id for instance in instances)).apply(
            lambda values: str(values[0])
        )
        self.register_outputs({"host": self.host})
