"""LiteLLM with a PostgreSQL, as processes on this machine, with a service in the place of Langfuse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from charts.litellm import Model, proxy_config
from ops.local.database import database, missing_program, prisma_client
from tests.http_server import Service
from tests.litellm_process import litellm

__all__ = ["MASTER_KEY", "litellm_with_database", "missing_program"]

MASTER_KEY = "sk-master-0123456789"


@contextmanager
def litellm_with_database(folder: Path, models: tuple[Model, ...], langfuse: Service) -> Iterator[str]:
    """The URL of a LiteLLM with a database, configured as the chart would configure it."""
    config: dict[str, Any] = proxy_config(models, region="us-east-1", vpc_cidr="127.0.0.0/8")
    config["general_settings"]["proxy_batch_write_at"] = 1
    with database(folder / "data") as url:
        environment = {
            **prisma_client(folder),
            "DATABASE_URL": url,
            "DISABLE_SCHEMA_UPDATE": "true",
            "LITELLM_MASTER_KEY": MASTER_KEY,
            "LITELLM_SALT_KEY": "sk-salt-0123456789",
            "PROVIDER_KEY_AZURE": "azure-key",
            "OTEL_BSP_SCHEDULE_DELAY": "200",  # milliseconds; 5000 by default
        }
        with litellm(folder, config, langfuse, environment) as litellm_url:
            yield litellm_url
