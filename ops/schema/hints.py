"""hints.yaml as pydantic models: groups of tables, joins without a foreign key, and questions with their SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from ops.schema.tables import DescribedDatabase

OTHER = "Other tables"
"""The group of what no hint names."""


class _Hint(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Join(_Hint):
    """Columns that hold the same values although no foreign key says so."""

    column: str
    """`database.table.column` that refers to something. It may hold a list."""
    refers_to: str
    """`database.table.column` where the same values are."""


class Question(_Hint):
    """A page: a question, the tables that answer it, and the SQL."""

    page: str
    """The name of its file, without `.md`."""
    title: str
    answer: str
    database: str
    """Which database runs the SQL."""
    tables: dict[str, list[str]]
    """By `database.table`, the columns that the diagram shows beside keys and joins; nine tables at most."""
    sql: str
    after: str = ""
    """What is to be read below the SQL."""


class Hints(_Hint):
    """The whole file."""

    groups: dict[str, dict[str, list[str]]]
    """By database and title: patterns of table names. The first that fits counts."""
    joins: list[Join]
    questions: list[Question]

    def group(self, database: str, table: str) -> str:
        """The title of the table's group."""
        for title, patterns in self.groups[database].items():
            if any(fnmatchcase(table, pattern) for pattern in patterns):
                return title
        return OTHER

    def problems(self, databases: Mapping[str, DescribedDatabase]) -> list[str]:
        """Each table and column that a question or a join names and that these databases do not have."""
        return sorted(set(self._problems(databases)))

    def _problems(self, databases: Mapping[str, DescribedDatabase]) -> Iterator[str]:
        named = [end for join in self.joins for end in (join.column, join.refers_to)]
        for question in self.questions:
            for table, columns in question.tables.items():
                named += [f"{table}.{column}" for column in columns] or [table]
        for path in named:
            name, table, *column = path.split(".")
            if name not in databases:
                continue
            found = databases[name].tables.get(table)
            if found is None or not {*column} <= {own.name for own in found.columns}:
                yield (
                    f"{path} is named in ops/schema/hints.yaml, and version {databases[name].version} does not have "
                    "it: the pages say nothing of it."
                )


@cache
def hints() -> Hints:
    """The hints of this project."""
    text = Path(__file__).with_name("hints.yaml").read_text(encoding="utf-8")
    return Hints.model_validate(yaml.safe_load(text))
