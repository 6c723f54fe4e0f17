"""Kubernetes Job that makes a PostgreSQL database and a role for each application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

from catalogue.pins import POSTGRES_IMAGE
from components.kubernetes.checksum import checksum

SQL = Path(__file__).with_suffix(".sql").read_text()
COMMAND = "until pg_isready || [ $? = 3 ]; do sleep 2; done; exec psql --no-psqlrc --file=/sql/database_setup.sql"
"""Waits as long as the Job may for a young server; at 3, parameters that cannot be right, psql says what is wrong."""


@dataclass(frozen=True, kw_only=True)
class DatabaseSetupArgs:
    """Inputs of `DatabaseSetup`. `databases` holds passwords by the name that a role and its database share."""

    namespace: pulumi.Input[str]
    host: pulumi.Input[str]
    master_username: str
    master_password: pulumi.Input[str]
    databases: Mapping[str, pulumi.Input[str]]


class DatabaseSetup(pulumi.ComponentResource):
    """Runs database_setup.sql in the cluster, and again whenever a password or the file changes."""

    job: kubernetes.batch.v1.Job
    """Complete once every role can log in to its database."""

    def __init__(self, name: str, args: DatabaseSetupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the Job; see `DatabaseSetupArgs`. The provider in `opts` is the cluster's."""
        super().__init__("genai:kubernetes:DatabaseSetup", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        passwords: dict[str, pulumi.Input[str]] = {
            "master-password": args.master_password,
            "databases": pulumi.Output.json_dumps(dict(args.databases)),
        }
        file = {"database_setup.sql": SQL}
        secret = kubernetes.core.v1.Secret(
            f"{name}-passwords",
            metadata={"name": "database-setup", "namespace": args.namespace},
            string_data=passwords,
            opts=child,
        )
        config_map = kubernetes.core.v1.ConfigMap(
            f"{name}-sql", metadata={"name": "database-setup", "namespace": args.namespace}, data=file, opts=child
        )

        def from_secret(variable: str, key: str) -> kubernetes.core.v1.EnvVarArgsDict:
            return {"name": variable, "value_from": {"secret_key_ref": {"name": "database-setup", "key": key}}}

        container: kubernetes.core.v1.ContainerArgsDict = {
            "name": "psql",
            "image": POSTGRES_IMAGE.image,
            "command": ["sh", "-c", COMMAND],
            "env": [
                {"name": "PGHOST", "value": args.host},
                {"name": "PGUSER", "value": args.master_username},
                {"name": "PGDATABASE", "value": "postgres"},
                {"name": "PGSSLMODE", "value": "require"},
                {"name": "PGCONNECT_TIMEOUT", "value": "10"},
                from_secret("PGPASSWORD", "master-password"),
                from_secret("DATABASES", "databases"),
            ],
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
            "security_context": {
                "allow_privilege_escalation": False,
                "capabilities": {"drop": ["ALL"]},
                "read_only_root_filesystem": True,
            },
            "volume_mounts": [{"name": "sql", "mount_path": "/sql", "read_only": True}],
        }
        pod: kubernetes.core.v1.PodTemplateSpecArgsDict = {
            "metadata": {"annotations": {"checksum/inputs": checksum({"passwords": passwords, "sql": file})}},
            "spec": {
                "restart_policy": "Never",  # a pod that failed stays, with its log
                "automount_service_account_token": False,
                "enable_service_links": False,
                "security_context": {
                    "run_as_user": 70,  # the image's user `postgres`
                    "run_as_group": 70,
                    "run_as_non_root": True,
                    "seccomp_profile": {"type": "RuntimeDefault"},
                },
                "containers": [container],
                "volumes": [{"name": "sql", "config_map": {"name": "database-setup"}}],
            },
        }
        self.job = kubernetes.batch.v1.Job(
            f"{name}-job",
            metadata={
                "name": "database-setup",
                "namespace": args.namespace,
                # Else a Job that has failed makes every later `up` fail as well.
                "annotations": {"pulumi.com/replaceUnready": "true"},
            },
            spec={
                # Seconds. Its pod may have to wait for the first node; Pulumi itself gives up after 600.
                "active_deadline_seconds": 540,
                "backoff_limit": 2,
                "template": pod,
            },
            # The template of a Job cannot be changed, and its name is taken until it is gone.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[secret, config_map], delete_before_replace=True),
        )
        self.register_outputs({})
