"""docs/database: written by the code as it is, legible, and whole."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies

from ops.project import ROOT
from ops.schema import page_reader, pages
from ops.schema.diagrams import diagram, short
from ops.schema.differences import differences
from ops.schema.hints import OTHER, hints
from ops.schema.tables import Column, DescribedDatabase, Reference, SchemaError, Table
from tests.ops.schema import given

DATABASES = given.documented()


def test_every_page_is_what_the_code_writes() -> None:
    (day,) = re.findall(r"^Written on (\S+)\.", (given.PAGES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    written = pages.render(DATABASES, hints(), datetime.date.fromisoformat(day))
    assert {page.name: page.read_text(encoding="utf-8") for page in given.PAGES.iterdir()} == written


def test_the_pages_of_litellm_are_of_the_version_in_the_lock() -> None:
    lock = (ROOT / "requirements-litellm.txt").read_text(encoding="utf-8")
    assert f"litellm-proxy-extras=={DATABASES['litellm'].version} " in lock


def test_every_table_has_a_group_and_every_hint_a_table() -> None:
    ungrouped = [f"{name}.{table}" for name, one in DATABASES.items() for table in one.tables]
    assert [path for path in ungrouped if hints().group(*path.split(".")) == OTHER] == []
    used = {(name, hints().group(name, table)) for name, one in DATABASES.items() for table in one.tables}
    assert used == {(name, title) for name, groups in hints().groups.items() for title in groups}
    assert hints().problems(DATABASES) == []


@pytest.mark.parametrize("page", given.QUESTIONS)
def test_no_diagram_is_too_large_to_read(page: str) -> None:
    (drawn,) = re.findall(r"```mermaid\n(.*?)```", (given.PAGES / f"{page}.md").read_text(encoding="utf-8"), re.DOTALL)
    assert 2 <= drawn.count("{\n") <= 9
    assert len(drawn) <= 5000
    assert drawn.count(" : ") >= drawn.count("{\n") - 1, "a table is joined to nothing"


@pytest.mark.parametrize(
    ("type_", "word"),
    [
        ("timestamp(3) without time zone", "timestamp"),
        ("double precision", "double_precision"),
        ("character varying(3)[]", "character_varying[]"),
        ("text[]", "text[]"),
        ("numeric(65,30)", "numeric"),
        ("Map(LowCardinality(String), Decimal(18, 12))", "Map"),
        ("LowCardinality(Nullable(String))", "String"),
        ("Nullable(DateTime64(6))", "DateTime64"),
    ],
)
def test_a_type_is_one_word_in_a_diagram(type_: str, word: str) -> None:
    assert short(type_) == word


_TEXT = strategies.text(
    strategies.characters(codec="utf-8", exclude_categories=["C", "Z"]) | strategies.sampled_from(" |\\_*`<[]~-"),
    max_size=20,
).map(str.strip)
_NAMES = strategies.lists(
    strategies.from_regex(r"[A-Za-z_]\w{0,9}", fullmatch=True), min_size=1, max_size=3, unique=True
)


@hypothesis_given(default=_TEXT, type_=_TEXT.filter(bool), name=_TEXT.filter(bool), key=_NAMES, values=_NAMES)
def test_a_page_tells_all_that_was_written_into_it(
    tmp_path_factory: pytest.TempPathFactory, default: str, type_: str, name: str, key: list[str], values: list[str]
) -> None:
    columns = (Column(name=name, type=type_, null=True, default=default), Column(name="b", type="Int8", null=False))
    reference = Reference(columns=("a", "b"), table="other", targets=tuple(key), on_delete="SET NULL")
    table = Table(
        name="one",
        columns=columns,
        primary_key=("f(a, g(b))", *key),
        unique=(("a",), ("a", "b")),
        references=(reference,),
    )
    database = DescribedDatabase(version="1.2", tables={"one": table}, enums={"E": tuple(values)})
    folder = tmp_path_factory.mktemp("pages")
    pages.write(folder, pages.render({"langfuse": database}, hints(), datetime.date(2026, 11, 29)))
    assert page_reader.read(folder) == {"langfuse": database}


def test_hints_that_a_version_does_not_have_are_left_out_and_told() -> None:
    core = DATABASES["clickhouse"].tables["events_core"]
    without = replace(core, columns=tuple(column for column in core.columns if column.name != "session_id"))
    tables = {"events_core": without, "scores": DATABASES["clickhouse"].tables["scores"]}
    databases = {**DATABASES, "clickhouse": replace(DATABASES["clickhouse"], version="9", tables=tables)}
    drawn = diagram(given.QUESTIONS["find-a-trace-by-session"], hints(), databases)
    assert "events_full" not in drawn
    assert drawn.count("session_id") == 2  # LiteLLM's column and its join
    problems = hints().problems(databases)
    assert "clickhouse.events_core.session_id is named in ops/schema/hints.yaml, and version 9 does not have it" in str(
        problems
    )
    assert all("clickhouse." in problem for problem in problems)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Version: ", "version ", "has no line `Version: ...`"),
        ("| token | text | | |", "| token | text |", "table LiteLLM_VerificationToken: `token | text` is no column"),
        ("- Foreign key: budget_id → ", "- Foreign key: budget_id ", "is no foreign key"),
    ],
)
def test_a_page_that_was_changed_by_hand_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    text = (given.PAGES / "litellm.md").read_text(encoding="utf-8")
    assert old in text
    key = text.index("### LiteLLM_VerificationToken") if "Version" not in old else 0
    (tmp_path / "litellm.md").write_text(text[:key] + text[key:].replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SchemaError, match=re.escape(message)):
        page_reader.read(tmp_path)


def test_an_upgrade_shows_what_it_changes() -> None:
    column = Column(name="a", type="text", null=False)
    table = Table(
        name="t", columns=(column, Column(name="gone", type="text", null=True)), unique=(("a",),), engine="Log"
    )
    old = DescribedDatabase(version="1", tables={"t": table, "u": table}, enums={"E": ("A", "B")})
    changed = replace(
        table,
        columns=(replace(column, null=True, default="x"), Column(name="new", type="int", null=False)),
        engine="Memory",
    )
    new = DescribedDatabase(version="2", tables={"t": replace(changed, unique=()), "v": table}, enums={"E": ("B", "C")})
    assert differences(old, old) == []
    assert differences(old, new) == [
        "~ t.a: text NOT NULL -> text NULL default x",
        "- t.gone",
        "+ t.new int NOT NULL",
        "~ t: engine Log -> Memory",
        "- t: unique a",
        "- table u",
        "+ table v (2 columns)",
        "- type E: value A",
        "+ type E: value C",
    ]
