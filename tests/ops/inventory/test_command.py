"""`genai leftovers` as it is typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from unittest import mock

import pytest
import typer
from typer.testing import CliRunner, Result

from ops.commands.leftovers.command import leftovers
from ops.stack import state
from ops.stack.settings_file import StackConfig
from ops.typer_command import GenaiCommand
from tests.ops.inventory.recorded_calls import Answers, replay
from tests.ops.inventory.world import CLUSTER, OTHER_REGION, World, answering

STATE = state.read(
    {
        "resources": [
            {
                "urn": "urn:pulumi:dev::genaiplatform::random:index/randomString:RandomString::cluster-name",
                "type": "random:index/randomString:RandomString",
                "custom": True,
                "id": "abc1234",
                "outputs": {"result": "abc1234"},
            }
        ]
    }
)
app = typer.Typer()
app.command(cls=GenaiCommand)(leftovers)


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=answer)


@pytest.fixture
def _account(world: World, answers_elsewhere: Answers) -> Iterator[None]:
    """What was recorded, with clients that exist already; `dev` has a domain."""
    config = {"aws:region": "us-east-1", "genaiplatform:domain": "genai.example.com"}
    with (
        mock.patch("ops.clouds.aws.Aws", world.aws),
        mock.patch("ops.stack.settings_file.read") as read,
        mock.patch("ops.commands.pulumi_engine.state_or_reason", return_value=(STATE, "")),
        mock.patch("time.sleep"),
        answering(replay(answers_elsewhere)),
    ):
        read.return_value = StackConfig(stack="dev", values=config, secret_keys=())
        yield


def of_a_day(world: World) -> dict[str, set[str]]:
    """What is asked about for an AWS stack; AgentCore is for an MCP stack."""
    return {kind: found for kind, found in world.ours.items() if not kind.startswith("AgentCore")}


@pytest.mark.usefixtures("_account")
def test_each_row_has_id_age_price_and_the_command_that_removes_it(world: World) -> None:
    result = run()
    assert result.exit_code == 1
    for found in of_a_day(world).values():
        for identifier in found:
            assert identifier.split()[0][:40] in result.output, identifier
    (bucket,) = world.ours["S3 bucket"]
    assert f"aws s3 rb s3://{bucket} --force --region us-east-1\n" in result.output
    (secret,) = world.ours["secret"]
    assert f":secret:{secret}" in result.output
    rows = result.output.splitlines()
    (cluster,) = [row for row in rows if CLUSTER in row and "73.00" in row]
    assert cluster.split()[:4] == ["1", "EKS", "cluster", CLUSTER]
    assert "of stack dev are left in us-east-1 and what has no region. Cost a month: at least " in " ".join(rows[-2:])
    assert "pulumi destroy" in result.output


@pytest.mark.usefixtures("_account")
def test_json_has_the_same(world: World) -> None:
    result = run("--json")
    data = json.loads(result.stdout)
    assert result.exit_code == data["exit_code"] == 1
    assert {(row["kind"], row["id"]) for row in data["found"]} == {
        (kind, identifier) for kind, found in of_a_day(world).items() for identifier in found
    }
    assert data["found"][0] == {
        "kind": "EKS cluster",
        "id": CLUSTER,
        "region": "us-east-1",
        "created": data["found"][0]["created"],
        "usd_per_month": pytest.approx(73),
        "why": "tags Project=genaiplatform, Environment=dev",
        "command": f"aws eks delete-cluster --name {CLUSTER} --region us-east-1 && "
        f"aws eks wait cluster-deleted --name {CLUSTER} --region us-east-1",
    }
    assert data["usd_per_month"] == pytest.approx(sum(row["usd_per_month"] or 0 for row in data["found"]))


@pytest.mark.usefixtures("_account")
def test_the_region_can_be_another() -> None:
    data = json.loads(run("--json", "--region", OTHER_REGION).stdout)
    assert {row["region"] for row in data["found"] if row["kind"] == "EBS volume"} == {OTHER_REGION}


@pytest.mark.usefixtures("_account")
def test_what_could_not_be_looked_at_is_named_with_the_words_of_aws(answers_elsewhere: Answers) -> None:
    denied = {call for call in answers_elsewhere if call[1] in ("DescribeVolumes", "ListBuckets")}
    with answering(replay(answers_elsewhere, denied)):
        shown, data = run(), run("--json")
    assert shown.exit_code == data.exit_code == 2
    assert "Could not look at EBS volumes: An error occurred (AccessDenied)" in shown.output
    assert {failure["what"] for failure in json.loads(data.stdout)["could_not_look"]} == {"EBS volumes", "S3 buckets"}


@pytest.mark.usefixtures("_account")
def test_nothing_is_removed_before_the_plan_was_shown_and_agreed_to(answers_elsewhere: Answers) -> None:
    """A call that removes something was not recorded, so it would fail."""
    result = run("--delete", answer="n\n")
    assert result.exit_code == 1
    plan, question, _ = result.output.partition("Remove these")
    assert question
    assert "aws eks delete-cluster" in plan
    assert "removed" not in result.output


@pytest.mark.usefixtures("_account")
def test_without_a_terminal_nobody_can_agree() -> None:
    result = run("--delete", answer="")
    assert result.exit_code == 1
    assert "removed" not in result.output


def test_the_exit_code_is_0_only_when_nothing_is_left(world: World, answers_elsewhere: Answers) -> None:
    with (
        mock.patch("ops.clouds.aws.Aws", world.aws),
        mock.patch("ops.stack.settings_file.read") as read,
        answering(replay(answers_elsewhere)),
    ):
        read.return_value = StackConfig(stack="dev", values={"aws:region": "us-east-1"}, secret_keys=())
        result = run("--stack", "de")
    assert (result.exit_code, result.output) == (
        0,
        "Nothing is left of stack de in us-east-1 and what has no region.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--stack", "dve"], "There is no stack 'dve'"),
        (["--json", "--delete"], "add --yes"),
        (["--yes"], "add --delete"),
        (["--stack", "azure", "--region", "eu-west-1"], "leave it out"),
        (["--budget", "3"], "No such option"),
    ],
)
def test_bad_input_is_refused_with_2(arguments: list[str], says: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in result.output


@pytest.mark.parametrize(("arguments", "stack"), [(["--azure"], "dev"), (["--stack", "azure"], "azure")])
def test_azure_is_looked_at_only_when_asked_or_for_an_azure_stack(arguments: list[str], stack: str) -> None:
    no_cli = mock.patch("subprocess.run", side_effect=FileNotFoundError)
    with mock.patch("ops.stack.settings_file.read") as read, no_cli:
        read.return_value = StackConfig(stack=stack, values={}, secret_keys=())
        result = run(*arguments)
    assert result.exit_code == 2
    assert "Could not look at anything: The `az` command is not installed" in result.output
