"""One rule says what kind a stack is, and every table by kind has a row for each."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from ops.commands.plan import diagram
from ops.commands.preflight.checks import CHECKS
from ops.commands.status.examine import FINDERS
from ops.inventory.clouds import CLOUDS
from ops.model.recorder import record
from ops.project import ROOT
from ops.stack.running import RUNNING
from ops.stack.settings_file import StackConfigError, read
from rehearsal.settings import ADAPTATIONS
from stacks.errors import SettingsError
from stacks.kinds import KINDS, kind_of
from stacks.provider_settings import NAMESPACES
from tests import mcp_program


@pytest.mark.parametrize(
    ("stack", "declared", "kind"),
    [
        ("aws", "", "aws"),
        ("aws-2", "", "aws"),
        ("dev", "", "aws"),
        ("dev-zoe", "", "aws"),
        ("dev", "aws", "aws"),
        ("azure", "", "azure"),
        ("azure-tokyo", "", "azure"),
        ("databricks", "", "databricks"),
        ("databricks-2", "", "databricks"),
        ("production", "aws", "aws"),
        ("gateway", "azure", "azure"),
    ],
)
def test_the_name_says_the_kind_and_the_setting_says_it_for_other_names(stack: str, declared: str, kind: str) -> None:
    assert kind_of(stack, declared).name == kind


@pytest.mark.parametrize("stack", ["azrue", "azure2", "devel", "production", "databrick", "-dev"])
def test_a_name_that_says_no_kind_is_refused(stack: str) -> None:
    with pytest.raises(SettingsError, match="does not say what kind of stack it is"):
        kind_of(stack)


@pytest.mark.parametrize("stack", ["", "Dev", "dev-Zoe", "dev.zoe", "dev-" + "a" * 83, "dev zoe"])
def test_a_name_that_a_service_cannot_carry_is_refused(stack: str) -> None:
    with pytest.raises(SettingsError, match="not every service can carry in its names"):
        kind_of(stack)


def test_the_refusal_names_the_nearest_kind_and_what_to_set() -> None:
    with pytest.raises(SettingsError, match=r"did you mean azure\?.*`genaiplatform:kind` in Pulumi.azrue.yaml"):
        kind_of("azrue")


def test_a_kind_that_does_not_exist_and_one_that_contradicts_the_name_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"kind is 'azur', which is no kind of stack: did you mean azure\?"):
        kind_of("gateway", "azur")
    with pytest.raises(SettingsError, match="kind is azure, but a stack called dev is an AWS stack: take kind out"):
        kind_of("dev", "azure")


def test_the_program_builds_nothing_for_a_stack_without_a_kind() -> None:
    with pytest.raises(SettingsError, match="azrue"):
        record(stack="azrue")


def test_the_program_builds_the_kind_that_the_setting_names() -> None:
    recording = record(stack="production", config={**mcp_program.config(), "genaiplatform:kind": "mcp"})
    assert recording.of_type("aws:bedrock/agentcoreGateway:AgentcoreGateway")


def test_a_file_with_more_dots_in_its_name_is_not_that_of_another_stack(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: genaiplatform\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {genaiplatform:size: day}\n")
    (tmp_path / "Pulumi.dev.zoe.yaml").write_text("config: {genaiplatform:size: team}\n")
    assert read(tmp_path, "dev").values["genaiplatform:size"] == "day"
    with pytest.raises(StackConfigError, match=r"one of: dev, dev\.zoe"):
        read(tmp_path, "zoe")


TABLES: Mapping[str, Mapping[str, object]] = {
    "checks of preflight": CHECKS,
    "clouds": CLOUDS,
    "finders of status": FINDERS,
    "pages of the plan": diagram.PAGES,
    "provider settings": NAMESPACES,
    "rehearsal": ADAPTATIONS,
    "running stacks": RUNNING,
}


@pytest.mark.parametrize("name", TABLES)
def test_every_table_by_kind_has_a_row_for_each(name: str) -> None:
    assert set(TABLES[name]) == set(KINDS)


def test_no_other_code_asks_what_kind_a_stack_is() -> None:
    """`kind.name` may be the key of a table; compared with a word it is a decision that a new kind would miss."""
    found = []
    for package in ("bench", "ops", "rehearsal", "stacks"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Compare):
                    continue
                sides = [node.left, *node.comparators]
                if any(isinstance(side, ast.Constant) and side.value in KINDS for side in sides):
                    found.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert found == []


@pytest.mark.parametrize("page", ["docs/operations.md", "docs/ja/operations.md"])
def test_the_page_about_names_of_stacks_has_every_kind(page: str) -> None:
    (start,) = (
        one
        for one in (ROOT / page).read_text(encoding="utf-8").split("\n\n")
        if "pulumi config set -s prod kind aws" in one
    )
    words = {word for kind in KINDS.values() for word in (kind.name, *kind.aliases)}
    assert not [word for word in words if f"`{word}`" not in start]
