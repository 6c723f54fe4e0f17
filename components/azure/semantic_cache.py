"""Azure Managed Redis as the cache in which API Management finds answers to questions that mean the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import apimanagement, redisenterprise

from components.azure.account_role import may_call
from components.azure.gateway import Gateway
from components.azure.guarded_api import ServicePlace
from policies.apim.models import EMBEDDINGS_BACKEND_ID, OPENAI_USER, SemanticCache

PORT = 10000
"""The port of every Azure Managed Redis (learn.microsoft.com, "Azure Managed Redis", network)."""


@dataclass(frozen=True, kw_only=True)
class EmbeddingsService:
    """An Azure OpenAI account that is there already, the address of its deployment, and when an answer is given again.

    The embedding of a question says what it means.
    """

    account: str
    url: str
    cache: SemanticCache


@dataclass(frozen=True, kw_only=True)
class AnswerCacheArgs:
    """Inputs of `AnswerCache`. The gateway has an identity of its own, by which it asks for embeddings."""

    resource_group_name: pulumi.Input[str]
    gateway: Gateway
    embeddings: EmbeddingsService
    tags: Mapping[str, pulumi.Input[str]]


class AnswerCache(pulumi.ComponentResource):
    """A Redis that compares vectors, and what the gateway needs to use it. Redis is made beside the gateway.

    API Management takes no other way into Redis than its access key (learn.microsoft.com, "Use an external
    Redis-compatible cache"), and no other identity for embeddings than its own ("llm-semantic-cache-lookup policy").
    """

    redis_id: pulumi.Output[str]
    rule: SemanticCache
    """When an answer is given again."""
    needed: Sequence[pulumi.Resource]
    """What policies that use the cache wait for."""

    def __init__(self, name: str, args: AnswerCacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the cache; see `AnswerCacheArgs`."""
        super().__init__("genai:azure:AnswerCache", name, None, opts)
        group, service = args.resource_group_name, args.gateway.service
        place = ServicePlace(parent=self, name=name, resource_group_name=group, service_name=service.name)
        redis = redisenterprise.RedisEnterprise(
            name,
            resource_group_name=group,
            sku=redisenterprise.SkuArgs(name=redisenterprise.SkuName.BALANCED_B0),  # the smallest, 0.5 GB
            # A lost cache costs nothing but time, and a second node as much as the first.
            high_availability=redisenterprise.HighAvailability.DISABLED,
            minimum_tls_version=redisenterprise.TlsVersion.TLS_VERSION_1_2,
            # The gateway is in no network.
            public_network_access=redisenterprise.PublicNetworkAccess.ENABLED,
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self),
        )
        database = redisenterprise.Database(
            name,
            resource_group_name=group,
            cluster_name=redis.name,
            database_name="default",  # the only name there is
            client_protocol=redisenterprise.Protocol.ENCRYPTED,
            port=PORT,
            access_keys_authentication=redisenterprise.AccessKeysAuthentication.ENABLED,
            # What RediSearch wants (learn.microsoft.com, "Use Redis modules with Azure Managed Redis").
            modules=[redisenterprise.ModuleArgs(name="RediSearch")],
            clustering_policy=redisenterprise.ClusteringPolicy.ENTERPRISE_CLUSTER,
            eviction_policy=redisenterprise.EvictionPolicy.NO_EVICTION,
            opts=pulumi.ResourceOptions(parent=self),
        )
        keys = redisenterprise.list_database_keys_output(
            resource_group_name=group, cluster_name=redis.name, database_name=database.name
        )
        connection: pulumi.Output[str] = pulumi.Output.secret(
            pulumi.Output.concat(
                redis.host_name, f":{PORT},password=", keys.primary_key, ",ssl=True,abortConnect=False"
            )
        )
        cache = apimanagement.Cache(
            name,
            resource_group_name=group,
            service_name=service.name,
            cache_id="default",
            use_from_location="default",  # by every region of the gateway
            connection_string=connection,
            opts=place.inside(),
        )
        backend = apimanagement.Backend(
            f"{name}-{EMBEDDINGS_BACKEND_ID}",
            resource_group_name=group,
            service_name=service.name,
            backend_id=EMBEDDINGS_BACKEND_ID,
            type=apimanagement.BackendType.SINGLE,
            url=args.embeddings.url,
            protocol=apimanagement.BackendProtocol.HTTP,  # for https URLs too (Azure/bicep#14093)
            tls=apimanagement.BackendTlsPropertiesArgs(validate_certificate_chain=True, validate_certificate_name=True),
            opts=place.inside(),
        )
        role = may_call(
            f"{name}-{EMBEDDINGS_BACKEND_ID}",
            args.embeddings.account,
            OPENAI_USER,
            # Empty while a preview adds the identity to a running gateway.
            service.identity.apply(lambda identity: (identity and identity.principal_id) or ""),
            tags=args.tags,
            parent=self,
        )
        self.rule = args.embeddings.cache
        self.redis_id, self.needed = redis.id, [cache, backend, role]
        self.register_outputs({"redisId": self.redis_id})
