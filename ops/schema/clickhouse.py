"""The tables that ClickHouse has for Langfuse, as its `system.tables` and `system.columns` tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ops.schema.tables import Column, DescribedDatabase, Table, by_name, split

TABLES = """\
SELECT table AS name, any(t.engine) AS engine, any(t.sorting_key) AS sorting_key,
  arraySort(groupArray((c.position, c.name, c.type, c.default_kind, c.default_expression))) AS columns
FROM system.columns AS c JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
WHERE c.database = currentDatabase() AND c.table != 'schema_migrations' AND NOT startsWith(c.table, '.inner')
GROUP BY table ORDER BY table
FORMAT JSONEachRow
"""
"""Asks a server for the tables of its current database; `schema_migrations` is that of the program which makes them."""


def database(answers: Iterable[Mapping[str, Any]], version: str) -> DescribedDatabase:
    """The tables, from the rows that answer TABLES."""
    return DescribedDatabase(version=version, tables=by_name([_table(row) for row in answers]), enums={})


def _table(row: Mapping[str, Any]) -> Table:
    columns = tuple(
        Column(name=name, type=type_, null=type_.startswith("Nullable("), default=_default(kind, expression))
        for _, name, type_, kind, expression in row["columns"]
    )
    key = split(row["sorting_key"])
    return Table(name=row["name"], columns=columns, primary_key=key, engine=row["engine"])


def _default(kind: str, expression: str) -> str:
    # An expression that computes is written differently by different versions of ClickHouse.
    return {"MATERIALIZED": "computed when written", "ALIAS": "computed when read"}.get(kind, expression)
