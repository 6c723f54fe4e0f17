"""`genai init --answers`: what is written, and what is refused before anything is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.commands.preflight import command as preflight
from ops.commands.pulumi_cli import PulumiCli
from ops.stack.plan import make_plan
from ops.stack.settings_file import read
from tests.ops.pulumi_cli import Cli

KEY = "key-of-a-provider-1234567890"
ANSWERS = """
region: ap-northeast-1
size: team
owner: 基盤チーム
domain: genai.example.com
allowedCidrs: [198.51.100.0/24, auto]
langfuseEmail: anna@example.com
models:
  - name: nova-lite
    model: bedrock/jp.amazon.nova-2-lite-v1:0
  - name: gpt
    model: azure/my-deployment
    params: {api_base: https://my-resource.openai.azure.com, api_version: "2025-04-01"}
    providerKey: azure
    baseModel: azure/gpt-6-luna
virtualKeys: [{alias: demo, models: [nova-lite, gpt]}]
providerKeys:
  azure: AZURE_KEY_OF_MINE
"""


def init(folder: Path, answers: str, *options: str) -> Result:
    file = folder / "answers.yaml"
    file.write_text(answers, encoding="utf-8")
    return CliRunner().invoke(app, ["init", "--answers", str(file), *options])


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_KEY_OF_MINE", KEY)


def test_the_file_has_each_answer_its_explanation_and_the_key_encrypted(
    cli: Cli, project: Path, tmp_path: Path
) -> None:
    cli.refuse("config set", "a passphrase is needed")  # so that the text stays as it was written
    without = (
        ANSWERS.replace("providerKey: azure", "")
        .replace("model: azure/my-deployment", "model: ollama/my-model")
        .partition("providerKeys")[0]
    )
    assert init(tmp_path, without).exit_code == 0
    lines = (project / "Pulumi.dev.yaml").read_text("utf-8").splitlines()
    for line in ("  aws:region: ap-northeast-1", "  genaiplatform:owner: 基盤チーム", "  - name: gpt"):
        assert line in lines
    assert lines[lines.index("  genaiplatform:owner: 基盤チーム") - 1].startswith("  # Who pays.")
    assert max(map(len, lines)) <= 120


def test_what_is_written_is_what_the_program_builds(cli: Cli, project: Path, tmp_path: Path) -> None:
    result = init(tmp_path, ANSWERS)
    assert (result.exit_code, result.stderr) == (0, "")
    config = read(project, "dev")
    assert config.values["aws:region"] == "ap-northeast-1"
    assert config.secret_keys == ("genaiplatform:providerKeys",)
    plan = make_plan(config)
    assert plan.domain == "genai.example.com"
    assert plan.resources[0].name == "genaiplatform-dev"


def test_a_key_goes_to_the_cli_by_standard_input_and_stands_nowhere(cli: Cli, project: Path, tmp_path: Path) -> None:
    result = init(tmp_path, ANSWERS)
    (secret,) = (one for one in cli.asked if "--secret" in one["words"])
    assert secret["given"] == KEY
    assert " ".join(secret["words"]) == "config set --stack dev --secret --path providerKeys.azure"
    assert not [one for one in cli.asked if KEY in " ".join(one["words"])]
    assert KEY not in result.output + (project / "Pulumi.dev.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("stack", "azure_stack", "kind"),
    [("dev", "azure", None), ("dev-anna", "azure-anna", None), ("prod", "azure-prod", "aws")],
)
def test_azure_is_a_second_stack_in_front_of_the_first(
    cli: Cli, project: Path, tmp_path: Path, stack: str, azure_stack: str, kind: str | None
) -> None:
    azure = (
        "owner: anna\nazure: {region: japaneast, publisherEmail: anna@example.com, clients: [{name: chat, key: demo}]}"
    )
    result = init(tmp_path, azure, "--stack", stack)
    assert (result.exit_code, result.stderr) == (0, "")
    files = {file.name for file in project.iterdir()}
    assert files == {"Pulumi.yaml", f"Pulumi.{stack}.yaml", f"Pulumi.{azure_stack}.yaml"}
    aws = yaml.safe_load((project / f"Pulumi.{stack}.yaml").read_text("utf-8"))["config"]
    assert (aws["genaiplatform:apimEntry"], aws.get("genaiplatform:kind")) == (True, kind)
    gateway = yaml.safe_load((project / f"Pulumi.{azure_stack}.yaml").read_text("utf-8"))["config"]
    assert gateway["azure-native:location"] == "japaneast"
    assert gateway["genaiplatform:awsStack"] == f"organization/genaiplatform/{stack}"
    assert gateway["genaiplatform:insecureBackend"] is True
    assert gateway["genaiplatform:owner"] == "anna"
    assert result.stdout.rstrip().endswith(f"genai up --stack {stack}\n  .venv/bin/genai up --stack {azure_stack}")


def test_with_a_domain_azure_checks_the_certificate_and_in_pulumi_cloud_the_user_owns_the_stack(
    cli: Cli, project: Path, tmp_path: Path
) -> None:
    (cli.folder / "backend").write_text("https://app.pulumi.com/somebody")
    assert init(tmp_path, "domain: genai.example.com\nazure: {region: japaneast}").exit_code == 0
    gateway = yaml.safe_load((project / "Pulumi.azure.yaml").read_text("utf-8"))["config"]
    assert "genaiplatform:insecureBackend" not in gateway
    assert gateway["genaiplatform:awsStack"] == "somebody/genaiplatform/dev"


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ("region: tokyo", "region: 'tokyo' is no region"),
        ("sise: team", "sise is no setting: did you mean size?"),
        ("size: huge", "size must be 'day' or 'team', not 'huge'"),
        ("size: [team]", "size must be"),
        ("domain: not a domain", "domain: 'not a domain' is no domain name"),
        ("owner: 'aws:me'", "owner: 'aws:me' is not a value that tags can carry"),
        ("owner: 2026-01-01", "owner is no text but a date"),
        ("langfuseEmail: anna", "langfuseEmail: 'anna' is not an e-mail address"),
        ("allowedCidrs: [10.0.0.0/8]", "allowedCidrs: 10.0.0.0/8 is part of"),
        ("allowedCidrs: 198.51.100.0/24", "allowedCidrs must be a list"),
        ("allowedCidrs: [0.0.0.0/0]", "allowedCidrs lets the whole world in"),
        ("models: [{name: gpt, model: azure/x, providerKey: azure}]", "models: gpt refers to the provider key 'azure'"),
        ("models: [{name: a, model: openai/x}, {name: a, model: openai/y}]", "models: two entries have the name 'a'"),
        ("models: [{name: a, model: openai/x, params: {api_key: x}}]", "models: a: params.api_key would stand in"),
        ("virtualKeys: [{alias: demo, models: [gpt]}]", "virtualKeys: demo may use 'gpt', which is no model"),
        ("region: sa-east-1", "models: the default nova-lite has no documented way of inference in sa-east-1"),
        ("fixedSecrets: {langfusePassword: abcdefgh}", "fixedSecrets is set in plain text"),
        ("genaiplatform:providerKeys: {azure: abc}", "providerKeys must be an object: by name"),
        ("providerKeys: [a]", "providerKeys must be an object: by name"),
        ("providerKeys: {azure: NOT_SET}", "providerKeys.azure must be the name of an environment variable"),
        ("providerKeys: {azure: 1}", "providerKeys.azure must be the name of an environment variable"),
        ("providerKeys: {azure: }", "providerKeys.azure must be the name of an environment variable"),
        ("providerKeys: {Azure: AZURE_KEY_OF_MINE}", "providerKeys.Azure is no name"),
        ("aws:profile: me", "aws:profile would reach only Pulumi's provider"),
        ("kind: azure", "kind is azure, but a stack called dev is an AWS stack"),
        ("azure: yes please", "azure must be an object"),
        ("azure: [japaneast]", "azure must be an object"),
        ("azure: {}", "azure.region is missing"),
        ("azure: {region: mars}", "azure.region: 'mars' does not offer"),
        ("azure: {region: japaneast, publisherEmail: x}", "azure.publisherEmail: 'x' is not an e-mail address"),
        ("azure: {region: japaneast, providerKeys: {a: b}}", "providerKeys"),
        ("azure: {region: japaneast, size: team}", "azure.size is a setting of an AWS stack"),
        ("azure: {region: japaneast, clients: [{name: A b}]}", "azure.clients"),
        ("azure: {region: japaneast, owner: 2026-01-01}", "azure.owner is no text but a date"),
        ("frontDoor: true", "frontDoor is no setting: it is called apimEntry now"),
        ("state: 7", "state must be text"),
        ("state: ftp://x", "`pulumi login ftp://x`: no such kind of backend"),
        ("- region", "does not hold answers by name"),
        ("1: 2", "does not hold answers by name"),
        ("", "does not hold answers by name"),
        ("region: [", "is no valid YAML"),
        ("region: us-east-1\nregion: eu-west-1", "is no valid YAML: line 2, column 1: the key 'region' stands twice"),
        ("region: ", "region: '' is no region of AWS: set one such as us-east-1"),
        ("azure: {region: }", "azure.region is missing"),
        ("region: \x00", "is no valid YAML"),
    ],
)
def test_a_bad_answer_is_named_and_nothing_is_written(
    cli: Cli, project: Path, tmp_path: Path, answers: str, sentence: str
) -> None:
    cli.refuse("login", "no such kind of backend")
    result = init(tmp_path, answers)
    assert result.exit_code == 2
    assert sentence in result.stderr
    for setting in ("aws:region", "azure-native:location", "genaiplatform:", "Pulumi.dev.yaml"):
        assert setting not in result.stderr
    assert isinstance(result.exception, SystemExit)
    assert [file.name for file in project.iterdir()] == ["Pulumi.yaml"]
    assert [words for words in cli.changed if not words.startswith("login")] == []


def test_a_key_in_the_place_of_a_variable_is_not_shown(cli: Cli, project: Path, tmp_path: Path) -> None:
    result = init(tmp_path, f"providerKeys: {{azure: {KEY}}}")
    assert result.exit_code == 2
    assert KEY not in result.output


@pytest.mark.parametrize("name", ["Dev", "a/b", "../dev", "azure", "azure-2", ""])
def test_a_name_that_no_aws_stack_can_have_is_refused(cli: Cli, project: Path, tmp_path: Path, name: str) -> None:
    result = init(tmp_path, "size: day", "--stack", name)
    assert result.exit_code == 2
    assert "called" in result.stderr
    assert [file.name for file in project.iterdir()] == ["Pulumi.yaml"]


@pytest.mark.parametrize("there", ["dev", "azure"])
def test_a_file_that_is_there_stays_unless_it_may_be_replaced(
    cli: Cli, project: Path, tmp_path: Path, there: str
) -> None:
    file = project / f"Pulumi.{there}.yaml"
    file.write_text("config: {}\nencryptionsalt: v1:abc=:v1:x:y==\n")
    answers = "owner: anna\nazure: {region: japaneast}"
    result = init(tmp_path, answers)
    assert result.exit_code == 2
    assert f"Pulumi.{there}.yaml exists" in result.stderr
    assert file.read_text().startswith("config: {}")
    assert len(list(project.iterdir())) == 2
    assert init(tmp_path, answers, "--overwrite").exit_code == 0
    written = yaml.safe_load(file.read_text("utf-8"))
    assert written["config"]["genaiplatform:owner"] == "anna"
    assert written["encryptionsalt"] == "v1:abc=:v1:x:y=="


def test_no_file_of_answers_is_a_sentence(cli: Cli, project: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["init", "--answers", str(tmp_path / "none.yaml")])
    assert (result.exit_code, "none.yaml cannot be read: No such file" in result.stderr) == (2, True)


@pytest.mark.parametrize("failing", ["stack init azure", "config set"])
def test_what_goes_wrong_in_the_middle_leaves_all_as_it_was(
    cli: Cli, project: Path, tmp_path: Path, failing: str
) -> None:
    cli.refuse(failing, "the bucket is gone")
    result = init(tmp_path, ANSWERS + "azure: {region: japaneast}")
    assert (result.exit_code, "the bucket is gone" in result.stderr) == (2, True)
    assert [file.name for file in project.iterdir()] == ["Pulumi.yaml"]
    made = [words.split()[2] for words in cli.changed if words.startswith("stack init") and failing not in words]
    assert [words.split()[2] for words in cli.changed if words.startswith("stack rm")] == made[::-1]


def test_a_ctrl_c_in_the_middle_leaves_all_as_it_was(
    cli: Cli, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PulumiCli, "set_secret", interrupted)
    result = init(tmp_path, ANSWERS)
    assert (result.exit_code, "nothing was written" in result.stderr) == (2, True)
    assert [file.name for file in project.iterdir()] == ["Pulumi.yaml"]
    assert cli.changed[-1] == "stack rm dev --yes"


def test_a_stack_that_was_there_before_is_never_removed(cli: Cli, project: Path, tmp_path: Path) -> None:
    cli.refuse("stack init", "stack 'organization/genaiplatform/dev' already exists")
    assert init(tmp_path, ANSWERS).exit_code == 0
    assert (project / "Pulumi.dev.yaml").exists()
    assert not [words for words in cli.changed if words.startswith("stack rm")]


def test_the_state_goes_where_the_answer_says(cli: Cli, project: Path, tmp_path: Path) -> None:
    assert init(tmp_path, "state: s3://bucket?region=us-east-1").exit_code == 0
    assert cli.changed[0] == "login s3://bucket?region=us-east-1"
    before = len(cli.changed)
    assert init(tmp_path, "state: s3://bucket?region=us-east-1", "--overwrite").exit_code == 0
    assert not [words for words in cli.changed[before:] if words.startswith("login")]


def test_who_is_logged_in_nowhere_must_say_where_the_state_goes(cli: Cli, project: Path, tmp_path: Path) -> None:
    (cli.folder / "backend").unlink()
    result = init(tmp_path, "size: day")
    assert (result.exit_code, "state is not answered" in result.stderr) == (2, True)
    assert cli.changed == []


def test_a_backend_of_the_environment_is_not_overruled(
    cli: Cli, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file://~")
    result = init(tmp_path, "state: s3://bucket")
    assert (result.exit_code, "PULUMI_BACKEND_URL is file://~ and wins" in result.stderr) == (2, True)
    assert cli.changed == []


def test_without_a_passphrase_nothing_is_made(
    cli: Cli, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    result = init(tmp_path, "size: day")
    assert (result.exit_code, "Set PULUMI_CONFIG_PASSPHRASE" in result.stderr) == (2, True)
    assert cli.changed == []
    (cli.folder / "backend").write_text("https://app.pulumi.com/somebody")  # which encrypts by itself
    assert init(tmp_path, "size: day").exit_code == 0


@pytest.mark.parametrize(("provider", "asked"), [("awskms://alias/state", False), ("passphrase", True)])
def test_a_key_of_a_cloud_needs_no_passphrase(
    cli: Cli, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str, asked: bool
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    cli.refuse("stack init", "stack 'organization/genaiplatform/dev' already exists")
    (project / "Pulumi.dev.yaml").write_text(f"secretsprovider: {provider}\nencryptedkey: abc\n")
    result = init(tmp_path, ANSWERS, "--overwrite")
    assert (result.exit_code, "Set PULUMI_CONFIG_PASSPHRASE" in result.stderr) == ((2, True) if asked else (0, False))
    assert ("encryptedkey: abc" in (project / "Pulumi.dev.yaml").read_text()) is True
    if not asked:  # the gateway's file does not exist yet, so a passphrase is needed for that
        assert init(tmp_path, ANSWERS + "azure: {region: japaneast}", "--overwrite").exit_code == 2


def test_without_the_cli_it_says_what_to_install(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = init(tmp_path, "size: day")
    assert (result.exit_code, "pulumi is not installed" in result.stderr) == (2, True)


@pytest.mark.parametrize(("found", "code"), [(0, 0), (1, 1), (2, 1)])
def test_preflight_is_run_where_there_are_credentials(
    cli: Cli, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: int, code: int
) -> None:
    asked: list[str] = []

    def looks(stack: str) -> None:
        asked.append(stack)
        raise typer.Exit(found)

    monkeypatch.setattr(preflight, "preflight", looks)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nobody")
    result = init(tmp_path, "size: day")
    assert (result.exit_code, asked) == (code, ["dev"])
    assert ("genai preflight" in result.stdout) == bool(code)


def test_without_credentials_it_says_that_nothing_was_asked(cli: Cli, project: Path, tmp_path: Path) -> None:
    result = init(tmp_path, "size: day")
    assert "was not asked: there are no AWS credentials here" in result.stdout
    assert "genai preflight --stack dev" in result.stdout


def test_a_profile_that_does_not_exist_is_said(
    cli: Cli, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    result = init(tmp_path, "size: day")
    assert result.exit_code == 0
    assert "The config profile (nobody) could not be found" in result.stdout


def test_answers_may_be_any_setting(cli: Cli, project: Path, tmp_path: Path) -> None:
    assert init(tmp_path, json.dumps({"vpcCidr": "10.8.0.0/16", "aws:maxRetries": "3"})).exit_code == 0
    values = read(project, "dev").values
    assert (values["genaiplatform:vpcCidr"], values["aws:maxRetries"]) == ("10.8.0.0/16", "3")
