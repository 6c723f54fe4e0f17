"""Every command with a stack's file that is gone, broken or odd: it goes on from the state, or says a sentence."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from typer.testing import CliRunner, Result

from ops import cli as genai
from ops.inventory.azure import AzureStackInventory
from ops.inventory.scan import AwsStackInventory, Scan
from ops.project import ROOT
from ops.stack import settings_file
from tests.ops.up_and_down.conftest import Cli
from tests.ops.up_and_down.conftest import _nobody as _nobody
from tests.ops.up_and_down.conftest import cli as cli


def _gone(file: Path) -> None:
    """Nothing is written."""


def _holding(content: bytes | str) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(content.encode() if isinstance(content, str) else content)


def _unreadable(file: Path) -> None:
    file.write_text("config: {}")
    file.chmod(0)


BROKEN: dict[str, Callable[[Path], object]] = {
    "gone": _gone,
    "no YAML": _holding("config: ["),
    "a list": _holding("- config"),
    "no settings by name": _holding("config: {1: 2}"),
    "a tab": _holding("config:\n\tgenaiplatform:size: day"),
    "a date": _holding("config: {genaiplatform:owner: 2026-01-01}"),
    "a date that cannot be": _holding("config: {genaiplatform:owner: 2026-13-99}"),
    "a date as key": _holding("config: {genaiplatform:a: {2026-01-01: x}}"),
    "a date as setting": _holding("config: {2026-01-01: x}"),
    "an anchor to itself": _holding("config: {genaiplatform:a: &a [*a]}"),
    "a config that is itself": _holding("config: &a {genaiplatform:a: *a}"),
    "5,000 digits": _holding(f"config: {{genaiplatform:a: {'9' * 5000}}}"),
    "5,000 brackets": _holding(f"config: {{genaiplatform:a: {'[' * 5000}{']' * 5000}}}"),
    "a binary file": _holding(bytes(range(256))),
    "UTF-16": _holding("config: {genaiplatform:size: day}".encode("utf-16")),
    "a folder": lambda file: file.mkdir(),
    "a link to nowhere": lambda file: file.symlink_to("nowhere"),
    **({} if os.geteuid() == 0 else {"no right to read": _unreadable}),  # root may read everything
}
ODD: dict[str, Callable[[Path], object]] = {
    "empty": _holding(""),
    "nothing but config": _holding("config:\n"),
    "CRLF": _holding("config:\r\n  genaiplatform:owner: anna\r\n"),
    "a byte order mark": _holding("\ufeffconfig:\n  genaiplatform:owner: anna\n"),
    "no line end": _holding("config: {genaiplatform:owner: anna}"),
}
"""Read as they are."""
UP: dict[str, dict[str, Any]] = {
    "dev": {"type": "pulumi:providers:aws", "inputs": {"region": "eu-west-1"}},
    "azure": {"type": "azure-native:resources:ResourceGroup", "inputs": {"location": "japaneast"}},
}
"""What the states of the stacks hold, and by what they tell where the stack is."""

ENDED = {
    "kind": "destroy",
    "startTime": "2026-11-26T08:00:00.000Z",
    "message": "",
    "environment": {},
    "config": {},
    "result": "succeeded",
}
"""The last operation, as `pulumi stack history` tells it."""


@pytest.fixture
def project(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project without stacks' files, and a `pulumi` that knows no stack."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    (cli.folder / "log").touch()
    cli.answer("stack export", code=6, err="error: no stack named 'dev' found\n")
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "ops" and getattr(module, "ROOT", None) == ROOT:
            monkeypatch.setattr(module, "ROOT", folder)
    with mock.patch("socket.socket.connect", side_effect=OSError("no way out")):
        yield folder


def file_of(project: Path, stack: str, write: Callable[[Path], object]) -> None:
    write(project / f"Pulumi.{stack}.yaml")


def state_of(cli: Cli, stack: str) -> None:
    resource = {"urn": f"urn:pulumi:{stack}::genaiplatform::{UP[stack]['type']}::one", "custom": True, **UP[stack]}
    cli.answer("stack history", out=json.dumps([ENDED]))
    cli.answer("stack output", out="{}")
    cli.answer("stack export", out=json.dumps({"version": 3, "deployment": {"resources": [resource]}}))


def run(*words: str) -> Result:
    result = CliRunner().invoke(genai.app, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def scanned() -> Iterator[list[str]]:
    """Where was scanned; nothing is there."""
    places: list[str] = []

    def aws(inventory: AwsStackInventory) -> Scan:
        places.append(inventory.aws.region)
        return Scan(leftovers=[], failures=[])

    def azure(_: AzureStackInventory) -> Scan:
        places.append("Azure")
        return Scan(leftovers=[], failures=[])

    with mock.patch.object(AwsStackInventory, "scan", aws), mock.patch.object(AzureStackInventory, "scan", azure):
        yield places


EVERY = pytest.mark.parametrize("write", [*BROKEN.values(), *ODD.values()], ids=[*BROKEN, *ODD])
ONLY_BROKEN = pytest.mark.parametrize("write", BROKEN.values(), ids=BROKEN)
STACKS = pytest.mark.parametrize("stack", UP)


@EVERY
@STACKS
def test_down_goes_on_from_the_state(project: Path, cli: Cli, stack: str, write: Callable[[Path], object]) -> None:
    file_of(project, stack, write)
    state_of(cli, stack)
    result = run("down", "--stack", stack)
    assert cli.commands("destroy"), result.output
    assert result.exit_code == 1, result.output  # this state stays as it is, whatever is destroyed
    assert ("The state tells what is needed to end the day." in result.output) == (write in BROKEN.values())
    assert f"Whether stack {stack} sends its users here" not in result.output


@EVERY
@STACKS
def test_leftovers_looks_where_the_state_says(
    project: Path, cli: Cli, scanned: list[str], stack: str, write: Callable[[Path], object]
) -> None:
    file_of(project, stack, write)
    state_of(cli, stack)
    result = run("leftovers", "--stack", stack)
    assert (result.exit_code, scanned) == (0, ["Azure" if stack == "azure" else "eu-west-1"]), result.output


@ONLY_BROKEN
@pytest.mark.parametrize("words", [("leftovers",), ("down",)], ids=["leftovers", "down"])
def test_without_a_state_a_sentence_says_what_to_name(
    project: Path, scanned: list[str], words: tuple[str, ...], write: Callable[[Path], object]
) -> None:
    file_of(project, "dev", write)
    result = run(*words)
    assert (result.exit_code, scanned) == (2, [])
    assert "--region REGION" in result.output or "pulumi stack init dev" in result.output
    assert "Pulumi.dev.yaml" in result.output


@ONLY_BROKEN
def test_leftovers_looks_where_it_is_told_without_file_and_state(
    project: Path, scanned: list[str], write: Callable[[Path], object]
) -> None:
    file_of(project, "dev", write)
    assert run("leftovers", "--region", "eu-west-2").exit_code == 0
    assert run("leftovers", "--azure").exit_code == 0
    assert scanned == ["eu-west-2", "Azure"]


@ONLY_BROKEN
@pytest.mark.parametrize("command", ["plan", "preflight", "up", "status", "verify", "env", "forward"])
def test_every_other_command_ends_with_2_and_a_sentence(
    project: Path, cli: Cli, command: str, write: Callable[[Path], object]
) -> None:
    file_of(project, "dev", write)
    state_of(cli, "dev")
    result = run(command)
    assert result.exit_code == 2
    assert "Pulumi.dev.yaml" in result.output or "There is no stack 'dev'" in result.output
    assert len(result.output) < 2000
    assert cli.commands("up", "destroy", "refresh") == []


@pytest.mark.parametrize("write", ODD.values(), ids=ODD)
def test_what_is_only_odd_is_read(project: Path, write: Callable[[Path], object]) -> None:
    file_of(project, "dev", write)
    owner = settings_file.read(project, "dev").values["genaiplatform:owner"]
    assert owner == ("genaiplatform" if write in (ODD["empty"], ODD["nothing but config"]) else "anna")
