"""Every chart and image that the day pulls, pinned in one place."""

LITELLM_CHART = "oci://ghcr.io/berriai/litellm/chart/litellm"
LITELLM_CHART_VERSION = "1.0.0"
"""The chart of the current documentation (docs.litellm.ai/docs/proxy/deploy/helm); the older `litellm-helm` runs its
migrations beside the pods (litellm#36938)."""

LITELLM_IMAGE_TAG = "v1.108.14"
"""1.108 is the long-term support line ("1.108.1 (LTS)", github.com/BerriAI/litellm/releases); the tag `lts` moves."""

LANGFUSE_CHART = "oci://ghcr.io/langfuse/langfuse-k8s/charts/langfuse"
LANGFUSE_CHART_VERSION = "2.0.3"
"""2.0.0 fails at its second upgrade when all secrets are referenced (langfuse-k8s#398)."""

LANGFUSE_IMAGE_TAG = "4.66.0"
"""The chart alone brings 4.24; the Python SDK v5 needs a server from 4.59 on (langfuse.com/docs/compatibility)."""

CLICKHOUSE_IMAGE = "docker.io/clickhouse/clickhouse-server:26.4"
"""What Langfuse v4 recommends, and what its chart would run (langfuse-k8s charts/langfuse/values.yaml)."""

POSTGRES_IMAGE = "docker.io/library/postgres:17.7-alpine"
"""Brings psql of the server's own minor: Aurora 17.7 (hub.docker.com/_/postgres)."""
