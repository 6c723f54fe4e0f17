"""Overview page of docs/database: what lives where, of which version, and under which licence."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

from catalogue import pins
from ops.schema.hints import Question
from ops.schema.stores import NOTICE, STORES
from ops.schema.tables import DescribedDatabase

_PAGE = """\
# The databases

{notice}

Written on {today}. `genai schema` writes these pages from the running pods, `genai schema --check` says whether they
are still true, `genai schema --diff` what an upgrade changes: [operations.md](../operations.md#the-databases).

## Questions

{questions}

Each has one diagram and one SQL. [operations.md](../operations.md#the-databases) says how to run it.

## What lives where

| store | holds | tables | version |
|---|---|---|---|
{stores}
| S3, the bucket `langfuseBucket` | events as they arrived, media, exports | none | |
| Valkey | queues of Langfuse, caches of both | none | |

All of it is [gone in the evening](../operations.md#what-a-destroy-takes-with-it).

- Solid lines in the diagrams are foreign keys. Dotted lines are joins that no foreign key guards: a value may be
  missing on the other side. Between two stores there are only dotted ones.
- PK is the primary key (of ClickHouse the sorting key, which is not unique), FK a foreign key, UK a unique column.
{pinned}
## Licence

Tables and columns are derived from:

{licences}
"""
_OTHER_VERSION = """
The program runs Langfuse {pinned}. These pages are those of {version}, the newest whose source could be read without an
account. On a running stack `genai schema --check` says what differs, and `genai schema` writes the pages of what runs.
"""


def overview(databases: Mapping[str, DescribedDatabase], questions: Sequence[Question], today: datetime.date) -> str:
    """The text of README.md, for the databases that are there."""
    stores = {name: store for name, store in STORES.items() if name in databases}
    made = {name: f"{store.made_by} {databases[name].version}" for name, store in stores.items()}
    pinned, langfuse = pins.LANGFUSE_IMAGE.version, databases.get("langfuse")
    return _PAGE.format(
        notice=NOTICE,
        today=today,
        questions="\n".join(f"- [{question.title}]({question.page}.md)" for question in questions),
        stores="\n".join(
            f"| {store.where} | {store.holds} | [{len(databases[name].tables)}]({name}.md) | {made[name]} |"
            for name, store in stores.items()
        ),
        pinned=_OTHER_VERSION.format(pinned=pinned, version=langfuse.version)
        if langfuse and langfuse.version != pinned
        else "",
        licences="\n".join(dict.fromkeys(f"- {made[name]}: {store.licence}" for name, store in stores.items())),
    )
