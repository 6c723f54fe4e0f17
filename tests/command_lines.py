"""Looks up the command lines of documents and workflows in the programs themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import typer.main
from typer.core import TyperGroup

from ops.cli import app
from ops.project import ROOT

TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def commands() -> Mapping[str, set[str]]:
    """The options of each command of `genai`."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return {
        name: {option for parameter in command.params for option in parameter.opts}
        for name, command in group.commands.items()
    }


def problems(code: str) -> list[str]:
    """What these lines call that does not exist: commands and options of `genai`, targets of `make`."""
    return list(_problems(code))


def _problems(code: str) -> Iterator[str]:
    known = commands()
    for name, rest in re.findall(r"\bgenai ([a-z]+(?:-[a-z]+)*)([^\n|&;#)`]*)", code):
        if name not in known:
            yield f"genai {name}"
            continue
        yield from (f"genai {name} {used}" for used in re.findall(r"--[a-z-]+", rest) if used not in known[name])
    for target in re.findall(r"\bmake ([a-z-]+)\b(?!=)", code):
        if target not in TARGETS:
            yield f"make {target}"
