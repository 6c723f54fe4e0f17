"""Values of LiteLLM's Helm chart and, inside them, the configuration of the proxy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from charts import KEEP_ALIVE, UNDISTURBED, Leaf
from charts.shapes import McpServer, Model

GUARD = Path(__file__).with_name("model_guard.py")
"""The hook that the configuration names; LiteLLM looks for it beside config.yaml, under this name."""
GUARD_CONFIG_MAP = "litellm-model-guard"
"""The ConfigMap with the hook, which must exist before the chart's pods."""


def provider_key_variable(name: str) -> str:
    """The environment variable that holds a provider key."""
    return "PROVIDER_KEY_" + name.upper().replace("-", "_")


def allowed_routes(models: Sequence[str], mcp_servers: Sequence[str] = ()) -> list[str]:
    """The routes of a virtual key for `models`: those of OpenAI's and Anthropic's SDKs on which LiteLLM runs our hook.

    With MCP servers also their endpoint, and of each the right to have LiteLLM keep a token of the user.

    LiteLLM takes each for a prefix (route_checks.py). So the paths that name a model are spelled out: all of
    `/openai/deployments` would include LiteLLM's pass-through to OpenAI.
    """
    calls = ("chat/completions", "completions", "embeddings", "images/generations", "images/edits")
    more = ("responses", "moderations", "audio/speech", "audio/transcriptions", "rerank", "models")
    paths = [f"{version}/{call}" for version in ("", "/v1") for call in (*calls, *more)]
    by_model = [
        f"{path}/{model}/{call}" for model in models for path in ("/openai/deployments", "/engines") for call in calls
    ]
    # LiteLLM judges `/<server>/mcp` as `/mcp` (server.py); which servers, the key's object permission says.
    of_servers = [f"/v1/mcp/server/{server}/oauth-user-credential" for server in mcp_servers]
    if mcp_servers:
        of_servers.append("/mcp")
    return [*paths, "/v2/rerank", "/openai/v1/responses", "/v1/messages", *by_model, *of_servers]


def proxy_config(
    models: Sequence[Model], *, region: str, vpc_cidr: str, mcp_servers: Sequence[McpServer] = ()
) -> dict[str, Any]:
    """LiteLLM's config.yaml. Secrets stand in it as `os.environ/NAME`; `region` is where Bedrock is called."""
    return {
        **({"mcp_servers": {server.name: _mcp_server(server) for server in mcp_servers}} if mcp_servers else {}),
        "model_list": [_entry(model, region) for model in models],
        "litellm_settings": {
            # In this order: the hook takes out of a refused call what the trace must not show.
            "callbacks": [f"{GUARD.stem}.guard", "langfuse_otel"],
            "global_disable_no_log_param": True,  # else a caller's `no-log` keeps the call out of Langfuse
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


def _mcp_server(server: McpServer) -> dict[str, Any]:
    # An id of our own: the routes of a key name it, and LiteLLM would hash the rest of the entry.
    reached = {"server_id": server.name, "url": server.url, "transport": "http", "auth_type": server.auth}
    if server.auth == "none":
        return reached
    return {
        **reached,
        # Without it LiteLLM guesses from what is set, and a guess of client credentials is one token for everybody
        # (litellm mcp_server_manager.py, effective_oauth2_flow).
        "oauth2_flow": "authorization_code",
        "client_id": server.client_id,
        "client_secret": f"os.environ/{provider_key_variable(server.provider_key or '')}",
        "scopes": list(server.scopes),
        "authorization_url": server.authorization_url,
        "token_url": server.token_url,
    }


def _entry(model: Model, region: str) -> dict[str, Any]:
    params: dict[str, Any] = {"model": model.model}
    if model.model.startswith("bedrock/"):
        params["aws_region_name"] = region
    if model.provider_key:
        params["api_key"] = f"os.environ/{provider_key_variable(model.provider_key)}"
    listed: dict[str, Any] = {"model_name": model.name, "litellm_params": {**params, **model.params}}
    if model.base_model:
        listed["model_info"] = {"base_model": model.base_model}
    return listed


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

    The Secrets, the ConfigMap `GUARD_CONFIG_MAP` and the service account that they name must exist first: the chart
    migrates the database in a hook before it creates anything.
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
                # LiteLLM's route /langfuse would carry our Langfuse keys to Langfuse's cloud (langfuse_endpoints.py).
                {"name": "LANGFUSE_HOST", "value": "http://langfuse-web:3000"},
                # By default a caller's `traceparent` decides whether the call is traced.
                {"name": "OTEL_TRACES_SAMPLER", "value": "always_on"},
                # Seconds of trying again while Langfuse restarts. After 10, the default, traces are lost.
                {"name": "OTEL_EXPORTER_OTLP_TIMEOUT", "value": "120"},
            ],
            # Beside config.yaml, a single file like that one: a folder mounted there would hide it.
            "volumes": [{"name": "model-guard", "configMap": {"name": GUARD_CONFIG_MAP}}],
            "volumeMounts": [
                {
                    "name": "model-guard",
                    "mountPath": f"/app/config/{GUARD.name}",
                    "subPath": GUARD.name,
                    "readOnly": True,
                }
            ],
            "podAnnotations": {
                "checksum/secrets": secrets_checksum,
                # A file mounted by `subPath` never changes in a running pod.
                "checksum/model-guard": sha256(GUARD.read_bytes()).hexdigest(),
                **UNDISTURBED,
            },
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
