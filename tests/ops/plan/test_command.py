"""`genai plan` as a user runs it: what it prints and its exit codes."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import pytest
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.model.guardrails import Finding
from ops.project import ROOT
from ops.stack.plan import first_steps
from ops.stack.settings_file import StackConfig, read


def genai(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["plan", *arguments])


def test_the_report_is_plain_in_a_pipe_and_has_every_section() -> None:
    result = genai()
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    for section in ("What it builds", "while idle", "pulumi up", "pulumi destroy", "Guardrails", "Support of", "Next"):
        assert section in result.output


def test_the_last_line_repeats_cost_up_and_down() -> None:
    *report, last = genai("--size", "team").output.splitlines()
    told = re.fullmatch(r"Stack dev: (\d\.\d\d) USD an hour, up in (\d+:\d\d), down in (\d+:\d\d) minutes\.", last)
    assert told
    assert any(line.startswith("total") and float(told[1]) == round(float(line.split()[1]), 2) for line in report)
    assert any(line.startswith(f"{told[2]}, decided by this chain") for line in report)
    assert any(line.startswith(f"{told[3]} in ") for line in report)


def test_json_is_the_only_output_and_a_budget_that_holds_is_fine() -> None:
    result = genai("--json", "--budget", "1000", "--size", "team", "--set", "owner=someone")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    vpc = next(resource for resource in document["resources"] if resource["type"] == "aws:ec2/vpc:Vpc")
    assert vpc["inputs"]["tags"]["Owner"] == "someone"
    assert [resource["type"] for resource in document["resources"]].count("aws:ec2/natGateway:NatGateway") == 2


def test_a_day_over_budget_is_exit_code_3() -> None:
    result = genai("--budget", "0.5")
    assert result.exit_code == 3
    assert "more than the budget of 0.5 USD" in result.stderr


def test_a_budget_is_compared_with_the_cost_that_is_shown() -> None:
    assert "3.60" in genai().stdout
    assert genai("--budget", "3.6").exit_code == 0
    over = genai("--budget", "3.599")
    assert over.exit_code == 3
    assert "The day costs 3.60 USD, more than the budget of 3.599 USD" in over.stderr


def test_a_budget_is_not_kept_where_prices_are_not_known() -> None:
    result = genai("--budget", "1000", "--set", "aws:region=ap-northeast-3")
    assert result.exit_code == 2
    assert "Whether the budget of 1,000 USD holds is not known: no price for NAT gateway of " in result.stderr
    assert "at least 0.48" in result.stdout
    over = genai("--budget", "1", "--set", "aws:region=ap-northeast-3")
    assert over.exit_code == 3
    assert over.stderr.startswith("The day costs at least 3.85 USD, more than the budget of 1 USD.")


def test_where_no_price_is_known_the_cost_is_unknown_and_never_zero() -> None:
    west = ("--stack", "azure", "--set", "azure-native:location=westeurope")
    text = genai(*west).stdout
    total = next(line.split() for line in text.splitlines() if line.startswith("total"))
    assert total == ["total", "unknown", "unknown"]
    assert "Key Vault operations" not in text
    assert "Log Analytics ingestion (price unknown)" in text
    assert "0.00" not in text
    data = json.loads(genai(*west, "--json").stdout)["cost"]
    assert (data["usdPerHour"], data["usdPerDay"]) == (None, None)
    assert data["byUse"][0]["usd"] is None


def test_a_mandatory_finding_has_an_exit_code_and_no_up_is_recommended() -> None:
    finding = Finding(policy="no-open-port", urn="", message="port 22 is open: close it", level="mandatory")
    with mock.patch("ops.stack.plan.findings", return_value=[finding]):
        result = genai("--budget", "0.5")
    assert result.exit_code == 4
    assert "more than the budget" in result.stderr
    after = result.stdout.partition("\nNext\n")[2]
    assert after.startswith("Not yet `pulumi up`: the guardrails would stop it.")
    assert "builds it" not in after
    advisory = dataclasses.replace(finding, level="advisory")
    with mock.patch("ops.stack.plan.findings", return_value=[advisory]):
        result = genai()
    assert result.exit_code == 0
    assert "pulumi up -s dev builds it" in result.stdout


def test_an_azure_plan_says_what_the_aws_stack_needs_first() -> None:
    result = genai("--stack", "azure")
    assert result.exit_code == 4
    steps = ["  pulumi config set -s dev apimEntry true", "  genai up --stack dev", "Then pulumi up -s azure builds it"]
    lines = result.stdout.partition("\nNext\n")[2].splitlines()
    assert lines[0].startswith("First, because stack dev, which awsStack names, has its entry for API Management off")
    assert all(line.startswith(step) for line, step in zip(lines[1:], steps, strict=False))


def on_databricks(stack: str) -> str:
    prices = "params: {input_cost_per_token: 1e-6, output_cost_per_token: 2e-6}"
    return f"models=[{{name: shared, model: databricks/chat, databricksStack: {stack}, {prices}}}]"


def test_an_azure_plan_stands_in_front_of_a_day_that_calls_databricks() -> None:
    on = read(ROOT, "dev", ["apimEntry=true", on_databricks("organization/genaiplatform/databricks")])
    with mock.patch("ops.stack.plan._read_aws_stack", return_value=on):
        result = genai("--stack", "azure")
    assert result.exit_code == 0, result.output


def test_a_price_as_text_is_no_secret() -> None:
    """`1e-6` is text to one reader of YAML, and its name ends with token."""
    result = genai("--set", on_databricks("organization/genaiplatform/databricks"))
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("on", ["true", "True", "1", "yes", "on"])
def test_an_entry_that_is_on_in_another_word_is_on(on: str) -> None:
    config, aws = read(ROOT, "azure"), read(ROOT, "dev", [f"apimEntry={on}"])
    with mock.patch("ops.stack.plan._read_aws_stack", return_value=aws):
        assert not first_steps(config)


@pytest.mark.parametrize(
    ("stack", "other", "says"),
    [
        (
            "azure",
            ("dev", "domain=a b"),
            "awsStack names organization/genaiplatform/dev. Pulumi.dev.yaml: domain: 'a b' is",
        ),
        (
            "dev",
            ("databricks", "servedModels=[]"),
            "databricksStack names o/genaiplatform/databricks. Pulumi.databricks.y",
        ),
    ],
)
def test_what_is_wrong_with_another_stack_is_told_as_its_own(stack: str, other: tuple[str, str], says: str) -> None:
    def reading(root: Path, name: str, overrides: Sequence[str] = ()) -> StackConfig:
        return read(root, name, [*overrides, *([other[1]] if name == other[0] else [])])

    more = ["--set", on_databricks("o/genaiplatform/databricks")] if stack == "dev" else []
    with mock.patch("ops.stack.plan.read", side_effect=reading):
        result = genai("--stack", stack, *more)
    assert result.exit_code == 2
    assert says in result.stderr


def test_people_with_a_key_for_mcp_servers_who_are_not_in_users_are_named() -> None:
    servers = "mcpServers=[{name: search, url: https://search.example.com/mcp}]"
    keys = "virtualKeys=[{alias: demo}, {alias: anna, user: anna@example.com, mcpServers: [search]}]"
    on = read(ROOT, "dev", ["apimEntry=true", servers, keys])
    with mock.patch("ops.stack.plan._read_aws_stack", return_value=on):
        assert "anna@example.com has a key for MCP servers and is not in users" in genai("--stack", "azure").stdout
        known = genai("--stack", "azure", "--set", "users=[Anna@Example.com]").stdout
    assert "is not in users" not in known


def test_settings_of_little_use_are_named() -> None:
    result = genai("--set", "virtualKeys=[]")
    assert result.exit_code == 0
    assert "virtualKeys is empty, so nobody has a key" in result.stdout
    assert "`pulumi config rm -s dev virtualKeys`" in result.stdout


def test_a_stack_without_a_page_of_its_own_draws_nothing(tmp_path: Path) -> None:
    with mock.patch("ops.commands.plan.diagram.FILE", tmp_path / "architecture.md"):
        result = genai("--stack", "azure", "--write-docs")
    assert result.exit_code == 2
    assert "What docs/ shows of an Azure stack is drawn by hand" in result.stderr
    assert not (tmp_path / "architecture.md").exists()


def test_the_pictures_of_the_aws_stack_are_written(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("Before\n```mermaid\nold\n```\nAfter\n")
    with (
        mock.patch("ops.commands.plan.diagram.FILE", tmp_path / "architecture.md"),
        mock.patch("ops.commands.plan.diagram.READMES", (readme,)),
    ):
        assert genai("--write-docs").exit_code == 0
    assert (tmp_path / "architecture.md").read_text("utf-8").startswith("# Architecture")
    assert readme.read_text("utf-8").startswith("Before\n```mermaid\nflowchart TB\n")
    assert readme.read_text("utf-8").endswith("\n```\nAfter\n")


def test_drawings_that_cannot_be_written_are_a_sentence() -> None:
    with mock.patch("pathlib.Path.write_text", side_effect=OSError(30, "Read-only file system", "docs/a.md")):
        result = genai("--write-docs")
    assert result.exit_code == 2
    assert "cannot be written: [Errno 30] Read-only file system: 'docs/a.md'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--stack", "nowhere"], "There is no stack 'nowhere'"),
        (["--set", "size"], "--set size is no assignment"),
        (["--set", "sise=team"], "did you mean size?"),
        (["--size", "huge"], "size"),
        (["--set", "vpcCidr=10.0.0.0/24"], "too small"),
        (["--set", "aws:region=tokyo"], "'tokyo' is no region"),
        (["--set", "aws:region=us-east1"], "did you mean us-east-1?"),
        (["--set", "aws:region=cn-north-1"], "is in another partition of AWS"),
        (["--set", "aws:region=us-gov-west-1"], "is in another partition of AWS"),
        (["--set", "allowedCidrs=1.2.3.4/32"], "must be a list, not '1.2.3.4/32': write [\"1.2.3.4/32\"]"),
        (
            ["--set", "models=[{name: gpt, model: gpt-4o-mini}]"],
            "names no provider: write it in front, such as openai/",
        ),
        (["--set", "models=[{name: gpt, model: azure/x}]"], "models: gpt: azure takes no call without a key: `pulumi"),
        (["--set", "models=[{name: gpt, model: azur/x}]"], "azur is no provider of LiteLLM's: did you mean azure?"),
        (["--set", "models=[{name: g, model: azure/x, provider_key: a}]"], "models[g].provider_key is not known there"),
        (["--set", "models=[{name: g, model: openai/x, params: {}, modell: y}]"], "models[g].modell is not known"),
        (["--stack", "azure", "--set", "awsStack=o/genaiplatform/prod"], "awsStack names o/genaiplatform/prod. There"),
        *(
            (
                ["--set", on_databricks(f"o/genaiplatform/{stack}")],
                f"databricksStack names o/genaiplatform/{stack}, {says}",
            )
            for stack, says in (
                ("dev", "which is an AWS stack: name a Databricks stack"),
                ("azure", "which is an Azure stack: name a Databricks stack"),
                ("mcp", "which is an MCP stack: name a Databricks stack"),
            )
        ),
        (["--set", on_databricks("a/b/c/d")], "'a/b/c/d' is not the full name of a stack"),
        (
            ["--set", on_databricks("o/other/databricks")],
            "databricksStack names o/other/databricks, of another project",
        ),
        *(
            (["--stack", "azure", "--set", f"awsStack={name}"], says)
            for name, says in (
                (
                    "o/genaiplatform/databricks",
                    "awsStack names o/genaiplatform/databricks, which is a Databricks stack:",
                ),
                ("o/genaiplatform/mcp", "awsStack names o/genaiplatform/mcp, which is an MCP stack: name an AWS stack"),
                ("o/genaiplatform/azure", "awsStack names o/genaiplatform/azure, which is an Azure stack: name an AWS"),
                ("o/other/dev", "awsStack names o/other/dev, of another project: write o/genaiplatform/dev"),
                ("a/b", "awsStack: 'a/b' is no full name of a stack: write organization/project/stack"),
                ("dev", "awsStack: 'dev' is no full name of a stack"),
                ("'o/genaiplatform/dev '", "is no full name of a stack"),
            )
        ),
        (
            ["--set", "genaiplatfrom:size=team"],
            "genaiplatfrom:size belongs to nothing here: did you mean genaiplatform",
        ),
        (["--stack", "databricks", "--set", "databrick:host=x"], "did you mean databricks:host?"),
    ],
)
def test_bad_input_is_a_sentence_and_exit_code_2(arguments: list[str], sentence: str) -> None:
    result = genai(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output


def test_help_imports_no_cloud_sdk() -> None:
    code = (
        "import sys; from ops.cli import app; from typer.testing import CliRunner; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        "print(*sorted({'pulumi', 'pulumi_aws', 'boto3', 'kubernetes', 'rich'} & sys.modules.keys()))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
