"""The databases that have pages: what they are called there, what they hold, and whose tables they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NOTICE = "<!-- Written by `genai schema`: change ops/schema, not this page. -->"


@dataclass(frozen=True, kw_only=True)
class Store:
    """One database."""

    name: str
    """In diagrams that show more than one store."""
    title: str
    where: str
    holds: str
    made_by: str
    """What brings the tables, and has the version."""
    licence: str


_LANGFUSE = "MIT License, Copyright (c) 2023-2026 ClickHouse, Inc."
STORES: Mapping[str, Store] = {
    "litellm": Store(
        name="LiteLLM",
        title="LiteLLM",
        where="Aurora PostgreSQL, database litellm",
        holds="keys, users, teams, budgets, models and spend of LiteLLM",
        made_by="litellm-proxy-extras",
        licence="MIT License, Copyright (c) 2023 Berri AI",
    ),
    "langfuse": Store(
        name="Langfuse",
        title="Langfuse in PostgreSQL",
        where="Aurora PostgreSQL, database langfuse",
        holds="users, organizations, projects, API keys, prompts, datasets and settings of Langfuse",
        made_by="Langfuse",
        licence=_LANGFUSE,
    ),
    "clickhouse": Store(
        name="ClickHouse",
        title="Langfuse in ClickHouse",
        where="ClickHouse, on the bucket `clickhouseBucket`",
        holds="traces of Langfuse, one row a span, and scores",
        made_by="Langfuse",
        licence=_LANGFUSE,
    ),
}
"""By the name that a database has in the hints, which is that of its page too."""
