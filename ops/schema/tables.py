"""Tables as the pages show them, of PostgreSQL and of ClickHouse alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stacks.errors import GenaiError


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A foreign key: columns of a table, and what they refer to."""

    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]
    on_delete: str
    """What happens to the row when the row it refers to is deleted, in the words of SQL: CASCADE, SET NULL, ..."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column with its type as the database itself writes it."""

    name: str
    type: str
    null: bool
    default: str = ""
    """What a new row gets, in words of the application (`uuid()`, `now()`) or as a literal; empty without one."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, or a view when it has no key."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    """Of ClickHouse the sorting key, which is not unique."""
    unique: tuple[tuple[str, ...], ...] = ()
    references: tuple[Reference, ...] = ()
    engine: str = ""
    """Of ClickHouse only."""


@dataclass(frozen=True, kw_only=True)
class DescribedDatabase:
    """All tables of one database of one version."""

    version: str
    """The version of what makes the tables."""
    tables: Mapping[str, Table]
    """By name, in the order of names."""
    enums: Mapping[str, tuple[str, ...]]
    """The values of each enumerated type."""


class SchemaError(GenaiError):
    """The tables cannot be read, written or compared; the message says what to do."""


def by_name(tables: list[Table]) -> dict[str, Table]:
    """The tables in the order of their names."""
    return {table.name: table for table in sorted(tables, key=lambda table: table.name)}


def split(text: str) -> tuple[str, ...]:
    """What commas separate outside of brackets: a sorting key of ClickHouse may call functions."""
    found = re.findall(r"(?:[^,()]|\((?:[^()]|\([^()]*\))*\))+", text)
    return tuple(column.strip() for column in found)
