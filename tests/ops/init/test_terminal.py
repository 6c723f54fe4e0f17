"""`genai init` on a terminal: the questions, and what becomes of the answers."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.commands.init import set_up
from ops.project import ROOT
from ops.stack.plan import make_plan
from ops.stack.settings_file import read
from tests.ops.pulumi_cli import Cli

KEY = "key-of-a-provider-1234567890"


def init(*lines: str, options: tuple[str, ...] = ()) -> Result:
    return CliRunner().invoke(app, ["init", *options], input="".join(f"{line}\n" for line in lines))


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_up, "has_terminal", lambda: True)


def settings(project: Path, stack: str = "dev") -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load((project / f"Pulumi.{stack}.yaml").read_text("utf-8"))["config"]
    return found


def test_enter_everywhere_takes_the_defaults(cli: Cli, project: Path) -> None:
    result = init(*[""] * 10)
    assert (result.exit_code, result.stderr) == (0, "")
    assert settings(project) == {
        "aws:region": "us-east-1",
        "genaiplatform:size": "day",
        "genaiplatform:owner": "genaiplatform",
        "genaiplatform:domain": "",
        "genaiplatform:allowedCidrs": ["auto"],
        "genaiplatform:langfuseEmail": "admin@example.com",
    }
    assert cli.changed == ["stack init dev --no-select"]


def test_each_question_is_explained_and_a_bad_answer_is_asked_again(cli: Cli, project: Path) -> None:
    result = init(
        *("", "tokyo", "ap-northeast-1", "huge", "team", "aws:me", "anna", "a b", "genai.example.com"),
        *("10.0.0.0/8", "198.51.100.0/24, auto", "anna", "anna@example.com", "", "n"),
    )
    assert (result.exit_code, result.stderr) == (0, "")
    for sentence in (
        "'tokyo' is no region",
        "size must be 'day' or 'team'",
        "'aws:me' is not a value that tags can carry",
        "'a b' is no domain name",
        "10.0.0.0/8 is part of",
        "'anna' is not an e-mail address",
        "Where the state lives",
        "Who pays.",
        "Serve HTTPS at",
        "IPv4 ranges that may enter",
        "Models that need no key: nova-lite, echo",
        "stand in front of LiteLLM",
    ):
        assert sentence in result.stdout
    found = settings(project)
    assert found["aws:region"] == "ap-northeast-1"
    assert found["genaiplatform:allowedCidrs"] == ["198.51.100.0/24", "auto"]
    assert "genaiplatform:models" not in found


def test_models_are_asked_for_with_their_keys_and_both_stacks_are_written(cli: Cli, project: Path) -> None:
    result = init(
        *("", "", "", "", "", "", ""),
        *("azure", "my-deployment", "gpt", "https://me:pw@my-resource.openai.azure.com", "azure/gpt-6-luna", KEY),
        *("azure", "my-deployment", "gpt", "https://my-resource.openai.azure.com", "azure/gpt-6-luna", KEY),
        *("gemini", "gemini/gemini-3.1-flash-lite", "", f"{KEY}-2"),
        *("azure", "other", "", "https://my-resource.openai.azure.com", ""),
        *("bedrock", "us.amazon.nova-pro-v1:0", "nova-pro"),
        *("mistral", "mistral-large-latest", "", f"{KEY}-3"),
        *("", "y", "mars", "japaneast", "anna@example.com"),
    )
    assert (result.exit_code, result.stderr) == (0, "")
    assert KEY not in result.stdout
    assert "params.api_base would stand in a ConfigMap" in result.stdout or "the credential in" in result.stdout
    assert "'mars' does not offer" in result.stdout
    found = settings(project)
    models = found["genaiplatform:models"]
    assert isinstance(models, list)
    assert [(one["name"], one["model"], one.get("providerKey")) for one in models] == [
        ("nova-lite", "bedrock/amazon.nova-lite-v1:0", None),
        ("echo", "openai/echo", None),
        ("gpt", "azure/my-deployment", "azure"),
        ("gemini-3.1-flash-lite", "gemini/gemini-3.1-flash-lite", "gemini"),
        ("other", "azure/other", "azure"),
        ("nova-pro", "bedrock/us.amazon.nova-pro-v1:0", None),
        ("mistral-large-latest", "mistral/mistral-large-latest", "mistral"),
    ]
    assert models[2]["baseModel"] == "azure/gpt-6-luna"
    assert [one["given"] for one in cli.asked if "--secret" in one["words"]] == [KEY, f"{KEY}-2", f"{KEY}-3"]
    (demo,) = yaml.safe_load(json.dumps(found["genaiplatform:virtualKeys"]))
    assert demo["models"][:3] == ["nova-lite", "gpt", "gemini-3.1-flash-lite"]
    assert settings(project, "azure")["azure-native:location"] == "japaneast"


def test_a_region_without_a_default_model_has_echo(cli: Cli, project: Path) -> None:
    result = init("", "sa-east-1", *[""] * 8)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Models that need no key: echo." in result.stdout
    (echo,) = yaml.safe_load(json.dumps(settings(project)["genaiplatform:models"]))
    assert echo["name"] == "echo"


def test_a_backend_that_refuses_is_asked_for_again(cli: Cli, project: Path) -> None:
    (cli.folder / "backend").unlink()
    cli.refuse("login ftp", "no such kind of backend")
    result = init("ftp://x", "file://~", *[""] * 9)
    assert (result.exit_code, result.stderr) == (0, "")
    assert cli.changed[:2] == ["login ftp://x", "login file://~"]


def test_a_passphrase_is_asked_for_twice_and_only_the_cli_gets_it(
    cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    result = init(*[""] * 9, "open sesame", "open barley", "open sesame", "open sesame")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "sesame" not in result.stdout
    assert cli.asked[-1]["passphrase"] == "open sesame"
    assert "export PULUMI_CONFIG_PASSPHRASE=..." in result.stdout


def test_a_file_that_is_there_is_replaced_only_after_asking(cli: Cli, project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text("config: {}\n")
    result = init("")
    assert (result.exit_code, "Pulumi.dev.yaml stays as it is" in result.stderr) == (2, True)
    assert file.read_text() == "config: {}\n"
    assert init("y", *[""] * 9).exit_code == 0
    assert settings(project)["genaiplatform:size"] == "day"


def test_the_azure_file_is_asked_about_too(cli: Cli, project: Path) -> None:
    (project / "Pulumi.azure.yaml").write_text("config: {}\n")
    result = init(*[""] * 8, "y", "", "", "n")
    assert (result.exit_code, "Pulumi.azure.yaml stays as it is" in result.stderr) == (2, True)
    assert {file.name for file in project.iterdir()} == {"Pulumi.yaml", "Pulumi.azure.yaml"}


def test_input_that_ends_leaves_all_as_it_was(cli: Cli, project: Path) -> None:
    result = init("", "ap-northeast-1")
    assert (result.exit_code, "nothing was written" in result.stderr) == (2, True)
    assert [file.name for file in project.iterdir()] == ["Pulumi.yaml"]


def test_without_a_terminal_it_says_how(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_up, "has_terminal", lambda: False)
    result = init()
    assert (result.exit_code, "There is no terminal to ask on: give a file" in result.stderr) == (2, True)


_GENAI = """
import os, pathlib, sys
import ops.project
ops.project.ROOT = pathlib.Path(os.environ["HOME"])
from ops.cli import main
main()
"""


class Screen:
    """A real terminal with `genai` on it, whose project is the folder HOME."""

    def __init__(self, *words: str, **environment: str) -> None:
        self.master, slave = pty.openpty()
        self.text = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _GENAI, *words],
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            cwd=environment["HOME"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def until(self, pattern: str) -> None:
        deadline, begin = time.monotonic() + 120, len(self.text)
        while not re.search(pattern, self.text[begin:]):
            assert time.monotonic() < deadline, self.text
            if select.select([self.master], [], [], 1)[0]:
                self.text += os.read(self.master, 65536).decode("utf-8", "replace").replace("\r\n", "\n")

    def answer(self, question: str, text: str) -> None:
        self.until(rf"{question}[^\n]*: $")
        os.write(self.master, f"{text}\n".encode())


@pytest.mark.engine
def test_a_stack_is_set_up_with_the_real_cli_on_a_real_terminal(real_cli: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text("utf-8"), "utf-8")
    (tmp_path / "state").mkdir()
    state = f"file://{tmp_path}/state"
    environment = {"HOME": str(tmp_path), "PULUMI_HOME": str(tmp_path / "pulumi"), "AWS_EC2_METADATA_DISABLED": "true"}
    screen = Screen("init", "--stack", "dev-anna", **environment)
    screen.answer("state", state)
    screen.answer("region", "ap-northeast-1")
    for name in ("size", "owner", "domain", "allowedCidrs"):
        screen.answer(name, "")
    screen.answer("langfuseEmail", "anna@example.com")
    for question, said in (
        ("Provider", "gemini"),
        ("Model", "gemini-3.1-flash-lite"),
        ("Name", "flash"),
        ("Key of Google Gemini", KEY),
        ("Provider", ""),
        ("Also Azure", "n"),
        ("Passphrase", "open sesame"),
        ("The same again", "open sesame"),
    ):
        screen.answer(question.replace("?", r"\?"), said)
    assert screen.process.wait(120) == 0
    screen.until("Next:")
    assert KEY not in screen.text
    assert "open sesame" not in screen.text
    config = read(tmp_path, "dev-anna")
    assert make_plan(config).cost.region == "ap-northeast-1"
    shown = subprocess.run(
        [real_cli, "config", "get", "--path", "providerKeys.gemini", "--stack", "dev-anna", "--cwd", str(tmp_path)],
        env={**os.environ, **environment, "PULUMI_CONFIG_PASSPHRASE": "open sesame"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == KEY


@pytest.mark.engine
def test_a_ctrl_c_on_a_real_terminal_leaves_all_as_it_was(real_cli: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text("utf-8"), "utf-8")
    environment = {"HOME": str(tmp_path), "PULUMI_HOME": str(tmp_path / "pulumi")}
    screen = Screen("init", "--stack", "dev-anna", **environment)
    screen.answer("state", f"file://{tmp_path}")
    screen.until("region")
    os.killpg(screen.process.pid, signal.SIGINT)
    assert screen.process.wait(60) == 2
    screen.until("nothing was written")
    assert not (tmp_path / "Pulumi.dev-anna.yaml").exists()
