"""An error of ours is a sentence and an exit code; any other is a defect."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from ops.cli import app as genai
from ops.project import ROOT
from ops.typer_command import GenaiCommand
from stacks.errors import GenaiError


class OverLimitError(GenaiError):
    """One that ends with another code."""

    exit_code = 3


@pytest.mark.parametrize(("error", "code"), [(GenaiError("set a"), 2), (OverLimitError("set b"), 3)])
def test_an_error_of_ours_is_shown_on_standard_error_and_ends_with_its_code(error: GenaiError, code: int) -> None:
    def command() -> None:
        raise error

    app = typer.Typer()
    app.command(cls=GenaiCommand)(command)
    result = CliRunner().invoke(app)
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", f"{error}\n")


def test_a_defect_keeps_its_traceback() -> None:
    def command() -> None:
        raise ZeroDivisionError

    app = typer.Typer()
    app.command(cls=GenaiCommand)(command)
    assert isinstance(CliRunner().invoke(app).exception, ZeroDivisionError)


def test_every_command_of_genai_ends_so() -> None:
    group = typer.main.get_command(genai)
    assert isinstance(group, TyperGroup)
    assert set(_types(group)) == {GenaiCommand}


def _types(group: TyperGroup) -> Iterator[type]:
    for command in group.commands.values():
        if isinstance(command, TyperGroup):
            yield from _types(command)
        else:
            yield type(command)


def test_no_command_catches_an_error_only_to_show_it() -> None:
    """A sentence is for `GenaiError`, which `GenaiCommand` shows."""
    found = []
    for file in [*(ROOT / "ops" / "commands").rglob("*.py"), ROOT / "rehearsal" / "command.py"]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ExceptHandler):
                continue
            handler = ast.unparse(node)
            if "raise typer.Exit" in handler and "KeyboardInterrupt" not in handler:
                found.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert found == []
