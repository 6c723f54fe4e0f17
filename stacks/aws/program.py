"""AWS program: VPC, EKS, Aurora, Valkey and S3, and on them LiteLLM and Langfuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pulumi

from components.aws.bucket import Bucket, BucketArgs
from components.aws.cache import Cache, CacheArgs
from components.aws.cluster import Cluster, ClusterArgs
from components.aws.database import Database, DatabaseArgs
from components.aws.network import Network, NetworkArgs
from components.aws.workload_role import Permission, WorkloadRole, WorkloadRoleArgs
from components.credentials import Credentials, CredentialsArgs
from components.kubernetes.clickhouse import ClickHouse, ClickHouseArgs
from components.kubernetes.database_setup import DatabaseSetup, DatabaseSetupArgs
from components.kubernetes.first_start import FirstStart, FirstStartArgs
from components.kubernetes.foundation import Foundation, FoundationArgs
from components.kubernetes.langfuse import Langfuse, LangfuseArgs
from components.kubernetes.litellm import LiteLLM, LiteLLMArgs
from components.kubernetes.target_group_binding import target_group_binding
from components.kubernetes.virtual_key import VirtualKey, VirtualKeyArgs
from stacks import identity
from stacks.aws import databricks, look_ups, mcp_servers, settings
from stacks.aws.bedrock import ACTIONS, role_arns
from stacks.aws.load_balancing import build_entry
from stacks.aws.settings import AwsSettings

NAMESPACE = "genai-platform"
BUCKET_OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")


def build(stack: str, caller_address: Callable[[], str]) -> None:
    """Read the settings of the stack and build it. Nothing is created when one of them cannot be right."""
    config = settings.load()
    if databricks.named(config.models):
        # Outputs of another stack can only be awaited.
        pulumi.run(lambda: _build_behind(stack, caller_address, config))
    else:
        _build(stack, caller_address, config)


async def _build_behind(stack: str, caller_address: Callable[[], str], config: AwsSettings) -> None:
    call = await databricks.read(config.models)
    _build(stack, caller_address, config.model_copy(update={"models": call.models}), call.environment)


def _build(
    stack: str,
    caller_address: Callable[[], str],
    config: AwsSettings,
    databricks_login: Mapping[str, str] | None = None,
) -> None:
    region = settings.region()
    entry_cidrs = config.entry_cidrs(caller_address)
    zones = look_ups.availability_zones(config.availability_zones)
    zone_id = look_ups.hosted_zone(config.domain) if config.domain else ""
    models = config.litellm_models(region)
    size = config.sizing
    credentials = Credentials(
        "credentials",
        CredentialsArgs(
            virtual_key_aliases=[key.alias for key in config.virtual_keys],
            fixed=config.fixed_credentials(),
            fixed_virtual_keys=config.fixed_secrets.get("virtualKeys", {}),
        ),
    )
    # Before all else, so that a refusal comes before any change.
    FirstStart(
        "first-start",
        FirstStartArgs(
            values={
                "langfuseEmail": config.langfuse_email.lower(),  # as Langfuse stores it
                "fixedSecrets.langfusePassword": credentials.langfuse_password,
                "fixedSecrets.langfusePublicKey": credentials.langfuse_public_key,
                "fixedSecrets.langfuseSecretKey": credentials.langfuse_secret_key,
                "fixedSecrets.langfuseSalt": credentials.langfuse_salt,
                "fixedSecrets.langfuseEncryptionKey": credentials.langfuse_encryption_key,
                "fixedSecrets.litellmSaltKey": credentials.litellm_salt_key,
            }
        ),
    )
    # Chosen up front: the target groups carry the cluster's name and should not wait ten minutes for it.
    stack_id = identity.stack_id("cluster-name")
    cluster_name = pulumi.Output.concat(f"genai-{stack}-", stack_id)
    tags = identity.tags(stack, stack_id, owner=config.owner)

    network = Network(
        "network",
        NetworkArgs(cidr=config.vpc_cidr, zones=zones, region=region, nat_gateways=size.nat_gateways, tags=tags),
    )
    cluster = Cluster(
        "cluster",
        ClusterArgs(
            cluster_name=cluster_name,
            version=config.kubernetes_version,
            vpc_id=network.vpc_id,
            private_subnet_ids=network.private_subnet_ids,
            tags=tags,
        ),
    )
    # For depth only: destroy deletes in waves by depth, and this puts Aurora's instance and the cache, which take
    # longest to go, into the wave of the cluster. On the way up it is a matter of seconds, hidden behind the cluster.
    beside_cluster = pulumi.ResourceOptions(depends_on=network.private_associations)
    database = Database(
        "database",
        DatabaseArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            client_security_group_id=cluster.security_group_id,
            master_password=credentials.database_master_password,
            engine_version=config.aurora_version,
            min_capacity=config.aurora_min_capacity,
            max_capacity=config.aurora_max_capacity,
            instances=size.aurora_instances,
            tags=tags,
        ),
        opts=beside_cluster,
    )
    cache = Cache(
        "cache",
        CacheArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            client_security_group_id=cluster.security_group_id,
            auth_token=credentials.cache_token,
            nodes=size.cache_nodes,
            tags=tags,
        ),
        opts=beside_cluster,
    )

    entry = build_entry(
        config,
        network=network,
        cluster=cluster,
        cluster_name=cluster_name,
        apim_entry_key=credentials.apim_entry_key,
        entry_cidrs=entry_cidrs,
        zone_id=zone_id,
        tags=tags,
    )

    langfuse_bucket = Bucket("langfuse", BucketArgs(browser_origin=entry.langfuse_url, tags=tags))
    clickhouse_bucket = Bucket("clickhouse", BucketArgs(tags=tags))

    def role(service_account: str, *permissions: Permission) -> WorkloadRole:
        return WorkloadRole(
            f"{service_account}-role",
            WorkloadRoleArgs(
                oidc_provider_arn=cluster.oidc_provider_arn,
                oidc_issuer=cluster.oidc_issuer,
                namespace=NAMESPACE,
                service_account=service_account,
                permissions=permissions,
                tags=tags,
            ),
        )

    def objects(bucket: Bucket, *more: str) -> Permission:
        return Permission(actions=[*BUCKET_OBJECTS, *more], resources=[pulumi.Output.concat(bucket.arn, "/*")])

    bedrock_arns = role_arns(models, region)
    bedrock = Permission(actions=ACTIONS, resources=bedrock_arns)
    litellm_role = role("litellm", *([bedrock] if bedrock_arns else []))
    langfuse_role = role(
        "langfuse",
        objects(langfuse_bucket),
        Permission(actions=["s3:ListBucket"], resources=[langfuse_bucket.arn]),
    )
    clickhouse_role = role(
        "clickhouse",
        objects(clickhouse_bucket, "s3:ListMultipartUploadParts"),
        Permission(
            actions=["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
            resources=[clickhouse_bucket.arn],
        ),
    )

    foundation = Foundation(
        "foundation",
        FoundationArgs(namespace=NAMESPACE, cluster_name=cluster_name, region=region, kubeconfig=cluster.kubeconfig),
        opts=pulumi.ResourceOptions(provider=cluster.provider, depends_on=network.private_routes),
    )

    def in_cluster(*after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(provider=cluster.provider, depends_on=list(after))

    database_setup = DatabaseSetup(
        "database-setup",
        DatabaseSetupArgs(
            namespace=foundation.namespace,
            host=database.host,
            master_username=database.master_username,
            master_password=credentials.database_master_password,
            databases={
                "litellm": credentials.litellm_database_password,
                "langfuse": credentials.langfuse_database_password,
            },
        ),
        opts=in_cluster(),
    )
    clickhouse = ClickHouse(
        "clickhouse",
        ClickHouseArgs(
            namespace=foundation.namespace,
            role_arn=clickhouse_role.arn,
            bucket=clickhouse_bucket.name,
            region=region,
            password=credentials.clickhouse_password,
            storage_class=foundation.storage_class,
        ),
        opts=in_cluster(),
    )
    litellm = LiteLLM(
        "litellm",
        LiteLLMArgs(
            namespace=foundation.namespace,
            role_arn=litellm_role.arn,
            database_host=database.host,
            database_password=credentials.litellm_database_password,
            cache_host=cache.host,
            cache_token=credentials.cache_token,
            master_key=credentials.litellm_master_key,
            salt_key=credentials.litellm_salt_key,
            langfuse_public_key=credentials.langfuse_public_key,
            langfuse_secret_key=credentials.langfuse_secret_key,
            provider_keys=config.provider_keys,
            environment={name: pulumi.Output.secret(value) for name, value in (databricks_login or {}).items()},
            mcp_servers=config.mcp_servers,
            models=models,
            image_tag=config.litellm_image_tag,
            replicas=size.replicas,
            region=region,
            vpc_cidr=config.vpc_cidr,
        ),
        opts=in_cluster(database_setup.job),
    )
    langfuse = Langfuse(
        "langfuse",
        LangfuseArgs(
            namespace=foundation.namespace,
            role_arn=langfuse_role.arn,
            url=entry.langfuse_url,
            database_host=database.host,
            database_password=credentials.langfuse_database_password,
            cache_host=cache.host,
            cache_token=credentials.cache_token,
            clickhouse_password=credentials.clickhouse_password,
            bucket=langfuse_bucket.name,
            region=region,
            salt=credentials.langfuse_salt,
            encryption_key=credentials.langfuse_encryption_key,
            nextauth_secret=credentials.langfuse_nextauth_secret,
            public_key=credentials.langfuse_public_key,
            secret_key=credentials.langfuse_secret_key,
            user_email=config.langfuse_email,
            user_password=credentials.langfuse_password,
            image_tag=config.langfuse_image_tag,
            replicas=size.replicas,
        ),
        opts=in_cluster(database_setup.job, clickhouse.stateful_set),
    )
    # The bindings come last and go first: pods leave the target groups before they end.
    for name, service, target in (
        ("litellm", litellm, entry.litellm_target),
        ("langfuse", langfuse, entry.langfuse_target),
    ):
        target_group_binding(
            f"{name}-binding",
            namespace=foundation.namespace,
            target_group_arn=target.binding_arn,
            service_name=service.service_name,
            port=service.port,
            opts=in_cluster(),
        )
    for key in config.virtual_keys:
        VirtualKey(
            f"virtual-key-{key.alias}",
            VirtualKeyArgs(
                setting=key.model_copy(update={"models": config.key_models(key)}),
                key=credentials.virtual_keys[key.alias],
                cluster_name=cluster_name,
                region=region,
                kubeconfig=cluster.kubeconfig,
                namespace=NAMESPACE,
                master_key=credentials.litellm_master_key,
            ),
            opts=pulumi.ResourceOptions(depends_on=[litellm.release], deleted_with=litellm.release),
        )

    pulumi.export("litellmUrl", entry.litellm_url)
    pulumi.export("litellmMasterKey", credentials.litellm_master_key)
    # Apart, so that no client application, which many people use, is given the key of one.
    personal = {key.alias for key in config.virtual_keys if mcp_servers.personal(key)}
    keys = credentials.virtual_keys
    shared = {alias: key for alias, key in keys.items() if alias not in personal}
    pulumi.export("virtualKeys", pulumi.Output.secret(shared))
    if personal:
        pulumi.export("personalKeys", pulumi.Output.secret({alias: keys[alias] for alias in sorted(personal)}))
    if config.mcp_servers:
        pulumi.export("mcpServers", mcp_servers.users(config.mcp_servers, config.virtual_keys))
    pulumi.export("langfuseUrl", entry.langfuse_url)
    pulumi.export("langfuseEmail", config.langfuse_email)
    pulumi.export("langfusePassword", credentials.langfuse_password)
    pulumi.export("langfusePublicKey", credentials.langfuse_public_key)
    pulumi.export("langfuseSecretKey", credentials.langfuse_secret_key)
    pulumi.export("langfuseBucket", langfuse_bucket.name)
    pulumi.export("clickhouseBucket", clickhouse_bucket.name)
    pulumi.export("clusterName", cluster_name)
    if entry.apim_entry_url is not None:
        pulumi.export("apimEntryUrl", entry.apim_entry_url)
        pulumi.export("apimEntryCertificate", "public" if config.domain else "self-signed")
        pulumi.export("apimEntryKey", credentials.apim_entry_key)
    pulumi.export(
        "kubectl",
        pulumi.Output.concat(
            f"aws eks update-kubeconfig --region {region} --name ", cluster_name, f" && kubectl -n {NAMESPACE} get pods"
        ),
    )
    pulumi.export(
        "next",
        "Log in at langfuseUrl with langfuseEmail and "
        f"`pulumi stack output -s {stack} langfusePassword --show-secrets`; call litellmUrl with a key of "
        f"`pulumi stack output -s {stack} virtualKeys --show-secrets`; "
        f"in the evening: `pulumi destroy -s {stack}`",
    )
