"""`genai preflight` as it is typed, and what it says about leftovers of an earlier run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from unittest import mock

import pytest
import typer
from typer.testing import CliRunner

from ops.checks.check import Check, Outcome, State, bad, fine
from ops.checks.preflight.earlier_stack import leftover_checks
from ops.commands.preflight import checks as preflight_checks
from ops.commands.preflight.checks import aws_stack_checks, azure_stack_checks
from ops.commands.preflight.command import preflight
from ops.inventory.found import FoundResource, Leftover
from ops.inventory.scan import Failure, Scan
from ops.stack.settings_file import StackConfig
from ops.typer_command import GenaiCommand
from tests import azure_program
from tests.ops.preflight.stand_in import state_of
from tests.program import recorded

app = typer.Typer()
app.command(cls=GenaiCommand)(preflight)


def unseen() -> Outcome:
    raise TimeoutError("no answer in 30 s")


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        ({"aws": lambda: fine("2.31.4")}, 0),
        ({"aws": lambda: fine("2.31.4"), "kubectl": lambda: bad("kubectl is not installed", "install it: [there]")}, 1),
        ({"kubectl": lambda: bad("kubectl is not installed", "install it: [there]"), "quota": unseen}, 2),
    ],
)
def test_each_line_says_what_was_found_and_its_fix(checks: Mapping[str, Check], code: int) -> None:
    with mock.patch.dict(preflight_checks.CHECKS, aws=lambda *_: checks):
        shown, data = CliRunner().invoke(app, []), CliRunner().invoke(app, ["--json"])
    assert shown.exit_code == data.exit_code == code
    found = json.loads(data.stdout)
    assert found["exit_code"] == code
    assert [check["check"] for check in found["checks"]] == list(checks)
    for check in found["checks"]:
        assert f"{check['check']}: {check['says']}" in shown.output
        assert check["fix"] in shown.output
        assert check["state"] in {state.value for state in State}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--stack", "dve"], "There is no stack 'dve'"), (["--modles"], "No such option")],
)
def test_bad_input_is_refused_with_2(arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert says in result.output


def _config(**settings: str) -> StackConfig:
    values = {"aws:region": "us-west-2", **{f"genaiplatform:{key}": value for key, value in settings.items()}}
    return StackConfig(stack="dev", values=values, secret_keys=())


def test_all_that_the_day_needs_is_checked() -> None:
    with mock.patch("ops.model.recorder.record", return_value=recorded("day with a domain")):
        checks = aws_stack_checks(_config(domain="genai.example.com", allowedCidrs='["198.51.100.0/24"]'), True)
        few = aws_stack_checks(_config(), False)
    assert set(checks) == {
        *("pulumi", "aws", "kubectl", "support of what is pinned", "identity", "region", "permissions"),
        *("life of the credentials", "quota of rules of a security group", "login to ghcr.io"),
        *("key of the nodes' disks", "image of the nodes", "instance types of the nodes"),
        *("delegation", "certificate authority"),
        *("quota of VPCs", "quota of Elastic IPs", "quota of NAT gateways per zone"),
        "quota of vCPUs of on-demand standard instances",
        *("Kubernetes version", "Aurora version", "Valkey version", "Bedrock amazon.nova-lite-v1:0 in us-east-1"),
        "hosted zone",
        *(name for name in checks if name.startswith(("ghcr.io/", "docker.io/", "docker.langfuse.com/"))),
        *("model nova-lite", "leftovers of an earlier run", "names in soft delete"),
    }
    assert sum("/" in name for name in checks) == 7
    assert set(few) - set(checks) == {"public address"}
    assert set(checks) - set(few) == {"hosted zone", "delegation", "certificate authority", "model nova-lite"}


def test_a_configuration_that_the_program_refuses_is_refused() -> None:
    with mock.patch("ops.stack.settings_file.read", return_value=_config(vpcCidr="10.0.0.0/24")):
        result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert "too small" in result.output


def test_an_azure_stack_that_the_program_refuses_is_refused() -> None:
    values = azure_program.config({**azure_program.SETTINGS, "keyMode": "vault"})
    config = StackConfig(stack="azure", values=values, secret_keys=())
    with mock.patch("ops.stack.settings_file.read", return_value=config):
        result = CliRunner().invoke(app, ["--stack", "azure"])
    assert result.exit_code == 2
    assert "keyMode" in result.output


def test_an_azure_stack_has_the_checks_of_azure() -> None:
    config = StackConfig(
        stack="azure", values=azure_program.config({**azure_program.SETTINGS, "insecureBackend": True}), secret_keys=()
    )
    assert list(azure_stack_checks(config, False)) == [
        "pulumi",
        "support of what is pinned",
        "AWS stack",
        "subscription",
        "one account",
        "rights in the subscription",
        "rights in the directory",
        "BasicV2 in eastus2",
        "leftovers of an earlier run",
        "names in soft delete",
    ]
    with (
        mock.patch("ops.stack.settings_file.read", return_value=config),
        mock.patch.dict(preflight_checks.CHECKS, azure=lambda *_: {"subscription": lambda: fine("yes")}),
    ):
        assert CliRunner().invoke(app, ["--stack", "azure"]).exit_code == 0


def test_what_is_asked_before_a_model_is_checked_where_the_settings_name_it() -> None:
    def checks(**more: object) -> set[str]:
        settings = {**azure_program.SETTINGS, "insecureBackend": True, **azure_program.MODELS, **more}
        values = azure_program.config(settings)
        config = StackConfig(stack="azure", values=values, secret_keys=("genaiplatform:providerKeys",))
        return set(azure_stack_checks(config, False))

    account = f"{azure_program.ACCOUNTS}/accounts/other"
    without = checks()
    assert checks(contentSafety={"account": account}) - without == {"Content Safety", "rights on Content Safety"}
    assert checks(semanticCache={"account": account, "model": "embed"}) - without == {
        "Azure Managed Redis in eastus2",
        "account of embeddings",
        "rights on the account of embeddings",
        "embeddings",
    }


SOFT = ("deleted key vault", "secret in recovery")


@dataclass
class Left:
    """A cloud with resources of these kinds."""

    kinds: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    looks: int = 0

    def scan(self) -> Scan:
        self.looks += 1
        resources = [
            FoundResource(kind=kind, id="x-1", region="us-west-2", removal=(), soft_deleted=kind in SOFT)
            for kind in self.kinds
        ]
        return Scan(
            leftovers=[Leftover(resource=resource, why="is ours") for resource in resources],
            failures=[Failure(what=what, error="denied") for what in self.failing],
        )


@pytest.mark.parametrize(
    ("cloud", "leftovers", "soft_deleted"),
    [
        (Left(), State.FINE, State.FINE),
        (Left(("VPC", "EBS volume", "EBS volume", "EBS volume")), State.BAD, State.FINE),
        (Left(("secret in recovery",)), State.FINE, State.BAD),
        (Left(("deleted key vault", "resource group")), State.BAD, State.BAD),
        (Left(failing=("KMS keys",)), State.COULD_NOT_LOOK, State.COULD_NOT_LOOK),
        (Left(("VPC",), failing=("KMS keys",)), State.COULD_NOT_LOOK, State.COULD_NOT_LOOK),
    ],
)
def test_what_yesterday_left_is_told_by_one_look(cloud: Left, leftovers: State, soft_deleted: State) -> None:
    checks = leftover_checks(cloud, "dev")
    assert [state_of(check) for check in checks.values()] == [leftovers, soft_deleted]
    if not cloud.failing:
        assert cloud.looks == 1
    if leftovers == State.BAD:
        assert "genai leftovers --stack dev" in checks["leftovers of an earlier run"]().fix


def test_a_long_list_is_cut() -> None:
    says = leftover_checks(Left(("VPC",) * 5), "dev")["leftovers of an earlier run"]().says
    assert says == "VPC x-1, VPC x-1, VPC x-1 and 2 more"
