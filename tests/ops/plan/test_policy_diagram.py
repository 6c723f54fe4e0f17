"""The sequence diagrams in docs/azure.md are those of the policies, step by step."""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from ops.plan import diagram, policy_diagram
from ops.plan.plan import make_plan
from ops.plan.policy_diagram import answers_table, mermaid
from ops.plan.stack_config import read
from ops.recorder import ROOT
from policies.apim import Mode, load

INNER_WORKINGS = {
    *("id", "mode", "ignore-error", "interval", "first-fast-retry", "source", "severity", "resource"),
    *("output-token-variable-name", "retry-after-variable-name", "exists-action"),
}
"""Attributes that say how a step works, not what it does with the request."""

every_mode = pytest.mark.parametrize("mode", get_args(Mode))


def policy(mode: Mode) -> ET.Element:
    return ET.fromstring(load(mode))


def steps(root: ET.Element) -> Iterator[tuple[ET.Element, ET.Element]]:
    """Each element with its parent; a refusal is one step, its inside is what the table of answers shows."""
    for element in root:
        yield root, element
        if element.find("when/set-variable[@name='answer']") is None:
            yield from steps(element)


def test_the_page_shows_the_policies_as_they_are() -> None:
    assert policy_diagram.FILE.read_text("utf-8") == policy_diagram.page(), (
        "stale: run `genai plan --stack azure --write-docs`"
    )


@every_mode
def test_no_step_can_go_without_a_change_of_the_diagram(mode: Mode) -> None:
    root = policy(mode)
    before = mermaid(root, mode)
    seen = 0
    for section in list(root):
        for parent, step in [*steps(section)]:
            if step.tag == "base":  # where a policy for all APIs would run, and there is none
                continue
            position = list(parent).index(step)
            parent.remove(step)
            assert _drawn(root, mode) != before, ET.tostring(step, encoding="unicode")
            parent.insert(position, step)
            seen += 1
    assert seen > 35
    assert mermaid(root, mode) == before


@every_mode
def test_no_setting_of_a_step_can_change_without_a_change_of_the_diagram(mode: Mode) -> None:
    root = policy(mode)
    before = mermaid(root, mode)
    for section in root:
        for _, step in steps(section):
            for name, value in step.attrib.items():
                if name not in INNER_WORKINGS and not value.startswith("@"):
                    step.set(name, f"{value}1")
                    assert _drawn(root, mode) != before, f"{step.tag} {name}"
                    step.set(name, value)


def _drawn(root: ET.Element, mode: Mode) -> str:
    try:
        return mermaid(root, mode)
    except ValueError:
        return "not drawn at all"


@every_mode
@pytest.mark.parametrize(
    ("old", "new"),
    [('"role_missing"', '""'), ("client:", "tenant:"), ("azp", "sub"), ("{16,128}", "{1,128}"), ("refused", "denied")],
)
def test_the_diagram_follows_the_expressions(mode: Mode, old: str, new: str) -> None:
    assert mermaid(ET.fromstring(load(mode).replace(old, new)), mode) != mermaid(policy(mode), mode)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("403 permission_error No", "401 permission_error No"),
        ("did not answer in time", "is slow"),
        ("Retry-After", "X"),
    ],
)
def test_the_table_follows_the_answers(old: str, new: str) -> None:
    changed = ET.fromstring(load("keyVault").replace(old, new))
    assert answers_table([changed]) != answers_table([policy("keyVault")])


def test_an_element_that_cannot_be_drawn_is_refused() -> None:
    root = copy.deepcopy(policy("header"))
    ET.SubElement(root[0], "ip-filter")
    with pytest.raises(ValueError, match="<ip-filter> is new in a policy"):
        mermaid(root, "header")


@every_mode
def test_nothing_in_a_line_means_something_else_to_mermaid(mode: Mode) -> None:
    """A semicolon ends a statement, a number sign begins an entity (mermaid.js.org, sequence diagrams)."""
    text = mermaid(policy(mode), mode)
    assert not set(text) & set(";#")
    assert max(len(part) for line in text.splitlines() for part in line.split("<br/>")) < 110


def test_a_page_without_a_place_for_a_diagram_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_diagram, "FILE", tmp_path / "azure.md")
    policy_diagram.FILE.write_text("# Empty\n")
    with pytest.raises(ValueError, match=r"azure\.md has no place for sequence header"):
        policy_diagram.page()


def test_each_stack_draws_its_own_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = policy_diagram.FILE.read_text("utf-8").replace("300 calls", "3 calls")
    monkeypatch.setattr(policy_diagram, "FILE", tmp_path / "azure.md")
    monkeypatch.setattr(diagram, "FILE", tmp_path / "architecture.md")
    policy_diagram.FILE.write_text(stale, encoding="utf-8")
    diagram.write(make_plan(read(ROOT, "azure")))
    assert policy_diagram.FILE.read_text("utf-8") == (ROOT / "docs" / "azure.md").read_text("utf-8")
    assert not diagram.FILE.exists()
    diagram.write(make_plan(read(ROOT, "dev")))
    assert diagram.FILE.read_text("utf-8").startswith("# Architecture")
