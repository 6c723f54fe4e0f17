"""The catalogue knows every type that the program registers, and nothing of the rest of the project."""

from __future__ import annotations

import ast

import pytest

from catalogue.resource_types import FREE_PACKAGES, PACKAGE_TIMES, TYPES, package
from ops.model.engine_graph import engine_resources
from ops.project import ROOT
from tests import azure_program, databricks_program, mcp_program
from tests.program import VARIANTS, recorded

PROGRAM = {
    resource.type
    for recording in [
        *map(recorded, VARIANTS),
        *map(azure_program.recorded, azure_program.MODES),
        mcp_program.recorded(),
        *map(databricks_program.recorded, databricks_program.VARIANTS),
    ]
    for resource in engine_resources(recording.resources)
    if resource.custom and not resource.remote
}


def missing(type_token: str) -> list[str]:
    """What the catalogue does not say about a type."""
    row, its_package = TYPES.get(type_token), package(type_token)
    gaps = []
    if row is None and its_package not in FREE_PACKAGES:
        gaps.append("a row: what it costs is not known")
    if (row is None or row.times is None) and its_package not in {*PACKAGE_TIMES, "pulumi", "random", "tls"}:
        gaps.append("times, of the type or of its package")
    if its_package in ("aws", "pulumi-python") and (row is None or row.actions is None):
        gaps.append("IAM actions")
    return gaps


@pytest.mark.parametrize("type_token", sorted(PROGRAM))
def test_nothing_is_missing_for_a_type_that_the_program_registers(type_token: str) -> None:
    assert not missing(type_token)


def test_a_type_that_nobody_has_entered_is_named_with_all_it_lacks() -> None:
    assert missing("aws:sqs/queue:Queue") == ["a row: what it costs is not known", "IAM actions"]


def test_the_catalogue_imports_nothing_else_of_the_project() -> None:
    ours = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()} - {"catalogue"}
    for file in sorted((ROOT / "catalogue").glob("*.py")):
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
        assert not {name.partition(".")[0] for name in imported} & ours, file.name
