"""Differences between the tables of two versions, or between documents and a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ops.schema.tables import Column, DescribedDatabase, Reference, Table


def differences(old: DescribedDatabase, new: DescribedDatabase) -> list[str]:
    """One line for each: `+` is in the new one only, `-` in the old one only, `~` is in both and differs."""
    return list(_databases(old, new))


def _databases(old: DescribedDatabase, new: DescribedDatabase) -> Iterator[str]:
    for name in sorted({*old.tables, *new.tables}):
        if name not in new.tables:
            yield f"- table {name}"
        elif name not in old.tables:
            yield f"+ table {name} ({len(new.tables[name].columns)} columns)"
        else:
            yield from (f"{line[0]} {name}{line[1:]}" for line in _tables(old.tables[name], new.tables[name]))
    for name in sorted({*old.enums, *new.enums}):
        before, after = old.enums.get(name, ()), new.enums.get(name, ())
        yield from _lists(f" type {name}: value", before, after)


def _tables(old: Table, new: Table) -> Iterator[str]:
    before, after = ({column.name: column for column in table.columns} for table in (old, new))
    for name in sorted({*before, *after}):
        if name not in after:
            yield f"-.{name}"
        elif name not in before:
            yield f"+.{name} {_column(after[name])}"
        elif before[name] != after[name]:
            yield f"~.{name}: {_column(before[name])} -> {_column(after[name])}"
    if old.primary_key != new.primary_key:
        yield f"~: key ({', '.join(old.primary_key)}) -> ({', '.join(new.primary_key)})"
    if old.engine != new.engine:
        yield f"~: engine {old.engine} -> {new.engine}"
    yield from _lists(": unique", map(", ".join, old.unique), map(", ".join, new.unique))
    yield from _lists(": foreign key", map(_reference, old.references), map(_reference, new.references))


def _lists(what: str, before: Iterable[str], after: Iterable[str]) -> Iterator[str]:
    old, new = set(before), set(after)
    yield from (f"-{what} {item}" for item in sorted(old - new))
    yield from (f"+{what} {item}" for item in sorted(new - old))


def _column(column: Column) -> str:
    return " ".join(
        [column.type, "NULL" if column.null else "NOT NULL", *([f"default {column.default}"] if column.default else [])]
    )


def _reference(reference: Reference) -> str:
    return f"{_names(reference.columns)} -> {reference.table} {_names(reference.targets)} {reference.on_delete}"


def _names(names: Sequence[str]) -> str:
    return f"({', '.join(names)})"
