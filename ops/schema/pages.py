"""The pages of docs/database: the overview, one page a question, one page a database with every table."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ops.schema.diagrams import diagram
from ops.schema.hints import OTHER, Hints, Question
from ops.schema.overview import overview
from ops.schema.stores import NOTICE, STORES
from ops.schema.tables import DescribedDatabase, SchemaError, Table


def render(databases: Mapping[str, DescribedDatabase], hints: Hints, today: datetime.date) -> dict[str, str]:
    """The text of every page by its name. A question has a page when all databases that it asks about are there."""
    questions = [
        question for question in hints.questions if {name.partition(".")[0] for name in question.tables} <= {*databases}
    ]
    pages = {"README.md": overview(databases, questions, today)}
    pages |= {f"{question.page}.md": "\n".join(_question(question, hints, databases)) for question in questions}
    pages |= {f"{name}.md": "\n".join(_database(name, database, hints)) for name, database in databases.items()}
    return {name: f"{text.rstrip()}\n" for name, text in pages.items()}


def write(folder: Path, pages: Mapping[str, str]) -> None:
    """Write the pages, which makes the folder. SchemaError when that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise SchemaError(f"{folder} cannot be written ({error.strerror}): name another folder with --to.") from error


def _question(question: Question, hints: Hints, databases: Mapping[str, DescribedDatabase]) -> Iterator[str]:
    versions = {name: databases[name].version for name in databases if any(t.startswith(name) for t in question.tables)}
    made = dict.fromkeys(f"{STORES[name].made_by} {version}" for name, version in versions.items())
    yield from (
        f"# {question.title}",
        "",
        NOTICE,
        "",
        question.answer.strip(),
        "",
        "```mermaid",
        diagram(question, hints, databases),
        "```",
        "",
        f"In {STORES[question.database].where}:",
        "",
        "```sql",
        question.sql.strip(),
        "```",
        "",
        *([question.after.strip(), ""] if question.after else []),
        "Every column: "
        + ", ".join(
            f"[{table}]({name}.md#{table.lower()})"
            for name, table in (path.split(".") for path in question.tables)
            if table in databases[name].tables
        )
        + ".",
        "",
        f"Derived from {' and '.join(made)}; [licences](README.md#licence). [All questions](README.md#questions)",
    )


def _database(name: str, database: DescribedDatabase, hints: Hints) -> Iterator[str]:
    store = STORES[name]
    groups: dict[str, list[Table]] = {title: [] for title in [*hints.groups[name], OTHER]}
    for table in database.tables.values():
        groups[hints.group(name, table.name)].append(table)
    columns = sum(len(table.columns) for table in database.tables.values())
    references = sum(len(table.references) for table in database.tables.values())
    yield from (
        f"# Tables of {store.title}",
        "",
        NOTICE,
        "",
        f"Version: {database.version}",
        "",
        f"{len(database.tables)} tables, {columns} columns, {references} foreign keys, in {store.where}.",
        f"Made by {store.made_by}: {store.licence.rstrip('.')}. [Questions and overview](README.md)",
        "",
        "| group | tables |",
        "|---|---|",
    )
    filled = {title: tables for title, tables in groups.items() if tables}
    for title, tables in filled.items():
        yield f"| {title} | {', '.join(f'[{table.name}](#{table.name.lower()})' for table in tables)} |"
    for title, tables in filled.items():
        yield from ("", f"## {title}")
        for table in tables:
            yield from _table(name, table, hints)
    if database.enums:
        yield from ("", "## Enumerated types", "", "| type | values |", "|---|---|")
        yield from (f"| {cell(enum)} | {cell(', '.join(values))} |" for enum, values in database.enums.items())


def _table(database: str, table: Table, hints: Hints) -> Iterator[str]:
    yield from ("", f"### {table.name}", "")
    if table.engine:
        yield f"- Engine: {table.engine}"
    if table.primary_key:
        word = "Sorting key" if table.engine else "Primary key"
        yield f"- {word}: {', '.join(table.primary_key)}"
    yield from (f"- Unique: {', '.join(columns)}" for columns in table.unique)
    for reference in table.references:
        to = f"{reference.table} ({', '.join(reference.targets)})"
        yield f"- Foreign key: {', '.join(reference.columns)} → {to}, ON DELETE {reference.on_delete}"
    for join in hints.joins:
        if join.column.startswith(f"{database}.{table.name}."):
            _, target, aim = join.refers_to.split(".")
            yield f"- Without a foreign key: {join.column.rsplit('.', 1)[1]} → {target} ({aim})"
    yield from ("", "| column | type | null | default |", "|---|---|---|---|")
    for column in table.columns:
        cells = (cell(column.name), cell(column.type), "yes" if column.null else "", cell(column.default))
        yield "|" + "".join(f" {text} |" if text else " |" for text in cells)


def cell(text: str) -> str:
    """The text as Markdown that shows it as it is, in a table too."""
    return re.sub(r"([\\|*`<\[\]~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))", r"\\\1", text)
