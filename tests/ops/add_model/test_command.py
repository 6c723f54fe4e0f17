"""`genai add-model`: what it writes, and what it refuses before it writes anything."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.commands.add_model import adding
from ops.commands.add_model.providers import PROVIDERS
from ops.commands.pulumi_cli import PulumiCli
from ops.model.needs import aws_needs
from ops.model.recorder import record
from ops.project import ROOT
from ops.stack.settings_file import read
from tests.ops.pulumi_cli import Cli

KEY = "key-of-a-provider-1234567890"
STACK = "# Mine\nconfig:\n  aws:region: ap-northeast-1 # Tokyo\n"
AZURE = ("gpt", "azure/my-deployment", "--param", "api_base=https://my-resource.openai.azure.com")


def add(*words: str, answers: tuple[str, ...] = ()) -> Result:
    return CliRunner().invoke(app, ["add-model", *words], input="".join(f"{line}\n" for line in answers))


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_MINE", KEY)


@pytest.fixture
def stack(project: Path) -> Path:
    """The file of the stack dev."""
    file = project / "Pulumi.dev.yaml"
    file.write_text(STACK)
    return file


@pytest.fixture
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.commands.terminal.has_terminal", lambda: True)
    monkeypatch.setattr(adding, "has_terminal", lambda: True)


def models(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text("utf-8"))["config"]["genaiplatform:models"]
    return found


def test_a_model_of_azure_joins_the_default_ones_and_litellm_gets_its_key(cli: Cli, project: Path, stack: Path) -> None:
    result = add(*AZURE, "--base-model", "azure/gpt-6-luna", "--key-from", "KEY_OF_MINE", "--virtual-key", "demo")
    assert (result.exit_code, result.stderr) == (0, "")
    assert models(stack) == [
        {"name": "nova-lite", "model": "bedrock/jp.amazon.nova-2-lite-v1:0"},
        {"name": "echo", "model": "openai/echo", "params": {"mock_response": "pong"}},
        {
            "name": "gpt",
            "model": "azure/my-deployment",
            "params": {"api_base": "https://my-resource.openai.azure.com"},
            "providerKey": "azure",
            "baseModel": "azure/gpt-6-luna",
        },
    ]
    config = read(project, "dev")
    needs = aws_needs(record(stack="dev", config=config.values, secret_keys=config.secret_keys), "ap-northeast-1")
    (gpt,) = (model for model in needs.models if model["model_name"] == "gpt")
    assert gpt["api_key"] == "os.environ/PROVIDER_KEY_AZURE"
    assert json.loads(config.values["genaiplatform:virtualKeys"]) == [{"alias": "demo", "models": ["nova-lite", "gpt"]}]


def test_the_key_goes_to_the_cli_by_standard_input_and_stands_nowhere(cli: Cli, stack: Path) -> None:
    result = add("flash", "gemini/gemini-3.1-flash-lite", "--key-from", "KEY_OF_MINE")
    assert result.exit_code == 0
    assert [call["given"] for call in cli.asked if "--secret" in call["words"]] == [KEY]
    assert KEY not in " ".join(cli.changed) + result.output + stack.read_text("utf-8")
    assert "No virtual key may use it yet" in result.stdout


def test_models_that_are_there_stay_and_a_key_that_is_there_is_used(cli: Cli, stack: Path) -> None:
    assert add("one", "gemini/gemini-3.1-flash-lite", "--key-from", "KEY_OF_MINE").exit_code == 0
    assert add("two", "gemini/gemini-3.5-flash").exit_code == 0
    assert add("three", "mistral/large", "--key-from", "KEY_OF_MINE", "--key-name", "mistral-eu").exit_code == 0
    assert add("four", "bedrock/us.amazon.nova-pro-v1:0", "--param", "temperature=0.5").exit_code == 0
    added = models(stack)[2:]
    assert [(entry["name"], entry.get("providerKey")) for entry in added] == [
        *(("one", "gemini"), ("two", "gemini"), ("three", "mistral-eu"), ("four", None)),
    ]
    assert added[3]["params"] == {"temperature": 0.5}
    assert [call["words"][-1] for call in cli.asked if "--secret" in call["words"]] == [
        *("providerKeys.gemini", "providerKeys.mistral-eu"),
    ]


def test_a_model_that_litellm_answers_itself_needs_no_key(cli: Cli, stack: Path) -> None:
    assert add("ping", "openai/ping", "--param", "mock_response=pong").exit_code == 0
    assert models(stack)[2] == {"name": "ping", "model": "openai/ping", "params": {"mock_response": "pong"}}


def test_a_virtual_key_that_there_is_not_yet_is_made(cli: Cli, stack: Path) -> None:
    words = ("flash", "gemini/gemini-3.1-flash-lite", "--key-from", "KEY_OF_MINE", "--virtual-key", "batch")
    assert add(*words).exit_code == 0
    written = yaml.safe_load(stack.read_text("utf-8"))["config"]["genaiplatform:virtualKeys"]
    assert written == [{"alias": "demo"}, {"alias": "batch", "models": ["flash"]}]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((*AZURE,), "azure/my-deployment needs a key of Azure OpenAI"),
        (("gpt", "azure/x", "--key-from", "KEY_OF_MINE"), "azure/x needs api_base: give `--param api_base=https://"),
        (("flash", "gemini/x"), "gemini/x needs a key of Google Gemini (aistudio.google.com/apikey)"),
        (("flash", "gemini/x", "--key-from", "NOT_SET"), "--key-from NOT_SET: there is no such environment variable"),
        (("flash", "gemini/x", "--key-name", "nobody"), "gemini/x needs a key of Google Gemini"),
        (("echo", "openai/x", "--key-from", "KEY_OF_MINE"), "models: two entries have the name 'echo'"),
        (("Flash", "gemini/x", "--key-from", "KEY_OF_MINE"), "'Flash' is not a name that LiteLLM"),
        (("x", "gemini/x y", "--key-from", "KEY_OF_MINE"), "is not a model of LiteLLM's"),
        (("x", "gemini/x", "--key-from", "KEY_OF_MINE", "--key-name", "A"), "providerKeys.A is no name"),
        (("x", "bedrock/nothing"), "'nothing' is no id of a model of Bedrock"),
        (("x", "bedrock/amazon.nova-pro-v1:0", "--param", "api_key=abc"), "params.api_key would stand in a ConfigMap"),
        (("x", "bedrock/amazon.nova-pro-v1:0", "--param", "max_tokens"), "--param max_tokens is no assignment"),
        (("x", "bedrock/amazon.nova-pro-v1:0", "--param", "a=[1"), "--param a: the value is neither"),
        (("x", "bedrock/amazon.nova-pro-v1:0", "--virtual-key", "A B"), "'A B' is not a name"),
        (("x",), "There is no terminal to ask on: give a name and a model"),
        ((), "There is no terminal to ask on: give a name and a model"),
        (("x", "gemini/x", "--stack", "nobody"), "There is no stack 'nobody'"),
        (("x", "gemini/x", "--stack", "azure"), "Stack azure is an Azure stack and serves no models"),
    ],
)
def test_bad_input_is_a_sentence_and_changes_nothing(
    cli: Cli, project: Path, stack: Path, words: tuple[str, ...], sentence: str
) -> None:
    (project / "Pulumi.azure.yaml").write_text("config: {azure-native:location: japaneast}")
    result = add(*words)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert KEY not in result.output
    assert stack.read_text("utf-8") == STACK
    assert cli.changed == []


def test_keys_in_plain_text_are_refused_before_another_is_added(cli: Cli, stack: Path) -> None:
    stack.write_text(STACK + "  genaiplatform:providerKeys: {gemini: abc}\n")
    result = add("flash", "gemini/gemini-3.1-flash-lite")
    assert (result.exit_code, "providerKeys is set in plain text" in result.stderr) == (2, True)


@pytest.mark.parametrize("failing", ["config set-all", "config set --stack"])
def test_what_goes_wrong_in_the_middle_leaves_the_file_as_it_was(cli: Cli, stack: Path, failing: str) -> None:
    cli.refuse(failing, "no stack named 'dev' found")
    result = add("flash", "gemini/gemini-3.1-flash-lite", "--key-from", "KEY_OF_MINE")
    assert (result.exit_code, "no stack named 'dev' found" in result.stderr) == (2, True)
    assert stack.read_text("utf-8") == STACK


def test_a_ctrl_c_in_the_middle_leaves_the_file_as_it_was(
    cli: Cli, stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PulumiCli, "set_secret", interrupted)
    result = add("flash", "gemini/gemini-3.1-flash-lite", "--key-from", "KEY_OF_MINE")
    assert (result.exit_code, "nothing was written" in result.stderr) == (2, True)
    assert stack.read_text("utf-8") == STACK


def test_without_a_passphrase_a_key_is_not_stored(cli: Cli, stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    result = add("flash", "gemini/gemini-3.1-flash-lite", "--key-from", "KEY_OF_MINE")
    assert (result.exit_code, "Set PULUMI_CONFIG_PASSPHRASE" in result.stderr) == (2, True)
    assert add("nova-pro", "bedrock/us.amazon.nova-pro-v1:0").exit_code == 0  # has no key


@pytest.mark.usefixtures("_terminal")
def test_on_a_terminal_it_asks_for_what_is_missing(cli: Cli, stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    result = add("gpt", "azure/my-deployment", answers=("https://my-resource.openai.azure.com", "", KEY, "open sesame"))
    assert (result.exit_code, result.stderr) == (0, "")
    assert KEY not in result.output
    assert models(stack)[2]["params"] == {"api_base": "https://my-resource.openai.azure.com"}
    assert (cli.asked[-1]["given"], cli.asked[-1]["passphrase"]) == (KEY, "open sesame")


@pytest.mark.usefixtures("_terminal")
def test_on_a_terminal_it_asks_for_everything_until_it_is_right(cli: Cli, stack: Path) -> None:
    result = add(answers=("", "gemini", "gemini-3.1-flash-lite", "echo", KEY, "gemini", "x", "flash", KEY))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "two entries have the name 'echo'" in result.stdout
    assert models(stack)[2]["name"] == "flash"


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_the_page_shows_the_command_of_every_provider(provider: Any) -> None:
    page = (ROOT / "docs" / "models.md").read_text("utf-8")
    assert f"{provider.word}/{provider.example}" in page
    assert provider.title in page


@pytest.mark.engine
def test_the_real_cli_keeps_what_stands_around_it(real_cli: str, project: Path, stack: Path, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    own = {
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "open sesame",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        subprocess.run([real_cli, "stack", "init", "dev", "--cwd", str(project)], check=True, capture_output=True)
        result = add(*AZURE, "--key-from", "KEY_OF_MINE", "--param", "api_version=2025-04-01", "--param", "timeout=60")
        assert (result.exit_code, result.stderr) == (0, "")
        shown = subprocess.run(
            [real_cli, "config", "--stack", "dev", "--show-secrets", "--json", "--cwd", str(project)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ,
        )
    text = stack.read_text("utf-8")
    assert text.startswith("# Mine\n")
    assert "aws:region: ap-northeast-1 # Tokyo" in text
    assert KEY not in text
    found = json.loads(shown.stdout)
    assert found["genaiplatform:providerKeys"]["objectValue"] == {"azure": KEY}
    params = found["genaiplatform:models"]["objectValue"][2]["params"]
    assert params == {"api_base": "https://my-resource.openai.azure.com", "api_version": "2025-04-01", "timeout": 60}
