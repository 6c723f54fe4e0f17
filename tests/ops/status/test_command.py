"""`genai status` as it is typed, in a project of its own with two stacks in moto."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
import typer
from typer.testing import CliRunner, Result

from ops.commands.status.command import status
from ops.stack.settings_file import StackConfig
from ops.typer_command import GenaiCommand
from tests.ops.preflight.stand_in import Server, aws_answers
from tests.ops.status.project import Project
from tests.ops.status.world import PARTS

app = typer.Typer(rich_markup_mode=None)
app.command(cls=GenaiCommand)(status)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.mark.usefixtures("project")
def test_a_day_that_is_up_says_all_about_itself() -> None:
    result = run()
    lines = result.output.splitlines()
    assert result.exit_code == 0
    assert lines[0] == "Stack dev in us-east-1 is up."
    assert lines[1].startswith("Since 20")
    assert lines[1].endswith(" UTC, 5 h 12 min.")
    assert lines[2] == "Cost so far: about 2.60 USD (0.50 USD an hour), and what was used."
    assert lines[3] == "No schedule that is known here ends it."
    for part in (*PARTS, "LiteLLM", "Langfuse"):
        assert sum(line.startswith(f"✓ {part}") for line in lines) == 1, part
    assert lines[-1] == (
        "Next: `genai verify --stack dev` proves the whole path; `pulumi destroy -s dev` ends the day."
    )
    assert "sk-secret" not in result.output


@pytest.mark.usefixtures("project")
def test_json_has_the_same() -> None:
    result = run("--json")
    data = json.loads(result.stdout)
    assert result.exit_code == data["exit_code"] == 0
    assert (data["stack"], data["place"], data["stage"]) == ("dev", "us-east-1", "up")
    assert data["hours"] == pytest.approx(5.2, abs=0.05)
    assert data["usd_so_far"] == pytest.approx(5.2 * 0.5, abs=0.05)
    assert datetime.now(UTC) - datetime.fromisoformat(data["since"]) > timedelta(hours=5)
    assert (data["ends"], data["hours_left"], data["keep_until"], data["behind"]) == (None, None, None, None)
    assert len(data["checks"]) == len(PARTS) + 2
    assert {check["state"] for check in data["checks"]} == {"fine"}
    assert "sk-secret" not in result.stdout


def test_the_evening_of_the_workflow_is_told(project: Project) -> None:
    evening = datetime.now(UTC) + timedelta(hours=3, seconds=30)
    file = project.folder / ".github/workflows/day.yml"
    file.parent.mkdir(parents=True)
    file.write_text(
        f"on: {{schedule: [{{cron: '{evening.minute} {evening.hour} * * *'}}]}}\n"
        "env: {ACTION: down}\nrun: genai down --stack dev\n"
    )
    data = json.loads(run("--json").stdout)
    assert datetime.fromisoformat(data["ends"]) == evening.replace(second=0, microsecond=0)
    assert data["hours_left"] == pytest.approx(3, abs=0.05)
    assert f"Ends at {evening:%F %R} UTC, in " in run().output


def test_a_schedule_that_cannot_be_read_is_found(project: Project) -> None:
    file = project.folder / ".github/workflows/day.yml"
    file.parent.mkdir(parents=True)
    file.write_text("on: {schedule: [{cron: '0 9 1 * *'}]}\nenv: {ACTION: down}\nrun: genai down --stack dev\n")
    result = run()
    assert result.exit_code == 1
    assert "✗ schedule: .github/workflows/day.yml: '0 9 1 * *' is not minute, hour" in result.output


@pytest.mark.usefixtures("project")
def test_a_service_that_is_not_well_is_1_with_a_fix(services: Server) -> None:
    with mock.patch.dict(services.answers, {"GET /api/public/health": (503, {}, {})}):
        result = run()
    assert result.exit_code == 1
    lines = result.output.splitlines()
    (number,) = [number for number, line in enumerate(lines) if line.startswith("✗")]
    assert lines[number].endswith("/api/public/health answered 503")
    assert lines[number + 1] == "  → `kubectl -n genai-platform get pods` shows why"


def test_a_day_that_is_down_names_the_command_that_begins_one(project: Project) -> None:
    project.pulumi("print({})")
    shown, data = run("--stack", "aws"), run("--stack", "aws", "--json")
    assert shown.exit_code == data.exit_code == 1
    assert shown.output == (
        "Stack aws in us-east-1 is down: it has no outputs, and no part of it exists.\n"
        "Next: `pulumi up -s aws` begins a day.\n"
    )
    assert json.loads(data.stdout)["stage"] == "down"


def test_parts_without_outputs_are_a_day_that_did_not_come_to_its_end(project: Project) -> None:
    project.pulumi("print({})")
    result = run()
    assert result.exit_code == 1
    assert "is on its way up, or `up` did not come to its end" in result.output
    assert "✓ EKS cluster genai-dev-abc1234: ACTIVE" in result.output
    assert "LiteLLM" not in result.output


@pytest.mark.usefixtures("project")
def test_outputs_without_parts_are_a_state_that_was_left() -> None:
    result = run("--stack", "aws")
    assert result.exit_code == 1
    assert "is gone without `destroy`" in result.output
    assert "✗ EKS clusters: 0 of 1 exist" in result.output
    assert "pulumi destroy -s aws --refresh" in result.output


def test_outputs_that_cannot_be_read_are_2_and_the_parts_are_shown_all_the_same(project: Project) -> None:
    project.pulumi("import sys; sys.exit('error: failed to decrypt: incorrect passphrase')")
    result = run()
    assert result.exit_code == 2
    assert "? stack outputs: pulumi stack output --stack dev: failed to decrypt: incorrect passphrase" in result.output
    assert "✓ EKS cluster genai-dev-abc1234: ACTIVE" in result.output


@pytest.mark.usefixtures("project")
def test_what_is_denied_is_2_and_named() -> None:
    with aws_answers({"DescribeNatGateways": "AccessDenied", "DescribeTargetHealth": "AccessDenied"}):
        result = run("--json")
    data = json.loads(result.stdout)
    assert (result.exit_code, data["stage"]) == (2, "unknown")
    unseen = [check["check"] for check in data["checks"] if check["state"] == "could not look"]
    assert [name.rpartition(" ")[0] for name in unseen] == ["NAT", "target group", "target group"]


def test_bad_input_is_refused_with_2() -> None:
    for arguments, says in ((["--stack", "dve"], "There is no stack 'dve'"), (["--watch"], "No such option")):
        result = run(*arguments)
        assert result.exit_code == 2
        assert says in result.output


def test_settings_that_the_program_refuses_are_refused() -> None:
    config = StackConfig(
        stack="dev", values={"aws:region": "us-east-1", "genaiplatform:vpcCidr": "10.0.0.0/24"}, secret_keys=()
    )
    with mock.patch("ops.stack.settings_file.read", return_value=config):
        result = run()
    assert result.exit_code == 2
    assert "too small" in result.output


def test_an_azure_stack_has_the_checks_of_azure_and_ends_with_its_aws_day(project: Project) -> None:
    values: Mapping[str, str] = {
        "azure-native:location": "eastus2",
        "genaiplatform:awsStack": "organization/genaiplatform/dev",
    }
    config = StackConfig(stack="azure", values=values, secret_keys=())
    project.pulumi(f"print({json.dumps({'clientSecretEnds': {'demo': '2999-01-01T00:00:00Z'}})!r})")
    with mock.patch("ops.stack.settings_file.read", return_value=config):
        result = run("--stack", "azure", "--json")
    data = json.loads(result.stdout)
    assert (result.exit_code, data["stage"], data["place"], data["behind"]) == (2, "unknown", "eastus2", "dev")
    assert [check["check"] for check in data["checks"]] == ["API Management", "secret of demo"]
    assert "The `az` command is not installed" in data["checks"][0]["says"]


def test_projects_of_developers_that_are_over_are_ended_beside_the_report(project: Project) -> None:
    project.outputs |= {"clusterName": "c", "langfuseEmail": "admin@example.com", "langfusePassword": "Passw0rd"}
    project.up()
    before = run("--json")
    with mock.patch("ops.commands.project.access.log_in", side_effect=ConnectionError("no way to the cluster")):
        result = run("--json")
    assert result.exit_code == before.exit_code
    assert json.loads(result.stdout).keys() == json.loads(before.stdout).keys()
    assert "was not looked at: no way to the cluster" in result.stderr
    assert "Passw0rd" not in before.output + result.output
