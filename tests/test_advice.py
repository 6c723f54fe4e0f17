"""Commands that messages tell to run name the stack, so that they can be pasted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.project import ROOT
from tests.command_lines import commands

FOLDERS = ("apps/chat", "components", "ops", "rehearsal", "stacks")
FILES = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py") if "inventory" not in file.parts)

OF_A_STACK = "|".join(
    [
        *(
            "pulumi up",
            "pulumi destroy",
            "pulumi refresh",
            "pulumi cancel",
            "pulumi stack output",
            "pulumi stack export",
        ),
        *("pulumi config set", "pulumi config rm", "pulumi config get"),
        *(f"genai {name}" for name, options in commands().items() if "--stack" in options and name != "init"),
    ]
)
COMMAND = re.compile(rf"(?<!same )`(?:[A-Z_]+=\S+ )?(?:{OF_A_STACK})\b[^`]*`")

NAMES = {
    "components/azure/usage.py": {"`genai usage`"},
    "ops/commands/plan/report.py": {"`pulumi up`", "`pulumi destroy`"},
    "ops/commands/env/private_file.py": {"`genai env`"},
    "ops/commands/langfuse/content.py": {"`genai langfuse export`"},
    "ops/schema/overview.py": {"`genai schema`", "`genai schema --check`", "`genai schema --diff`"},
    "ops/schema/stores.py": {"`genai schema`"},
    "ops/schema/page_reader.py": {"`genai schema`"},
    "ops/commands/schema.py": {"`genai schema`"},
    "ops/checks/status/status.py": {"`genai verify {}`"},
    "ops/commands/plan/diagram.py": {"`genai plan --write-docs`"},
    "apps/chat/app.py": {"`genai chat`"},
    "apps/chat/refusals.py": {"`genai chat`"},
    "stacks/azure/settings.py": {"`genai mcp login`"},
    "stacks/mcp/settings.py": {"`genai mcp login`", "`genai mcp call`"},
    "stacks/commands.py": {"`pulumi config set {}`"},
}
"""Where a command is spoken of, in a heading or as what writes a file, or the stack is among what is filled in."""


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text of the program but its docstrings; what is filled in stands as {}."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in ast.walk(node) if part is not node}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_command_that_a_message_tells_to_run_names_the_stack(file: Path) -> None:
    told = {found for text in texts(ast.parse(file.read_text("utf-8"))) for found in COMMAND.findall(text)}
    without = {found for found in told if not re.search(r" (-s|--stack) ", found)}
    assert without - NAMES.get(file.relative_to(ROOT).as_posix(), set()) == set()


def test_the_short_option_is_on_every_command_that_has_the_long_one() -> None:
    assert [name for name, options in commands().items() if "--stack" in options and "-s" not in options] == []
