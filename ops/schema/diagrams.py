"""Entity-relationship diagrams in Mermaid, small enough to be read on a page.

GitHub shows a page about 980 pixels wide. Nine tables with their keys are legible there, whole schemas are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ops.schema.hints import Hints, Question
from ops.schema.stores import STORES
from ops.schema.tables import Column, DescribedDatabase, Table


def diagram(question: Question, hints: Hints, databases: Mapping[str, DescribedDatabase]) -> str:
    """The tables of a question that exist, their keys, and how they are joined."""
    tables = {
        f"{name}.{table}": databases[name].tables[table]
        for name, table in (path.split(".") for path in question.tables)
        if table in databases[name].tables
    }
    joins = list(_joins(tables, hints))
    lines = ["erDiagram"]
    if len(tables) > 6:  # from top to bottom it would be too wide
        lines.append("    direction LR")
    stores = {name.partition(".")[0] for name in tables}
    for name, table in tables.items():
        label = f"{table.name} ({STORES[name.partition('.')[0]].name})" if len(stores) > 1 else table.name
        shown = {*question.tables[name], *table.primary_key}
        shown |= {column for joined, columns, _ in joins for column in columns if joined == name}
        lines.append(f'    {_id(name)}["{label}"] {{')
        lines += [f"        {_attribute(table, column)}" for column in table.columns if column.name in shown]
        lines.append("    }")
    lines += dict.fromkeys(line for _, _, line in joins if line)
    return "\n".join(lines)


def _joins(tables: Mapping[str, Table], hints: Hints) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Each end of each join: its table, its columns, and for one of the ends the line of the diagram."""
    for name, table in tables.items():
        database = name.partition(".")[0]
        nullable = {column.name for column in table.columns if column.null}
        for reference in table.references:
            target = f"{database}.{reference.table}"
            if target in tables:
                needed = nullable.isdisjoint(reference.columns)
                once = reference.columns in (table.primary_key, *table.unique)
                line = f"{_id(target)} {'||' if needed else '|o'}--{'o|' if once else 'o{'} {_id(name)}"
                yield name, reference.columns, f'    {line} : "{", ".join(reference.columns)}"'
                yield target, reference.targets, ""
    for join in hints.joins:
        (name, column), (target, aim) = (end.rsplit(".", 1) for end in (join.column, join.refers_to))
        if name in tables and target in tables:
            own, referred = (
                next((column for column in tables[table].columns if column.name == wanted), None)
                for table, wanted in ((name, column), (target, aim))
            )
            if own and referred:
                unique = (aim,) in (tables[target].primary_key, *tables[target].unique)
                once = unique and not own.type.endswith("[]")
                yield name, (column,), f'    {_id(target)} {"|o" if once else "}o"}..o{{ {_id(name)} : "{column}"'
                yield target, (aim,), ""


def _id(name: str) -> str:
    return name.replace(".", "_")


def _attribute(table: Table, column: Column) -> str:
    marks = []
    if column.name in table.primary_key:
        marks.append("PK")
    if any(column.name in reference.columns for reference in table.references):
        marks.append("FK")
    if (column.name,) in table.unique and "PK" not in marks:
        marks.append("UK")
    return f"{short(column.type)} {column.name} {', '.join(marks)}".rstrip()


def short(type_: str) -> str:
    """A type as one word, without its size: Mermaid takes no more."""
    bare = type_
    while wrapped := re.fullmatch(r"(?:Nullable|LowCardinality)\((.*)\)", bare):
        bare = wrapped[1]
    word = re.split(r"\(| with", bare)[0].replace(" ", "_")
    return word + "[]" * bare.endswith("[]") * (not word.endswith("[]"))
