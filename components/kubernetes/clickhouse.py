"""ClickHouse as a StatefulSet that keeps its tables in S3: the store of Langfuse's traces."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from catalogue.pins import CLICKHOUSE_IMAGE
from charts import UNDISTURBED, clickhouse
from components.kubernetes.checksum import checksum


@dataclass(frozen=True, kw_only=True)
class ClickHouseArgs:
    """Inputs of `ClickHouse`. `bucket` takes the data of the tables; `password` is that of the user `langfuse`."""

    namespace: pulumi.Input[str]
    role_arn: pulumi.Input[str]
    bucket: pulumi.Input[str]
    region: str
    password: pulumi.Input[str]
    storage_class: pulumi.Input[str]


class ClickHouse(pulumi.ComponentResource):
    """A single ClickHouse, found at `clickhouse` (8123 HTTP, 9000 native), that keeps its tables in a bucket.

    No Keeper: Langfuse runs with `CLICKHOUSE_CLUSTER_ENABLED=false`.
    """

    stateful_set: kubernetes.apps.v1.StatefulSet

    def __init__(self, name: str, args: ClickHouseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create ClickHouse; see `ClickHouseArgs`. The provider in `opts` is the cluster's."""
        super().__init__("genai:kubernetes:ClickHouse", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels = {"app.kubernetes.io/name": "clickhouse"}

        credentials = {"password": args.password}
        configuration = {
            "s3_disk.xml": pulumi.Output.from_input(args.bucket).apply(
                lambda bucket: clickhouse.s3_disk(
                    endpoint=clickhouse.s3_endpoint(bucket, args.region), region=args.region
                )
            )
        }
        secret = kubernetes.core.v1.Secret(
            f"{name}-password",
            metadata={"name": "clickhouse", "namespace": args.namespace},
            string_data=credentials,
            opts=child,
        )
        config_map = kubernetes.core.v1.ConfigMap(
            f"{name}-config",
            metadata={"name": "clickhouse-config", "namespace": args.namespace},
            data=configuration,
            opts=child,
        )
        service_account = kubernetes.core.v1.ServiceAccount(
            f"{name}-service-account",
            metadata={
                "name": "clickhouse",
                "namespace": args.namespace,
                "annotations": {"eks.amazonaws.com/role-arn": args.role_arn},
            },
            opts=child,
        )
        kubernetes.core.v1.Service(
            f"{name}-service",
            metadata={"name": "clickhouse", "namespace": args.namespace},
            spec={
                "selector": labels,
                "ports": [
                    {"name": "http", "port": 8123, "target_port": "http"},
                    {"name": "native", "port": 9000, "target_port": "native"},
                ],
            },
            opts=child,
        )
        ping: kubernetes.core.v1.HTTPGetActionArgsDict = {"path": "/ping", "port": "http"}
        container: kubernetes.core.v1.ContainerArgsDict = {
            "name": "clickhouse",
            "image": CLICKHOUSE_IMAGE.image,
            "ports": [{"name": "http", "container_port": 8123}, {"name": "native", "container_port": 9000}],
            "env": [
                # The image makes this user from the environment, and removes `default`.
                {"name": "CLICKHOUSE_USER", "value": "langfuse"},
                {
                    "name": "CLICKHOUSE_PASSWORD",
                    "value_from": {"secret_key_ref": {"name": "clickhouse", "key": "password"}},
                },
                {"name": "AWS_REGION", "value": args.region},
                {"name": "AWS_DEFAULT_REGION", "value": args.region},  # where ClickHouse exchanges its token
                {"name": "TZ", "value": "UTC"},  # Langfuse needs it (langfuse.com/self-hosting, ClickHouse)
            ],
            # No CPU limit. Under real load Langfuse asks for 8 GiB.
            "resources": {"requests": {"cpu": "500m", "memory": "2Gi"}, "limits": {"memory": "4Gi"}},
            "security_context": {"allow_privilege_escalation": False, "capabilities": {"drop": ["ALL"]}},
            "startup_probe": {"http_get": ping, "period_seconds": 5, "failure_threshold": 60},
            "readiness_probe": {"http_get": ping, "period_seconds": 5},
            "liveness_probe": {"http_get": ping, "period_seconds": 15, "failure_threshold": 6},
            "volume_mounts": [
                {"name": "data", "mount_path": "/var/lib/clickhouse"},
                # The file alone: the directory has the image's own beside it, which open ClickHouse to the network.
                {
                    "name": "config",
                    "mount_path": "/etc/clickhouse-server/config.d/s3_disk.xml",
                    "sub_path": "s3_disk.xml",
                    "read_only": True,
                },
            ],
        }
        pod: kubernetes.core.v1.PodTemplateSpecArgsDict = {
            "metadata": {
                "labels": labels,
                "annotations": {
                    # Both are read at the start only: a file mounted by subPath never changes in a running pod, and the
                    # image writes the password into ClickHouse's configuration when it starts.
                    "checksum/config": checksum({"clickhouse": credentials, "clickhouse-config": configuration}),
                    **UNDISTURBED,
                },
            },
            "spec": {
                "service_account_name": "clickhouse",
                "automount_service_account_token": False,  # EKS mounts the token for AWS by itself
                "enable_service_links": False,  # else the Service becomes CLICKHOUSE_PORT=tcp://... in the pod
                "termination_grace_period_seconds": 60,
                "security_context": {
                    "run_as_user": 101,  # the image's user `clickhouse`
                    "run_as_group": 101,
                    "fs_group": 101,
                    "run_as_non_root": True,
                    "seccomp_profile": {"type": "RuntimeDefault"},
                },
                "containers": [container],
                "volumes": [{"name": "config", "config_map": {"name": "clickhouse-config"}}],
            },
        }
        volume_claim: kubernetes.core.v1.PersistentVolumeClaimArgsDict = {
            "metadata": {"name": "data"},
            "spec": {
                "access_modes": ["ReadWriteOnce"],
                "storage_class_name": args.storage_class,
                "resources": {"requests": {"storage": "20Gi"}},  # for all but the tables
            },
        }
        self.stateful_set = kubernetes.apps.v1.StatefulSet(
            f"{name}-stateful-set",
            metadata={"name": "clickhouse", "namespace": args.namespace},
            spec={
                "service_name": "clickhouse",
                "replicas": 1,
                "selector": {"match_labels": labels},
                "template": pod,
                "volume_claim_templates": [volume_claim],
                # The default keeps the volume, and its price, after a destroy.
                "persistent_volume_claim_retention_policy": {"when_deleted": "Delete", "when_scaled": "Delete"},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[secret, config_map, service_account]),
        )
        self.register_outputs({})
