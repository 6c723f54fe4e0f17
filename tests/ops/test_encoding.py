"""What is printed where standard output is no UTF-8."""

from __future__ import annotations

import codecs
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ops.encoding import print_in_any_encoding
from ops.project import ROOT
from tests.command_lines import commands

REQUIRED = {
    "init": ("--answers", "zoë-東→"),
    "project create": ("alice", "--until", "2999-01-01T00:00Z"),
    "project revoke": ("alice",),
    "langfuse export": ("zoë-東→.json",),
    "langfuse import": ("zoë-東→.json",),
    "mcp call": ("tool",),
}
"""What else brings a command to refuse something of that name."""

ENCODINGS = ("ascii", "cp932", "latin-1")
print_in_any_encoding()  # registers the handler; pytest's own streams are no files


def genai(encoding: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PATH": "/nowhere"}
    return subprocess.run(
        [sys.executable, "-m", "ops.cli", *arguments], cwd=ROOT, env=environment, capture_output=True, timeout=120
    )


def _printed_characters() -> Iterator[str]:
    for folder in ("catalogue", "charts", "components", "ops", "policies", "rehearsal", "stacks"):
        for file in (ROOT / folder).rglob("*.py"):
            yield from re.findall(r"[^\x00-\x7f]", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("character", sorted(set(_printed_characters())))
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_character_of_our_own_has_a_readable_form(encoding: str, character: str) -> None:
    shown = character.encode(encoding, "genai-readable").decode(encoding)
    assert shown
    assert "\\" not in shown
    assert "?" not in shown


def test_letters_lose_their_accents_and_others_are_spelled_by_number() -> None:
    assert codecs.encode("é Ｗ 東 ⠋", "ascii", "genai-readable") == rb"e W \u6771 *"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_plan_is_printed_whole(encoding: str) -> None:
    result = genai(encoding, "plan", "--set", "owner=Zoë 東")
    assert (result.returncode, result.stderr) == (0, b"")
    assert "USD an hour, up in" in result.stdout.decode(encoding).splitlines()[-1]


@pytest.mark.parametrize("name", commands())
def test_what_every_command_refuses_is_said_in_the_encoding_of_the_terminal(name: str) -> None:
    for encoding, shown in (("ascii", "zoe-\\u6771->"), ("cp932", "zoe-東→")):
        result = genai(encoding, *name.split(), "--stack", "zoë-東→", *REQUIRED.get(name, ()))
        said = result.stderr.decode(encoding)
        assert "Traceback" not in said
        if name != "chat":  # ends earlier where its own environment is not made
            assert shown in said
        assert result.returncode == 2


@pytest.mark.parametrize("module", ["ops.cli", "rehearsal"])
def test_help_has_a_short_form(module: str) -> None:
    short, long = (
        subprocess.run([sys.executable, "-m", module, option], cwd=ROOT, capture_output=True, check=True).stdout
        for option in ("-h", "--help")
    )
    assert short == long
    assert b"-h, --help" in long


def test_the_version_is_that_of_the_project() -> None:
    declared = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert declared
    assert genai("utf-8", "--version").stdout.decode().strip() == f"genai {declared[1]}"
