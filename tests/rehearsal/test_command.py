"""`python -m rehearsal` as it is typed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops.project import ROOT
from ops.stack import settings_file
from ops.stack.plan import make_plan
from rehearsal.engine import RehearsalEngine, RehearsalError, find_cli
from tests.waiting import PATIENCE, until


def run(*options: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rehearsal", *options]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def fake_cli(folder: Path, version: str) -> str:
    cli = folder / "pulumi"
    cli.write_text(f"#!/bin/sh\necho {version}\n")
    cli.chmod(0o755)
    return str(folder)


def test_without_the_cli_it_says_what_to_install(tmp_path: Path) -> None:
    result = run(PATH=str(tmp_path))
    assert result.returncode == 2
    assert "pulumi is not installed: install version 3.200.0" in result.stderr


def test_a_cli_that_is_too_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{fake_cli(tmp_path, 'v3.99.0')}:{os.environ['PATH']}")
    with pytest.raises(RehearsalError, match=r"pulumi is 3\.99\.0, 3\.200\.0 is needed: update it"):
        find_cli()
    fake_cli(tmp_path, "v3.258.0")
    assert find_cli() == str(tmp_path / "pulumi")


def test_a_program_that_is_no_pulumi_is_refused(tmp_path: Path) -> None:
    result = run(PATH=f"{fake_cli(tmp_path, 'hello')}:{os.environ['PATH']}")
    assert result.returncode == 2
    assert "`pulumi version` names no version" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--stack", "nobody"), "There is no stack 'nobody'"),
        (("--size", "huge"), "size must be 'day' or 'team'"),
        (("--fail", "Queue"), "The known ones are:"),
        (("--slow", "volume"), "names no seconds"),
        (("--slow", "volume=-5"), "run backwards"),
        (("--kill-after", "-3"), "--kill-after"),
        (("--stack", "azure", "--size", "team"), "size is a setting of an AWS stack"),
        (("--stack", "azure", "--set", "keyMode=nope"), "keyMode must be"),
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
    monkeypatch.setattr(RehearsalEngine, "run", lambda *_, **__: None)
    monkeypatch.setattr("rehearsal.engine.find_cli", lambda: "pulumi")
    environment = RehearsalEngine(tmp_path, "dev", {}, {"AWS_ACCESS_KEY_ID": "rehearsal"}).environment
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


@pytest.mark.engine
def test_the_gateway_is_rehearsed_behind_whatever_the_aws_stack_is_set_to(simulation: object, tmp_path: Path) -> None:
    """A domain, an encrypted key, another region, and the full name that the AWS stack has in Pulumi Cloud."""
    project = tmp_path / "project"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "tests")
    shutil.copytree(ROOT, project, ignore=ignored)
    (project / "Pulumi.dev.yaml").write_text(
        "config:\n"
        "  aws:region: eu-central-1\n"
        "  genaiplatform:domain: genai.example.com\n"
        "  genaiplatform:providerKeys: {azure: {secure: v1:abc}}\n"
        "  genaiplatform:models: [{name: gpt, model: azure/gpt, providerKey: azure, params: {api_base: https://x}}]\n"
    )
    (project / "Pulumi.azure.yaml").write_text(
        "config: {azure-native:location: eastus2, genaiplatform:awsStack: acme/genaiplatform/dev}\n"
    )
    result = run("--stack", "azure", "--fail", "Api", "--json", folder=project)
    assert result.returncode == 0, result.stderr + result.stdout
    assert {"up of dev", "up, attempt 2", "destroy of dev"} <= json.loads(result.stdout)["parts"].keys()


@pytest.mark.engine
def test_who_lets_everybody_in_rehearses_another_change(simulation: object) -> None:
    result = run("--set", 'allowedCidrs=["0.0.0.0/0"]', "--set", "openToTheWorld=true", "--json")
    assert result.returncode == 0, result.stderr + result.stdout
    assert json.loads(result.stdout)["changed_by_setting"] == ["update database-cluster"]


@pytest.mark.engine
def test_a_destroy_is_compared_with_the_plan_of_the_settings_as_they_are_by_then(simulation: object) -> None:
    result = run("--stack", "azure", "--timeline", "--scale", "0.1", "--json")
    first, last = (make_plan(settings_file.read(ROOT, "azure", [f"keyMode={mode}"])) for mode in ("header", "keyVault"))
    assert first.down.seconds != last.down.seconds
    compared = json.loads(result.stdout)["timeline"]
    assert compared["up"]["planned"] == round(first.up.seconds / 60, 1)
    assert compared["destroy"]["planned"] == round(last.down.seconds / 60, 1)


@pytest.mark.engine
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_rehearsal_that_is_ended_leaves_neither_folder_nor_engine(
    simulation: object, tmp_path: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "rehearsal"], cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    try:  # before that it starts the cloud and copies the project: seconds, and minutes on a machine with other work
        locks = "genai-rehearsal-*/state/.pulumi/locks/**/*.json"
        until(lambda: list(tmp_path.glob(locks)), "up did not begin", 5 * PATIENCE)
    finally:
        process.send_signal(number)
    assert process.wait(PATIENCE) == 128 + number
    assert list(tmp_path.iterdir()) == []
    until(lambda: not any(str(tmp_path).encode() in line for line in _command_lines()), "a process is left")


def _command_lines() -> list[bytes]:
    return [_read(path) for path in Path("/proc").glob("[0-9]*/cmdline")]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # it has ended
        return b""
