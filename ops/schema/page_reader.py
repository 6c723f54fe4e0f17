"""Reads the tables back from the pages of docs/database, so that nothing but the pages has to be kept."""

from __future__ import annotations

import re
from pathlib import Path

from ops.schema.stores import STORES
from ops.schema.tables import Column, DescribedDatabase, Reference, SchemaError, Table, by_name, split

_REFERENCE = re.compile(r"(.+) → (\S+) \((.+)\), ON DELETE (.+)")


def read(folder: Path) -> dict[str, DescribedDatabase]:
    """The databases whose pages are in the folder, by name. SchemaError for a page that was changed by hand."""
    pages = {name: folder / f"{name}.md" for name in STORES}
    return {name: _database(page) for name, page in pages.items() if page.is_file()}


def _database(page: Path) -> DescribedDatabase:
    text = page.read_text(encoding="utf-8", errors="replace")
    version = re.search(r"^Version: (.+)$", text, re.MULTILINE)
    if version is None:
        raise SchemaError(f"{page} has no line `Version: ...`: write it anew with `genai schema`.")
    tables_text, _, enums_text = text.partition("\n## Enumerated types\n")
    sections = re.split(r"^### ", tables_text, flags=re.MULTILINE)[1:]
    tables = [_table(page, *section.partition("\n")[::2]) for section in sections]
    enums = {}
    for row in _rows(enums_text):
        if len(row) != 2:
            raise SchemaError(
                f"{page}: `{' | '.join(row)}` is no enumerated type: write the page anew with `genai schema`."
            )
        enums[row[0]] = tuple(row[1].split(", "))
    return DescribedDatabase(version=version[1], tables=by_name(tables), enums=enums)


def _table(page: Path, name: str, text: str) -> Table:
    def listed(*words: str) -> list[str]:
        return re.findall(rf"^- (?:{'|'.join(words)}): (.+)$", text, re.MULTILINE)

    references = []
    for line in listed("Foreign key"):
        if (found := _REFERENCE.fullmatch(line)) is None:
            raise SchemaError(f"{page}, table {name}: `{line}` is no foreign key: write it anew with `genai schema`.")
        columns, table, targets, on_delete = found.groups()
        references.append(Reference(columns=split(columns), table=table, targets=split(targets), on_delete=on_delete))
    rows = _rows(text)
    if wrong := next((row for row in rows if len(row) != 4), None):
        raise SchemaError(
            f"{page}, table {name}: `{' | '.join(wrong)}` is no column: write the page anew with `genai schema`."
        )
    if not rows:
        raise SchemaError(f"{page}, table {name} has no columns: write the page anew with `genai schema`.")
    return Table(
        name=name,
        columns=tuple(
            Column(name=column, type=type_, null=null == "yes", default=default)
            for column, type_, null, default in rows
        ),
        primary_key=next((split(key) for key in listed("Primary key", "Sorting key")), ()),
        unique=tuple(split(columns) for columns in listed("Unique")),
        references=tuple(references),
        engine=next(iter(listed("Engine")), ""),
    )


def _rows(text: str) -> list[list[str]]:
    """The cells of a Markdown table, below its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [
        [re.sub(r"\\(.)", r"\1", cell.strip()) for cell in re.split(r"(?<!\\)(?:\\\\)*\|", line.strip())[1:-1]]
        for line in lines
    ]
