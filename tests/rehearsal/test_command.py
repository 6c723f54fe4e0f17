"""The command as a user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops.recorder import ROOT
from rehearsal.engine import Engine, EngineError, find_cli


def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rehearsal", *options]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def fake_cli(folder: Path, version: str) -> str:
    cli = folder / "pulumi"
    cli.write_text(f"#!/bin/sh\necho {version}\n")
    cli.chmod(0o755)
    return str(folder)


def test_without_the_cli_it_says_what_to_install(tmp_path: Path) -> None:
    result = run(PATH=str(tmp_path))
    assert result.returncode == 2
    assert "install the Pulumi CLI" in result.stderr


def test_a_cli_that_is_too_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{fake_cli(tmp_path, 'v3.99.0')}:{os.environ['PATH']}")
    with pytest.raises(EngineError, match=r"is v3\.99\.0: install 3\.200\.0 or later"):
        find_cli()
    fake_cli(tmp_path, "v3.258.0")
    assert find_cli() == str(tmp_path / "pulumi")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--stack", "nobody"), "There is no stack 'nobody'"),
        (("--size", "huge"), "size must be 'day' or 'team'"),
        (("--fail", "Queue"), "The known ones are:"),
        (("--slow", "volume"), "names no seconds"),
        (("--set", "size"), "is no assignment"),
    ],
)
def test_wrong_input_is_refused_with_what_there_is(tmp_path: Path, options: tuple[str, str], message: str) -> None:
    result = run(*options, PATH=f"{fake_cli(tmp_path, 'v3.258.0')}:{os.environ['PATH']}")
    assert result.returncode == 2
    assert message in result.stderr


def test_no_login_credential_or_kubeconfig_of_the_user_reaches_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "PULUMI_ACCESS_TOKEN", "ARM_CLIENT_SECRET", "AWS_SESSION_TOKEN", "GOOGLE_CREDENTIALS"):
        monkeypatch.setenv(name, "of-the-user")
    monkeypatch.setattr(Engine, "run", lambda *_, **__: None)
    monkeypatch.setattr("rehearsal.engine.find_cli", lambda: "pulumi")
    environment = Engine(tmp_path, "dev", {}, {"AWS_ACCESS_KEY_ID": "rehearsal"}).environment
    assert "of-the-user" not in environment.values()
    assert environment["HOME"] == environment["TMPDIR"] == str(tmp_path)
    assert environment["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/state"


@pytest.mark.engine
def test_a_day_of_the_users_stack_as_data(simulation: object) -> None:
    before = {path: path.stat().st_mtime_ns for path in ROOT.glob("Pulumi*.yaml")}
    result = run("--json", "--dirty", AWS_ACCESS_KEY_ID="of-the-user", AWS_PROFILE="nobody")
    assert result.returncode == 0, result.stderr + result.stdout
    assert json.loads(result.stdout)["good"] is True
    assert {path: path.stat().st_mtime_ns for path in ROOT.glob("Pulumi*.yaml")} == before
