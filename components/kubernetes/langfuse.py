"""Langfuse as a Helm release, with its Secrets."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from catalogue.pins import LANGFUSE_CHART
from charts import langfuse
from components.kubernetes.checksum import checksum


@dataclass(frozen=True, kw_only=True)
class LangfuseArgs:
    """Inputs of `Langfuse`.

    `url` is what browsers open, without a path; `encryption_key` is 64 hexadecimal characters; the passwords of the
    stores are letters and digits, because Langfuse pastes them into URLs; `public_key` and `secret_key` are the pair
    of the first project; `replicas` is the number of worker pods.
    """

    namespace: pulumi.Input[str]
    role_arn: pulumi.Input[str]
    url: pulumi.Input[str]
    database_host: pulumi.Input[str]
    database_password: pulumi.Input[str]
    cache_host: pulumi.Input[str]
    cache_token: pulumi.Input[str]
    clickhouse_password: pulumi.Input[str]
    bucket: pulumi.Input[str]
    region: str
    salt: pulumi.Input[str]
    encryption_key: pulumi.Input[str]
    nextauth_secret: pulumi.Input[str]
    public_key: pulumi.Input[str]
    secret_key: pulumi.Input[str]
    user_email: pulumi.Input[str]
    user_password: pulumi.Input[str]
    replicas: int
    image_tag: str

    def __post_init__(self) -> None:
        if self.replicas < 1:
            raise ValueError(f"{self.replicas} replicas cannot answer: give at least 1")


class Langfuse(pulumi.ComponentResource):
    """Langfuse, web and worker, with an organisation, a project, its key pair and a user from the first start."""

    port = 3000
    release: kubernetes.helm.v3.Release
    service_name: pulumi.Output[str]
    """Known once Langfuse answers."""

    def __init__(self, name: str, args: LangfuseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create Langfuse; see `LangfuseArgs`. The provider in `opts` is the cluster's."""
        super().__init__("genai:kubernetes:Langfuse", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        contents: dict[str, dict[str, pulumi.Input[str]]] = {
            "langfuse-secrets": {
                "salt": args.salt,
                "encryption-key": args.encryption_key,
                "nextauth-secret": args.nextauth_secret,
                "postgres-password": args.database_password,
                "redis-password": args.cache_token,
                "clickhouse-password": args.clickhouse_password,
            },
            # langfuse.com/self-hosting/administration/headless-initialization
            "langfuse-init": {
                "LANGFUSE_INIT_ORG_ID": "genai-platform",
                "LANGFUSE_INIT_ORG_NAME": "GenAI platform",
                "LANGFUSE_INIT_PROJECT_ID": "genai-platform",
                "LANGFUSE_INIT_PROJECT_NAME": "GenAI platform",
                "LANGFUSE_INIT_PROJECT_PUBLIC_KEY": args.public_key,
                "LANGFUSE_INIT_PROJECT_SECRET_KEY": args.secret_key,
                "LANGFUSE_INIT_USER_EMAIL": args.user_email,
                "LANGFUSE_INIT_USER_NAME": "Administrator",
                "LANGFUSE_INIT_USER_PASSWORD": args.user_password,
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
        self.release = kubernetes.helm.v3.Release(
            name,
            name="langfuse",
            namespace=args.namespace,
            chart=LANGFUSE_CHART.name,
            version=LANGFUSE_CHART.version,
            values=langfuse.values(
                image_tag=args.image_tag,
                replicas=args.replicas,
                role_arn=args.role_arn,
                url=args.url,
                litellm_host=pulumi.Output.concat("litellm.", args.namespace, ".svc.cluster.local"),
                database_host=args.database_host,
                cache_host=args.cache_host,
                bucket=args.bucket,
                region=args.region,
                secrets_checksum=checksum(contents),
            ),
            # Seconds, for install and uninstall each. Not `atomic`: that removes the pods that could tell what failed.
            timeout=900,
            opts=pulumi.ResourceOptions(parent=self, depends_on=secrets),
        )
        self.service_name = self.release.name.apply(lambda release: f"{release}-web")
        self.register_outputs({"service_name": self.service_name})
