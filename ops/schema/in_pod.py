"""Python program that runs in LiteLLM's pod and reads tables with its PostgreSQL client (psycopg)."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import sys
from pathlib import Path

import psycopg


def tables(query: str, connection: dict[str, str]) -> None:
    """Print what the query answers, which is one JSON. Nothing is written to the database."""
    with psycopg.connect(connect_timeout=10, **connection) as connected:  # type: ignore[arg-type]  # names of libpq
        connected.read_only = True
        row = connected.execute(query.encode()).fetchone()
    json.dump(row and row[0], sys.stdout)


def own_tables(query: str) -> None:
    """The same for LiteLLM's own database, by the variables of the pod."""
    variables = {"host": "HOST", "port": "PORT", "user": "USERNAME", "password": "PASSWORD", "dbname": "NAME"}
    connection = {name: os.environ[f"DATABASE_{variable}"] for name, variable in variables.items()}
    tables(query, {**connection, "sslmode": os.environ.get("DATABASE_SSLMODE", "require")})


def own_schema() -> None:
    """Print LiteLLM's schema.prisma and its version."""
    spec = importlib.util.find_spec("litellm_proxy_extras")
    if spec is None or spec.origin is None:
        sys.exit("litellm_proxy_extras is not installed in LiteLLM's pod")
    schema = Path(spec.origin).with_name("schema.prisma").read_text(encoding="utf-8")
    json.dump({"version": importlib.metadata.version("litellm-proxy-extras"), "schema": schema}, sys.stdout)
