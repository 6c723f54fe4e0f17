"""`genai up` and `genai down` as they are typed, where no engine is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
import typer
from typer.testing import CliRunner, Result

from ops.commands.up_and_down.command import down, up
from ops.commands.up_and_down.up import UpResult
from ops.inventory.scan import Failure, Scan
from ops.stack.engine import EngineError
from ops.stack.settings_file import StackConfig
from ops.typer_command import GenaiCommand
from tests.ops.up_and_down.conftest import Cli
from tests.ops.up_and_down.stand_in import holding

app = typer.Typer()
app.command(cls=GenaiCommand)(up)
app.command(cls=GenaiCommand)(down)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def _settings() -> Iterator[Mapping[str, str]]:
    """The stack `dev` as it is in a fresh clone, whatever the files here say."""
    values = {"aws:region": "us-east-1"}
    with mock.patch("ops.stack.settings_file.read") as read, mock.patch("ops.commands.up_and_down.down.read", read):
        read.return_value = StackConfig(stack="dev", values=values, secret_keys=())
        yield values


@pytest.mark.parametrize("command", ["up", "down"])
def test_a_stack_without_settings_is_refused(command: str) -> None:
    result = run(command, "--stack", "dve")
    assert result.exit_code == 2
    assert "There is no stack 'dve'" in result.output


@pytest.mark.parametrize("command", ["up", "down"])
def test_without_a_cli_it_says_where_to_get_it(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = run(command)
    assert result.exit_code == 2
    assert "pulumi is not installed: install version 3.200.0 or later" in result.output


@pytest.mark.parametrize("command", ["up", "down"])
def test_a_cli_that_is_too_old_is_refused(command: str, cli: Cli) -> None:
    cli.answer("version", out="v3.199.0\n")
    result = run(command)
    assert result.exit_code == 2
    assert "pulumi is 3.199.0, 3.200.0 is needed" in result.output
    assert cli.commands("stack", "up", "destroy") == []


@pytest.mark.parametrize("command", ["up", "down"])
def test_a_stack_that_this_backend_does_not_have_is_refused(command: str, cli: Cli) -> None:
    cli.answer("stack export", code=6, err="error: no stack named 'dev' found\n")
    result = run(command)
    assert result.exit_code == 2
    assert "`pulumi stack init dev`" in result.output


def test_bad_settings_are_refused_before_the_engine_begins(cli: Cli, tmp_path: Path) -> None:
    cli.answer("stack export", out='{"version": 3, "deployment": {}}')
    with mock.patch("ops.stack.settings_file.read") as read:
        read.return_value.stack = "dev"
        read.return_value.values = {"genaiplatform:size": "huge"}
        read.return_value.secret_keys = ()
        result = run("up")
    assert result.exit_code == 2
    assert "size must be" in result.output
    assert cli.commands("up") == []


@pytest.mark.usefixtures("_settings")
def test_purge_is_for_azure_alone(cli: Cli) -> None:
    result = run("down", "--purge")
    assert result.exit_code == 2
    assert "--purge is for Azure stacks" in result.output
    assert not (cli.folder / "log").exists()


def test_cost_explorer_is_for_aws_alone(cli: Cli) -> None:
    result = run("down", "--stack", "azure", "--cost-explorer")
    assert result.exit_code == 2
    assert "--cost-explorer for AWS stacks" in result.output
    assert not (cli.folder / "log").exists()


@pytest.mark.usefixtures("_settings")
@pytest.mark.parametrize(
    ("failures", "code"), [([], 0), ([Failure(what="VPCs", error="AccessDenied")], 2)], ids=["clean", "denied"]
)
def test_a_stack_that_is_down_is_only_looked_after(cli: Cli, failures: list[Failure], code: int) -> None:
    cli.answer("stack export", out='{"version": 3, "deployment": {}}')
    with mock.patch("ops.inventory.scan.AwsStackInventory.scan", return_value=Scan(leftovers=[], failures=failures)):
        result = run("down", "--json")
    data = json.loads(result.stdout)
    assert result.exit_code == data["exit_code"] == data["leftovers"]["exit_code"] == code
    assert data["bill"] is None
    assert cli.commands("destroy", "refresh", "cancel") == []


@pytest.mark.usefixtures("_settings")
def test_a_lock_of_somebody_elsewhere_ends_it_with_2(cli: Cli) -> None:
    resources = [
        {"urn": "urn:pulumi:dev::genaiplatform::aws:ec2/vpc:Vpc::vpc", "type": "aws:ec2/vpc:Vpc", "custom": True}
    ]
    cli.answer("stack export", out=json.dumps({"version": 3, "deployment": {"resources": resources}}))
    lock = "file:///locks/a.json: created by anna@elsewhere (pid 12) at 2026-11-26T08:15:30Z"
    cli.answer("destroy", code=255, err=f"error: the stack is currently locked by 1 lock(s).\n  {lock}")
    result = run("down")
    assert result.exit_code == 2
    assert "anna@elsewhere" in result.output
    assert cli.commands("cancel") == []


STACK = {
    "urn": "urn:pulumi:dev::genaiplatform::pulumi:pulumi:Stack::genaiplatform-dev",
    "type": "pulumi:pulumi:Stack",
    "custom": False,
}


@pytest.mark.usefixtures("_settings")
@pytest.mark.parametrize(("outputs", "sweeps"), [({"clusterName": "c"}, 1), ({}, 0)])
def test_projects_of_developers_that_are_over_end_before_a_day_is_taken_down(
    cli: Cli, outputs: Mapping[str, str], sweeps: int
) -> None:
    resources = [{**STACK, "outputs": outputs}]
    cli.answer("stack export", out=json.dumps({"version": 3, "deployment": {"resources": resources}}))
    with (
        mock.patch("ops.commands.project.access.sweep_along") as sweep,
        mock.patch("ops.commands.up_and_down.down.take_down", side_effect=EngineError("not today")),
    ):
        assert run("down").exit_code == 2
    assert [call.args[:2] for call in sweep.call_args_list] == [("dev", "us-east-1")] * sweeps


@pytest.mark.usefixtures("_settings")
def test_they_end_after_a_day_has_come_up_which_none_of_it_can_make_fail(cli: Cli) -> None:
    cli.answer("stack export", out='{"version": 3, "deployment": {}}')
    cli.answer("stack output", code=255, err="error: no passphrase")
    state = replace(holding(), outputs={"clusterName": "c"})
    result_of_up = UpResult(state=state, seconds=1, errors=(), missing=())
    with mock.patch("ops.commands.up_and_down.up.bring_up", return_value=result_of_up):
        result = run("up", "--json")
    assert result.exit_code == 0, result.output
    json.loads(result.stdout)
    assert "Whether developers' projects are over was not looked at: pulumi stack output" in result.stderr
