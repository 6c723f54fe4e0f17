"""LiteLLM as a Helm release, with its Secrets and virtual keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_kubernetes as kubernetes

from catalogue.pins import LITELLM_CHART
from charts import litellm
from charts.shapes import McpServer, Model
from components.kubernetes.checksum import checksum


@dataclass(frozen=True, kw_only=True)
class LiteLLMArgs:
    """Inputs of `LiteLLM`.

    `master_key` and `salt_key` start with sk-; `provider_keys` are by the name that models refer to; `region` is where
    Bedrock is called; `vpc_cidr` is where the load balancer stands.
    """

    namespace: pulumi.Input[str]
    role_arn: pulumi.Input[str]
    database_host: pulumi.Input[str]
    database_password: pulumi.Input[str]
    cache_host: pulumi.Input[str]
    cache_token: pulumi.Input[str]
    master_key: pulumi.Input[str]
    salt_key: pulumi.Input[str]
    langfuse_public_key: pulumi.Input[str]
    langfuse_secret_key: pulumi.Input[str]
    models: Sequence[Model]
    provider_keys: Mapping[str, pulumi.Input[str]]
    mcp_servers: Sequence[McpServer]
    region: str
    vpc_cidr: str
    replicas: int
    image_tag: str
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """More secret environment variables."""

    def __post_init__(self) -> None:
        if self.replicas < 1:
            raise ValueError(f"{self.replicas} replicas cannot answer: give at least 1")
        for model in self.models:
            if model.provider_key and model.provider_key not in self.provider_keys:
                raise ValueError(
                    f"model {model.name} needs the provider key {model.provider_key}, "
                    "which is not among provider_keys: add it there"
                )


class LiteLLM(pulumi.ComponentResource):
    """LiteLLM with its Secrets, its service account and its migrated database, traced in Langfuse."""

    port = 4000
    release: kubernetes.helm.v3.Release
    service_name: pulumi.Output[str]
    """Known once LiteLLM answers."""

    def __init__(self, name: str, args: LiteLLMArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create LiteLLM; see `LiteLLMArgs`. The provider in `opts` is the cluster's."""
        super().__init__("genai:kubernetes:LiteLLM", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        contents: dict[str, dict[str, pulumi.Input[str]]] = {
            "litellm-master-key-secret": {"master-key": args.master_key},
            "litellm-writer-secret": {"username": "litellm", "password": args.database_password},
            "litellm-redis": {"password": args.cache_token},
            "litellm-env": {
                "LITELLM_SALT_KEY": args.salt_key,
                "LANGFUSE_PUBLIC_KEY": args.langfuse_public_key,
                "LANGFUSE_SECRET_KEY": args.langfuse_secret_key,
                **{litellm.provider_key_variable(key): value for key, value in args.provider_keys.items()},
                **args.environment,
            },
        }
        secrets = [
            kubernetes.core.v1.Secret(
                f"{name}-{secret}",
                metadata={"name": secret, "namespace": args.namespace},
                string_data=data,  # the SDK wraps it as secret
                opts=child,
            )
            for secret, data in contents.items()
        ]
        guard = kubernetes.core.v1.ConfigMap(
            f"{name}-model-guard",
            metadata={"name": litellm.GUARD_CONFIG_MAP, "namespace": args.namespace},
            data={litellm.GUARD.name: litellm.GUARD.read_text()},
            opts=child,
        )
        service_account = kubernetes.core.v1.ServiceAccount(
            f"{name}-service-account",
            metadata={
                "name": "litellm",
                "namespace": args.namespace,
                "annotations": {"eks.amazonaws.com/role-arn": args.role_arn},
            },
            opts=child,
        )
        self.release = kubernetes.helm.v3.Release(
            name,
            name="litellm",
            namespace=args.namespace,
            chart=LITELLM_CHART.name,
            version=LITELLM_CHART.version,
            values=litellm.values(
                litellm.proxy_config(
                    args.models, region=args.region, vpc_cidr=args.vpc_cidr, mcp_servers=args.mcp_servers
                ),
                image_tag=args.image_tag,
                replicas=args.replicas,
                database_host=args.database_host,
                cache_host=args.cache_host,
                secrets_checksum=checksum(contents),
            ),
            # Seconds, for install and uninstall each. Not `atomic`: that removes the pods that could tell what failed.
            timeout=900,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*secrets, guard, service_account]),
        )
        self.service_name = self.release.name.apply(str)
        self.register_outputs({"service_name": self.service_name})
