"""The comparison of the gateways: no empty cell, each with what shows it, and the same in both languages."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from ops.model.cost import HOURS_PER_DAY
from ops.project import ROOT
from ops.stack.plan import make_plan
from ops.stack.settings_file import read

PAGES = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("comparison.md", "ja/comparison.md")}
BUILT, DOCUMENTED = (1, 2), 3
"""Columns."""


def tables(text: str) -> Sequence[Sequence[Sequence[str]]]:
    """The tables of a page with their rows and cells, without the lines below the headings."""
    found = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    return [[[cell.strip() for cell in line[1:-1].split("|")] for line in table.splitlines()] for table in found]


def rows(name: str) -> Sequence[Sequence[str]]:
    return tables(PAGES[name])[0][2:]


def shown_by(cell: str) -> Sequence[tuple[str, str]]:
    """The files that a cell names, and the addresses that it links."""
    return [(found[1] or "", found[2] or "") for found in re.finditer(r"`([a-z]+/[\w./-]+)`|\]\((https:[^)]+)\)", cell)]


@pytest.mark.parametrize("name", PAGES)
def test_no_cell_is_empty(name: str) -> None:
    for table in tables(PAGES[name]):
        assert len({len(row) for row in table}) == 1
        for row in (table[0][1:], *table[2:]):
            assert all(row)


@pytest.mark.parametrize("name", PAGES)
def test_every_cell_of_what_was_built_names_a_file_that_exists(name: str) -> None:
    for row in rows(name):
        for column in BUILT:
            files = [file for file, _ in shown_by(row[column]) if file]
            assert files, row[column]
            assert [file for file in files if not (ROOT / file).is_file()] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_cell_of_what_is_only_documented_names_the_page(name: str) -> None:
    for row in rows(name):
        pages = [page for _, page in shown_by(row[DOCUMENTED]) if page]
        assert pages, row[DOCUMENTED]
        assert all(page.startswith("https://learn.microsoft.com/azure/databricks/") for page in pages)


def test_both_languages_have_the_same_rows_with_the_same_proofs() -> None:
    english, japanese = (
        [[shown_by(cell) for cell in row[1:]] for table in tables(PAGES[name]) for row in table] for name in PAGES
    )
    assert english == japanese


@pytest.mark.parametrize("name", PAGES)
def test_the_price_of_a_day_is_that_of_the_plan(name: str) -> None:
    (prices,) = (row for row in rows(name) if "catalogue/azure_prices.py" in row[2])
    for column, stack in zip(BUILT, ("dev", "azure"), strict=True):
        usd = make_plan(read(ROOT, stack)).cost.usd_per_day
        assert f"{usd:.2f} USD" in prices[column]
        assert str(HOURS_PER_DAY) in prices[column]
