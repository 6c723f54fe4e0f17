"""The reader of schema.prisma beside Prisma's own, and the diagrams as a browser draws them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ops.schema import postgresql, prisma, sources
from ops.schema.differences import differences
from tests import mermaid
from tests.ops.schema import given
from tests.required import missing

pytestmark = pytest.mark.schema
HERE = Path(__file__).parent


def schema_file(product: str, folder: Path) -> Path:
    if product == "langfuse":
        return Path(given.LANGFUSE) / "packages" / "shared" / "prisma" / "schema.prisma"
    with zipfile.ZipFile(given.wheel()) as archive:
        return Path(archive.extract("litellm_proxy_extras/schema.prisma", folder))


def dmmf(file: Path) -> dict[str, Any]:
    if shutil.which("node") is None:
        missing("node is not on PATH")
    package = given.npm("src/prisma_schema_build.js")
    said = subprocess.run(
        ["node", HERE / "dmmf.js", package, file], check=True, capture_output=True, text=True, timeout=120
    )
    read: dict[str, Any] = json.loads(said.stdout)
    return read


@pytest.mark.parametrize("product", ["litellm", pytest.param("langfuse", marks=given.needs_langfuse)])
def test_the_reader_reads_what_prisma_reads(product: str, tmp_path: Path) -> None:
    file = schema_file(product, tmp_path)
    theirs, ours = dmmf(file), prisma.parse(file.read_text(encoding="utf-8"))
    assert {enum["name"]: [value["name"] for value in enum["values"]] for enum in theirs["enums"]} == {
        name: list(enum.values) for name, enum in ours.enums.items()
    }
    assert [field(model["name"], item) for model in theirs["models"] for item in model["fields"]] == [
        own_field(ours.models[model["name"]], field)
        for model in theirs["models"]
        for field in ours.models[model["name"]].fields
    ]
    tables = postgresql.database(ours, "").tables
    assert len(tables) == len(theirs["models"]) > 50
    for model in theirs["models"]:
        own = ours.models[model["name"]]
        columns = {
            field.name: field.attributes["map"].text("name") if "map" in field.attributes else field.name
            for field in own.fields.values()
        }
        table = tables[model["dbName"] or model["name"]]
        keys = [index for index in theirs["indexes"] if index["model"] == own.name]
        named = {
            kind: {tuple(columns[field["name"]] for field in key["fields"]) for key in keys if key["type"] == kind}
            for kind in ("id", "unique")
        }
        assert named == {"id": {table.primary_key} - {()}, "unique": set(table.unique)}


def field(model: str, one: dict[str, Any]) -> tuple[Any, ...]:
    native = one.get("nativeType")
    return (
        model,
        one["name"],
        one["type"],
        one["isList"],
        one["isRequired"] or one["isList"],
        one["isId"],
        one["isUpdatedAt"],
        one["hasDefaultValue"],
        f"db.{native[0]}" if native else "",
        tuple(one.get("relationFromFields") or ()),
        tuple(one.get("relationToFields") or ()),
        one.get("relationOnDelete") or "",
    )


def own_field(model: prisma.PrismaModel, name: str) -> tuple[Any, ...]:
    one = model.fields[name]
    relation = one.attributes.get("relation", prisma.Attribute("relation", {}))
    return (
        model.name,
        one.name,
        one.type,
        one.list,
        not one.optional,
        "id" in one.attributes,
        "updatedAt" in one.attributes,
        "default" in one.attributes,
        next((attribute for attribute in one.attributes if attribute.startswith("db.")), ""),
        relation.fields() if "fields" in relation.arguments else (),
        relation.fields("references") if "references" in relation.arguments else (),
        relation.arguments.get("onDelete", ""),
    )


def test_the_wheel_is_what_the_pages_tell() -> None:
    assert differences(given.documented()["litellm"], sources.litellm(given.wheel())) == []


def test_litellms_migrations_make_the_tables_of_its_schema() -> None:
    documented = given.documented()["litellm"]
    with given.postgresql() as server:
        given.make(server, "litellm", given.litellm_migrations())
        with given.connect(server, "litellm") as connection:
            row = connection.execute(postgresql.TABLES.encode()).fetchone()
    assert row
    assert differences(postgresql.comparable(documented), postgresql.live(row[0], documented.version)) == []


@given.needs_langfuse
def test_langfuses_migrations_make_the_tables_of_its_schema() -> None:
    documented = given.documented()["langfuse"]
    files = sorted(Path(given.LANGFUSE).glob("packages/shared/prisma/migrations/*/migration.sql"))
    with given.postgresql() as server:
        given.make(server, "langfuse", [file.read_bytes() for file in files])
        with given.connect(server, "langfuse") as connection:
            row = connection.execute(postgresql.TABLES.encode()).fetchone()
    assert row
    assert differences(postgresql.comparable(documented), postgresql.live(row[0], documented.version)) == []


@pytest.mark.parametrize("page", given.QUESTIONS)
def test_a_diagram_is_drawn_and_legible_as_wide_as_a_page(page: str, tmp_path: Path) -> None:
    (source,) = re.findall(r"```mermaid\n(.*?)```", (given.PAGES / f"{page}.md").read_text(encoding="utf-8"), re.DOTALL)
    drawn = mermaid.drawn(source, tmp_path)
    for table in given.QUESTIONS[page].tables:
        assert table.split(".")[1] in drawn["words"]
    assert mermaid.height_of_letters(drawn) >= mermaid.SMALLEST_LETTERS
