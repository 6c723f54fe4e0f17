"""What LiteLLM is told: the values of its Helm chart and, inside them, the configuration of the proxy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from charts import KEEP_ALIVE, UNDISTURBED, Leaf


@dataclass(frozen=True, kw_only=True)
class Model:
    """One entry of LiteLLM's `model_list`."""

    name: str
    """What callers ask for."""
    model: str
    """LiteLLM's id: provider, slash, model, such as `bedrock/amazon.nova-lite-v1:0`."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """More `litellm_params`, spelled as LiteLLM spells them."""
    provider_key: str | None = None
    """Name of the provider key that the calls carry."""
    base_model: str | None = None
    """Whose price applies, where the id is a name of one's own (an Azure deployment)."""


def provider_key_variable(name: str) -> str:
    """The environment variable that holds a provider key."""
    return "PROVIDER_KEY_" + name.upper().replace("-", "_")


def proxy_config(models: Sequence[Model], *, region: str, vpc_cidr: str) -> dict[str, Any]:
    """LiteLLM's config.yaml. Secrets stand in it as `os.environ/NAME`; `region` is where Bedrock is called."""
    return {
        "model_list": [_entry(model, region) for model in models],
        "litellm_settings": {
            "callbacks": ["langfuse_otel"],
            "drop_params": True,
            "request_timeout": 600,  # seconds, the load balancer's idle timeout; LiteLLM's own default is 6000
            "json_logs": True,
        },
        "general_settings": {
            "master_key": "os.environ/LITELLM_MASTER_KEY",
            "store_model_in_db": True,
            # Per pod. Aurora reckons with 9.5 MB a connection (user guide, "Maximum connections to an Aurora
            # PostgreSQL DB instance") and has 1 GiB at 0.5 ACU, for Langfuse too.
            "database_connection_pool_limit": 5,
            # A request with any other token, such as an Entra ID one alone, would leave a row in the spend logs.
            "disable_error_logs": True,
            # With REDIS_* alone LiteLLM gives up for good on a cache that does not answer within 2 s of its start
            # (litellm proxy_server.py).
            "coordination_redis": {
                "host": "os.environ/REDIS_HOST",
                "port": "os.environ/REDIS_PORT",
                "password": "os.environ/REDIS_PASSWORD",
                "ssl": True,
            },
            "trusted_proxy_ranges": [vpc_cidr],
        },
    }


def _entry(model: Model, region: str) -> dict[str, Any]:
    params: dict[str, Any] = {"model": model.model}
    if model.model.startswith("bedrock/"):
        params["aws_region_name"] = region
    if model.provider_key:
        params["api_key"] = f"os.environ/{provider_key_variable(model.provider_key)}"
    entry: dict[str, Any] = {"model_name": model.name, "litellm_params": {**params, **model.params}}
    if model.base_model:
        entry["model_info"] = {"base_model": model.base_model}
    return entry


def values(
    config: Mapping[str, Any],
    *,
    image_tag: str,
    replicas: int,
    database_host: Leaf,
    cache_host: Leaf,
    secrets_checksum: Leaf,
) -> dict[str, Any]:
    """Values of the chart `litellm` around the configuration `config` of the proxy, for a release named `litellm`.

    The Secrets and the service account that they name must exist first: the chart migrates the database in a hook
    before it creates anything.
    """
    return {
        "fullnameOverride": "litellm",
        "image": {"tag": image_tag},
        # One pod that does everything; it is configured under `gateway`.
        "monolith": {"enabled": True},
        "masterKey": {"secretName": "litellm-master-key-secret", "secretKey": "master-key"},
        "database": {
            "writer": {
                "host": database_host,
                "dbname": "litellm",
                "sslMode": "require",
                "passwordSecret": {
                    "name": "litellm-writer-secret",
                    "usernameKey": "username",
                    "passwordKey": "password",
                },
            }
        },
        "redis": {"host": cache_host, "passwordSecret": {"name": "litellm-redis", "passwordKey": "password"}},
        # Not the chart's own: it would not exist yet when the migration runs.
        "serviceAccounts": {"gateway": {"create": False, "name": "litellm"}},
        "migrationJob": {
            "serviceAccountName": "litellm",
            "resources": {"requests": {"cpu": "250m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
        },
        "gateway": {
            "config": {"proxy_config": config},
            "replicaCount": replicas,
            # EKS brings no metrics server, so an autoscaler would know nothing.
            "hpa": {"enabled": False},
            "envSecrets": ["litellm-env"],
            "extraEnv": [
                {"name": "REDIS_SSL", "value": "True"},
                {"name": "LITELLM_MODE", "value": "PRODUCTION"},
                {"name": "KEEPALIVE_TIMEOUT", "value": str(KEEP_ALIVE)},  # 5 by default
                # The bundled price list, instead of one from raw.githubusercontent.com at every start.
                {"name": "LITELLM_LOCAL_MODEL_COST_MAP", "value": "True"},
                # Without it the traces would go to Langfuse's cloud.
                {"name": "LANGFUSE_OTEL_HOST", "value": "http://langfuse-web:3000"},
            ],
            "podAnnotations": {"checksum/secrets": secrets_checksum, **UNDISTURBED},
            # One worker idles at 0.75 GB. The CPU limit is the chart's default, which stays unless it is overwritten:
            # Helm merges maps.
            "resources": {"requests": {"cpu": "500m", "memory": "2Gi"}, "limits": {"cpu": "2", "memory": "4Gi"}},
            # The liveness probe would end a start that takes longer than 100 s.
            "startupProbe": {
                "httpGet": {"path": "/health/readiness", "port": "http"},
                "periodSeconds": 10,
                "failureThreshold": 30,
            },
        },
    }
