"""Tables from files: the wheel of litellm-proxy-extras, and a source folder of Langfuse."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from catalogue import pins
from ops.schema import clickhouse, postgresql, prisma
from ops.schema.tables import DescribedDatabase, SchemaError


def litellm(place: Path) -> DescribedDatabase:
    """The tables of LiteLLM from the wheel of litellm-proxy-extras, or from the folder into which it is installed."""
    try:
        root = zipfile.Path(place) if place.is_file() else place
        metadata = next(
            path for path in root.iterdir() if re.fullmatch(r"litellm_proxy_extras-.*\.dist-info", path.name)
        )
        schema = root / "litellm_proxy_extras" / "schema.prisma"
        version = re.search(r"^Version: (.+)$", (metadata / "METADATA").read_text(encoding="utf-8"), re.MULTILINE)
        assert version  # noqa: S101  every wheel has one (PEP 566)
        return postgresql.database(prisma.parse(schema.read_text(encoding="utf-8")), version[1].strip())
    except (StopIteration, OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise SchemaError(
            f"--litellm {place}: this is neither a wheel of litellm-proxy-extras nor a folder with one installed. "
            "`pip download --no-deps litellm-proxy-extras==VERSION` fetches the wheel."
        ) from error


def langfuse(folder: Path) -> dict[str, DescribedDatabase]:
    """The tables of Langfuse in PostgreSQL and in ClickHouse, whose migrations are run to get them."""
    shared = folder / "packages" / "shared"
    try:
        version = str(json.loads((folder / "web" / "package.json").read_text(encoding="utf-8"))["version"])
        schema = prisma.parse((shared / "prisma" / "schema.prisma").read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError) as error:
        raise SchemaError(
            f"--langfuse {folder}: this is no source of Langfuse. "
            f"`git clone --depth 1 --branch v{pins.LANGFUSE_IMAGE.version} "
            "https://github.com/langfuse/langfuse` fetches one."
        ) from error
    files = sorted((shared / "clickhouse" / "migrations" / "unclustered").glob("*.up.sql"))
    if not files:
        raise SchemaError(f"--langfuse {folder}: there are no migrations in packages/shared/clickhouse/migrations.")
    made = _migrated([file.read_text(encoding="utf-8") for file in files])
    return {
        "langfuse": postgresql.database(schema, version),
        "clickhouse": clickhouse.database([json.loads(line) for line in made.splitlines()], version),
    }


def _migrated(migrations: Sequence[str]) -> str:
    try:
        from chdb.session import Session
    except ImportError as error:
        raise SchemaError(
            "Langfuse's migrations run in chdb, which is not installed: run `make setup-dev`, or read a running stack."
        ) from error
    with (
        TemporaryDirectory(prefix="genai-schema-") as data,
        Session(data) as session,  # type: ignore[no-untyped-call]  # only its queries are typed
    ):
        for migration in migrations:
            bare = re.sub(r"--[^\n]*", "", migration)
            for statement in filter(str.strip, bare.split(";")):
                session.query(statement)
        return str(session.query(clickhouse.TABLES))
