"""The tables that PostgreSQL has for a schema.prisma, in PostgreSQL's own words for types and keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ops.schema.prisma import Attribute, Field, PrismaModel, Schema, items, unquote
from ops.schema.tables import Column, DescribedDatabase, Reference, SchemaError, Table, by_name

_TYPES: Mapping[str, str] = {
    "String": "text",
    "Boolean": "boolean",
    "Int": "integer",
    "BigInt": "bigint",
    "Float": "double precision",
    "Decimal": "numeric(65,30)",
    "DateTime": "timestamp(3) without time zone",
    "Json": "jsonb",
    "Bytes": "bytea",
}
"""prisma.io/docs/orm/overview/databases/postgresql, "Type mapping"; as `format_type` of PostgreSQL writes them."""
_NATIVE: Mapping[str, str] = {
    "VarChar": "character varying",
    "Char": "character",
    "Integer": "integer",
    "DoublePrecision": "double precision",
    "Decimal": "numeric",
    "VarBit": "bit varying",
    "ByteA": "bytea",
}
"""Those of `@db.` that PostgreSQL writes otherwise than in small letters."""
_ZONES = {"Timestamp": "without", "Timestamptz": "with", "Time": "without", "Timetz": "with"}
_ACTIONS = {
    "Cascade": "CASCADE",
    "Restrict": "RESTRICT",
    "NoAction": "NO ACTION",
    "SetNull": "SET NULL",
    "SetDefault": "SET DEFAULT",
}


def database(schema: Schema, version: str) -> DescribedDatabase:
    """The tables of the whole schema. SchemaError for what PostgreSQL has no word for."""
    tables = [_table(schema, model) for model in schema.models.values() if not model.view]
    enums = {enum.name: tuple(enum.values.values()) for enum in schema.enums.values()}
    return DescribedDatabase(version=version, tables=by_name(tables), enums=dict(sorted(enums.items())))


def _table(schema: Schema, model: PrismaModel) -> Table:
    columns: list[Column] = []
    primary: tuple[str, ...] = ()
    unique: list[tuple[str, ...]] = []
    references: list[Reference] = []
    for field in model.fields.values():
        if field.type in schema.models:
            references += _reference(schema, model, field)
            continue
        columns.append(_column(schema, field))
        if "id" in field.attributes:
            primary = (_name(field),)
        if "unique" in field.attributes:
            unique.append((_name(field),))
    for attribute in model.attributes:
        if attribute.name == "id":
            primary = _names(model, attribute.fields())
        if attribute.name == "unique":
            unique.append(_names(model, attribute.fields()))
    return Table(
        name=_table_name(model),
        columns=tuple(columns),
        primary_key=primary,
        unique=tuple(sorted(unique)),
        references=tuple(sorted(references, key=lambda reference: reference.columns)),
    )


def _column(schema: Schema, field: Field) -> Column:
    type_ = _type(schema, field) + ("[]" if field.list else "")
    # Prisma makes the column of a list without NOT NULL.
    return Column(name=_name(field), type=type_, null=field.optional or field.list, default=_default(schema, field))


def _type(schema: Schema, field: Field) -> str:
    if field.type in schema.enums:
        return schema.enums[field.type].name
    if unsupported := re.fullmatch(r"Unsupported\((.*)\)", field.type):
        return unquote(unsupported[1])
    for attribute in field.attributes.values():
        if native := re.fullmatch(r"db\.(\w+)", attribute.name):
            size = ",".join(attribute.arguments.values())
            sized = f"({size.replace(' ', '')})" if size else ""
            if native[1] in _ZONES:
                return f"{native[1].lower().removesuffix('tz')}{sized} {_ZONES[native[1]]} time zone"
            # Without a size, `char` is one character in SQL, and `bit` one bit.
            sized = sized or {"Char": "(1)", "Bit": "(1)"}.get(native[1], "")
            return _NATIVE.get(native[1], native[1].lower()) + sized
    if field.type not in _TYPES:
        raise SchemaError(f"Field {field.name}: neither model, enum nor type of Prisma is called {field.type}.")
    return _TYPES[field.type]


def _default(schema: Schema, field: Field) -> str:
    if "updatedAt" in field.attributes and "default" not in field.attributes:
        return "the time of the last change"
    if (attribute := field.attributes.get("default")) is None:
        return ""
    value = attribute.arguments.get("value", attribute.arguments.get("0", ""))
    if inner := re.fullmatch(r"dbgenerated\((.*)\)", value):
        return unquote(inner[1])
    values = schema.enums[field.type].values if field.type in schema.enums else {}
    listed = [values.get(item, unquote(item)) for item in items(value)]
    return ", ".join(listed) or ("an empty list" if field.list else "an empty text")


def _reference(schema: Schema, model: PrismaModel, field: Field) -> Iterator[Reference]:
    relation = field.attributes.get("relation", Attribute("relation", {}))
    if "fields" not in relation.arguments:
        return  # the other side of one
    target = schema.models[field.type]
    # Prisma's default: a column that must not be empty cannot be emptied, whatever the relation says.
    optional = field.optional and all(model.fields[name].optional for name in relation.fields())
    action = relation.text("onDelete", "onDelete") or ("SetNull" if optional else "Restrict")
    yield Reference(
        columns=_names(model, relation.fields()),
        table=_table_name(target),
        targets=_names(target, relation.fields("references")),
        on_delete=_ACTIONS[action],
    )


def _table_name(model: PrismaModel) -> str:
    return next((attribute.text("name") for attribute in model.attributes if attribute.name == "map"), model.name)


def _name(field: Field) -> str:
    return field.attributes["map"].text("name") if "map" in field.attributes else field.name


def _names(model: PrismaModel, fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_name(model.fields[field]) for field in fields)


TABLES = """\
SELECT coalesce(json_agg(t ORDER BY t.name), '[]') FROM (
  SELECT c.relname AS name,
    (SELECT json_agg(json_build_object('name', a.attname, 'null', NOT a.attnotnull,
        'type', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
      FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT json_agg(json_build_object('type', k.contype, 'delete', k.confdeltype, 'table', f.relname,
        'columns', (SELECT json_agg(a.attname ORDER BY u.n) FROM unnest(k.conkey) WITH ORDINALITY u(c, n)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.c),
        'targets', (SELECT json_agg(a.attname ORDER BY u.n) FROM unnest(k.confkey) WITH ORDINALITY u(c, n)
          JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.c)))
      FROM pg_constraint k LEFT JOIN pg_class f ON f.oid = k.confrelid
      WHERE k.conrelid = c.oid AND k.contype IN ('p', 'f')) AS keys
  FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
    AND c.relname <> '_prisma_migrations'
) t
"""
"""Asks a database for its tables, with their columns, primary keys and foreign keys, as one JSON."""
_DELETES = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
"""`confdeltype` of `pg_constraint` (postgresql.org/docs/17/catalog-pg-constraint.html)."""


def live(answer: list[dict[str, Any]], version: str) -> DescribedDatabase:
    """The tables of a running database, from its answer to TABLES: without unique keys, defaults and enums."""
    return DescribedDatabase(version=version, tables=by_name([_live_table(row) for row in answer]), enums={})


def comparable(documented: DescribedDatabase) -> DescribedDatabase:
    """What a running database tells of the same tables."""
    tables = [
        replace(table, columns=tuple(replace(column, default="") for column in table.columns), unique=())
        for table in documented.tables.values()
    ]
    return DescribedDatabase(version=documented.version, tables=by_name(tables), enums={})


def _live_table(row: Mapping[str, Any]) -> Table:
    keys = row["keys"] or []
    columns = tuple(
        # Prisma does not care whether a list may be NULL, and its migrations differ in that.
        Column(
            name=column["name"],
            type=column["type"].replace('"', ""),
            null=column["null"] or column["type"].endswith("[]"),
        )
        for column in row["columns"] or []
    )
    references = [
        Reference(
            columns=tuple(key["columns"]),
            table=key["table"],
            targets=tuple(key["targets"]),
            on_delete=_DELETES[key["delete"]],
        )
        for key in keys
        if key["type"] == "f"
    ]
    return Table(
        name=row["name"],
        columns=columns,
        primary_key=next((tuple(key["columns"]) for key in keys if key["type"] == "p"), ()),
        references=tuple(sorted(references, key=lambda reference: reference.columns)),
    )
