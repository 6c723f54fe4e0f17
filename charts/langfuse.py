"""Values of Langfuse's Helm chart."""

from __future__ import annotations

from typing import Any

from charts import KEEP_ALIVE, UNDISTURBED, Leaf


def _secret(key: str) -> dict[str, Any]:
    return {"secretKeyRef": {"name": "langfuse-secrets", "key": key}}


def values(
    *,
    image_tag: str,
    replicas: int,
    role_arn: Leaf,
    url: Leaf,
    litellm_host: Leaf,
    database_host: Leaf,
    cache_host: Leaf,
    bucket: Leaf,
    region: str,
    secrets_checksum: Leaf,
) -> dict[str, Any]:
    """Values of the chart `langfuse` 2.x with every store outside it.

    `url` is where browsers find Langfuse; `litellm_host` is the one host inside the VPC that Langfuse may call as a
    model provider; `replicas` is the number of worker pods.
    """
    return {
        "langfuse": {
            "image": {"tag": image_tag, "pullPolicy": "IfNotPresent"},
            "replicas": replicas,
            "logging": {"format": "json"},
            "salt": _secret("salt"),
            "encryptionKey": _secret("encryption-key"),
            "nextauth": {"url": url, "secret": _secret("nextauth-secret")},
            "features": {"telemetryEnabled": False, "signUpDisabled": True},
            "serviceAccount": {"name": "langfuse", "annotations": {"eks.amazonaws.com/role-arn": role_arn}},
            # The chart does not restart its pods for a changed Secret.
            "pod": {"annotations": {"checksum/secrets": secrets_checksum, **UNDISTURBED}},
            # Langfuse calls no model at a private address but this (langfuse.com/faq/all/blocked-ip-address-detected).
            "additionalEnv": [{"name": "LANGFUSE_LLM_CONNECTION_WHITELISTED_HOST", "value": litellm_host}],
            # No CPU limit: a throttled worker loses its connection to the queue
            # (langfuse.com/self-hosting/deployment/infrastructure/cache).
            "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
            # The first start migrates both databases. A pod that the default probe ends meanwhile, after 50 s, leaves
            # them in a state that needs repair by hand (langfuse-k8s#190).
            "web": {
                # Each web pod migrates both databases as it starts, and two that do so at once can deadlock
                # (langfuse#4032).
                "replicas": 1,
                "livenessProbe": {"initialDelaySeconds": 180, "periodSeconds": 15, "failureThreshold": 20},
                "pod": {
                    # Milliseconds (langfuse.com/faq/all/self-hosting-502-504-network-errors).
                    "additionalEnv": [{"name": "KEEP_ALIVE_TIMEOUT", "value": f"{KEEP_ALIVE}000"}],
                    "additionalEnvFrom": [{"secretRef": {"name": "langfuse-init"}}],
                },
            },
            "worker": {"livenessProbe": {"initialDelaySeconds": 180, "failureThreshold": 20}},
        },
        "postgresql": {
            "deploy": False,
            "host": database_host,
            # `require` encrypts without a certificate of RDS to verify by, as libpq means it. Prisma's own engine reads
            # it so too; node-postgres, which replaces it in Prisma 7, only with the first word (prisma/web#7410).
            "args": "uselibpqcompat=true&sslmode=require",
            "auth": {
                "username": "langfuse",
                "database": "langfuse",
                "existingSecret": "langfuse-secrets",
                "secretKeys": {"userPasswordKey": "postgres-password"},
            },
        },
        "redis": {
            "deploy": False,
            "host": cache_host,
            "tls": {"enabled": True},
            "auth": {"existingSecret": "langfuse-secrets", "existingSecretPasswordKey": "redis-password"},
        },
        "clickhouse": {
            "deploy": False,
            "host": "clickhouse",
            "auth": {
                "username": "langfuse",
                "existingSecret": "langfuse-secrets",
                "existingSecretKey": "clickhouse-password",
            },
            # One server without ZooKeeper or Keeper: tables are not replicated.
            "cluster": {"enabled": False},
        },
        # Neither keys nor an endpoint: the AWS SDK takes the service account's role.
        "s3": {
            "deploy": False,
            "bucket": bucket,
            "region": region,
            "forcePathStyle": False,
            "eventUpload": {"prefix": "events/"},
            "batchExport": {"prefix": "exports/"},
            # Bytes, as text: the chart would print a number of this size as 1e+09.
            "mediaUpload": {"prefix": "media/", "maxContentLength": "1000000000"},
        },
    }
