"""What a shell offers when Tab is pressed behind `genai`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops import completion, project
from ops.cli import app
from tests.command_lines import commands


def offered(line: str) -> list[str]:
    """As bash asks for it; the word under the cursor is the last."""
    words = line.split(" ")
    asked = {"_GENAI_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    said = subprocess.run(
        [sys.executable, "-c", "from ops.cli import app; app(prog_name='genai')"],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.stderr == ""
    return said.stdout.split()


def test_commands_are_offered() -> None:
    assert set(offered("genai ")) == {name.partition(" ")[0] for name in commands()}


@pytest.mark.parametrize(
    "line",
    [f"genai {name} --stack " for name in commands()] + ["genai verify --azure-stack ", "genai env --azure-stack "],
)
def test_every_option_for_a_stack_offers_the_stacks(line: str) -> None:
    assert offered(line) == ["azure", "databricks", "dev", "mcp"]


def test_only_stacks_that_begin_with_what_is_typed_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.dev-anna.yaml", "Pulumi.azure.yaml"):
        (tmp_path / name).touch()
    monkeypatch.setattr(project, "ROOT", tmp_path)
    assert completion.stacks("") == ["azure", "dev", "dev-anna"]
    assert completion.stacks("dev") == ["dev", "dev-anna"]


def test_the_shell_can_install_it() -> None:
    assert "--install-completion" in CliRunner().invoke(app, ["--help"]).stdout
