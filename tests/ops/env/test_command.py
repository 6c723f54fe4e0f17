"""`genai env` as it is typed, with a `pulumi` that answers for two stacks, and shells that evaluate what is printed."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from ops.commands.env.command import env
from ops.typer_command import GenaiCommand
from tests.ops.env.project import DAY, pulumi

app = typer.Typer(rich_markup_mode=None)
app.command(cls=GenaiCommand)(env)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def evaluated(shell: str, text: str, folder: Path) -> dict[str, str]:
    """What a shell that evaluates the text passes on to programs."""
    tell = "import json, os, sys; json.dump(dict(os.environ), sys.stdout)"
    said = subprocess.run(
        [shell, "-c", f'eval "$TEXT"; exec "$PYTHON" -c "{tell}"'],
        env={"TEXT": text, "PYTHON": sys.executable, "HOME": "/home/user"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stderr == ""
    return dict(json.loads(said.stdout))


VARIABLES = {
    "OPENAI_BASE_URL": "http://entry-1.us-east-1.elb.amazonaws.com/v1",
    "OPENAI_API_KEY": DAY["virtualKeys"]["demo"],
    "LANGFUSE_BASE_URL": DAY["langfuseUrl"],
    "LANGFUSE_HOST": DAY["langfuseUrl"],
    "LANGFUSE_PUBLIC_KEY": DAY["langfusePublicKey"],
    "LANGFUSE_SECRET_KEY": DAY["langfuseSecretKey"],
}


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_that_evaluates_it_has_the_values_whatever_they_hold(shell: str, tmp_path: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"there is no {shell} here")
    (folder := tmp_path / "empty").mkdir()
    result = run()
    assert result.exit_code == 0
    assert VARIABLES.items() <= evaluated(shell, result.stdout, folder).items()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--write", "file"]])
def test_without_a_domain_it_says_beside_the_output_that_keys_travel_in_clear(
    arguments: list[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    in_clear = run(*arguments)
    encrypted = {**DAY, "litellmUrl": "https://litellm.example.com", "langfuseUrl": "https://langfuse.example.com"}
    pulumi(project, {"dev": encrypted})
    with_domain = run(*arguments)
    assert "in clear, and so would LiteLLM's master key" in in_clear.stderr
    assert "`genai forward -s dev`" in in_clear.stderr
    assert "in clear" not in in_clear.stdout + with_domain.stdout + with_domain.stderr


def test_json_has_the_same_and_neither_has_an_administrators_key() -> None:
    result = run("--json")
    assert json.loads(result.stdout) == VARIABLES
    assert DAY["litellmMasterKey"] not in result.stdout + run().stdout


def test_the_first_key_is_the_first_of_the_settings_and_another_can_be_named() -> None:
    assert json.loads(run("--json", "--key", "batch").stdout)["OPENAI_API_KEY"] == "sk-batch-0123456789abcdef"


def test_with_an_azure_stack_it_has_what_azure_identity_reads_and_the_clients_own_key() -> None:
    found = json.loads(run("--json", "--azure-stack", "azure").stdout)
    assert found == {
        **VARIABLES,
        "OPENAI_API_KEY": "sk-batch-0123456789abcdef",
        "AZURE_TENANT_ID": "tenant",
        "AZURE_CLIENT_ID": "id-of-nightly",
        "AZURE_CLIENT_SECRET": "secret",
        "GATEWAY_BASE_URL": "https://genai-gateway1a2b3c4d.azure-api.net/v1",
        "GATEWAY_SCOPE": "api://gateway/.default",
    }


def test_a_file_is_for_its_owner_alone_and_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "day" / "my day.env"
    file.parent.mkdir()
    result = run("--write", str(file))
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"6 variables are in {file}, with the virtual key demo" in result.stderr
    file.chmod(0o644)
    assert run("--write", str(file), "--key", "batch").exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]
    found = evaluated("sh", f". '{file}'", tmp_path)
    assert found["OPENAI_API_KEY"] == "sk-batch-0123456789abcdef"
    assert found["LANGFUSE_SECRET_KEY"] == DAY["langfuseSecretKey"]


def test_what_somebody_else_made_is_left_alone(tmp_path: Path) -> None:
    foreign, link, folder = tmp_path / ".env", tmp_path / "link", tmp_path / "folder"
    foreign.write_text("DATABASE=precious\n")
    link.symlink_to(tmp_path / "elsewhere")
    folder.mkdir()
    before = sorted(tmp_path.rglob("*"))
    for file in (foreign, link, folder):
        result = run("--write", str(file))
        assert result.exit_code == 2
        assert result.stderr == f"{file} was not written by `genai env`: name another file, or remove it first.\n"
    assert foreign.read_text() == "DATABASE=precious\n"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_to_a_file_of_ours_is_not_followed_either(tmp_path: Path) -> None:
    ours, link = tmp_path / "ours", tmp_path / "link"
    run("--write", str(ours))
    before = ours.read_text()
    link.symlink_to(ours)
    assert run("--write", str(link), "--key", "batch").exit_code == 2
    assert ours.read_text() == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--key", "nobody"], "There is no virtual key 'nobody': use one of batch, demo."),
        (["--stack", "dve"], "There is no stack 'dve'"),
        (["--stack", "azure"], "azure is an Azure stack"),
        (["--azure-stack", "dev"], "dev is no Azure stack"),
        (["--json", "--write", "file"], "leave --json out"),
        (["--write", "no/such/folder/file"], "no/such/folder/file cannot be written: No such file or directory."),
    ],
)
def test_bad_input_is_refused_with_2_and_without_a_secret(arguments: list[str], says: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert "sk-" not in result.stderr


def test_a_day_that_is_not_up_has_no_variables(project: Path) -> None:
    pulumi(project, {"dev": {}})
    result = run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert "pulumi up --stack dev" in result.stderr


def test_a_day_without_virtual_keys_says_where_they_are_named(project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text("config: {'genaiplatform:virtualKeys': []}")
    pulumi(project, {"dev": {**DAY, "virtualKeys": {}}})
    result = run()
    assert result.exit_code == 2
    assert "virtualKeys" in result.stderr
