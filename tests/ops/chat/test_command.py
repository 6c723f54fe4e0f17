"""`genai chat` as it is typed, with small programs in the place of what it starts."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from ops.commands.chat import browser, processes
from ops.commands.chat.command import chat
from ops.local.process import free_port
from ops.project import ROOT
from ops.typer_command import GenaiCommand
from tests.ops.chat.stand_in import LOCAL, kubectl, local, page, started
from tests.ops.env.project import DAY, GATEWAY, pulumi
from tests.ops.env.project import project as project
from tests.ops.forward.stand_in import program
from tests.ops.preflight.stand_in import Server, serve
from tests.waiting import until

app = typer.Typer(rich_markup_mode=None)
app.command(cls=GenaiCommand)(chat)
PLAIN: Mapping[str, Any] = {**DAY, "virtualKeys": {"batch": "sk-batch-0123456789abcdef", "demo": "sk-demo-0123456789"}}
KEYS = {"LANGFUSE_PUBLIC_KEY": "pk-lf-mine", "LANGFUSE_SECRET_KEY": "sk-lf-mine"}
CLUSTER: Mapping[str, Any] = {
    "name": DAY["clusterName"],
    "status": "ACTIVE",
    "endpoint": "https://abc.gr7.us-east-1.eks.amazonaws.com",
    "certificateAuthority": {"data": "Q0E="},
}


@pytest.fixture(autouse=True)
def environments(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who has installed everything and is logged in to a day."""
    monkeypatch.setattr(processes, "STREAMLIT", page(tmp_path / ".venv-chat"))
    monkeypatch.setattr(processes, "LITELLM", local(tmp_path / ".venv-litellm"))
    kubectl(project / "bin")
    pulumi(project, {"dev": PLAIN, "azure": GATEWAY})
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", *KEYS):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def eks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """EKS on this machine."""
    with serve() as server:
        server.answers[f"GET /clusters/{CLUSTER['name']}"] = (200, {}, {"cluster": CLUSTER})
        for name, value in {
            "AWS_ENDPOINT_URL_EKS": server.url,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_CONFIG_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1,localhost",
        }.items():
            monkeypatch.setenv(name, value)
        yield server


class Chatting:
    """The command in a process of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.streamlit, self.litellm, self.port = folder / ".venv-chat", folder / ".venv-litellm", free_port()
        code = (
            "import pathlib, typer, ops.stack.running as running\n"
            "from ops.commands.chat import command, processes\n"
            f"running.ROOT = pathlib.Path({str(folder)!r})\n"
            f"processes.STREAMLIT = pathlib.Path({str(self.streamlit)!r})\n"
            f"processes.LITELLM = pathlib.Path({str(self.litellm)!r})\n"
            "typer.run(command.chat)"
        )
        words = [sys.executable, "-c", code, "--port", str(self.port), *arguments]
        self.process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.first_line = self.process.stdout.readline()

    def told(self) -> dict[str, Any]:
        """What the page was told."""
        found: dict[str, Any] = json.loads(started(self.streamlit)["environment"]["GENAI_CHAT"])
        return found

    def end(self, how: signal.Signals = signal.SIGINT) -> tuple[str, str]:
        """What it said after its first line, on both ways."""
        assert self.process.stdout
        assert self.process.stderr
        self.process.send_signal(how)
        said = self.process.stdout.read(), self.process.stderr.read()
        self.process.wait(timeout=60)
        return said


@contextmanager
def chatting(folder: Path, *arguments: str) -> Iterator[Chatting]:
    made = Chatting(folder, *arguments)
    try:
        assert made.first_line, made.process.communicate(timeout=60)
        yield made
    finally:
        made.process.kill()
        made.process.wait()


def run(*arguments: str) -> Result:
    """For what is refused."""
    return CliRunner().invoke(app, ["--port", str(free_port()), *arguments])


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whatever_ends_it_ends_what_it_started(how: signal.Signals, project: Path) -> None:
    with chatting(project, "--offline", "--json") as made:
        assert json.loads(made.first_line) == {"chat": f"http://localhost:{made.port}"}
        children = [started(environment)["pid"] for environment in (made.streamlit, made.litellm)]
        made.end(how)
        assert made.process.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 0)
    until(lambda: all(map(ended, children)), "what it started has not ended")


def test_a_second_ctrl_c_leaves_nothing_running_either(project: Path) -> None:
    with chatting(project, "--offline", "--json") as made:
        children = [started(environment)["pid"] for environment in (made.streamlit, made.litellm)]
        made.process.send_signal(signal.SIGINT)
        made.end(signal.SIGINT)
        assert made.process.returncode == 0
    until(lambda: all(map(ended, children)), "what it started has not ended")


def test_offline_the_page_gets_the_local_platform_and_nothing_of_the_users_shell(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "passphrase-0123456789")
    with chatting(project, "--offline", "--json") as made:
        made.end()
    told, page = made.told(), started(made.streamlit)
    assert told["litellmUrl"] == LOCAL["litellmUrl"]
    assert told["virtualKeys"] == LOCAL["virtualKeys"]
    assert told["masterKey"] == LOCAL["litellmMasterKey"]
    assert told["ownProject"]["secretKey"] == "sk-lf-2"
    assert page["arguments"] == ["-m", "apps.chat", f"--server.port={made.port}"]
    for environment in (page["environment"], started(made.litellm)["environment"]):
        assert {"PULUMI_CONFIG_PASSPHRASE", "AWS_SECRET_ACCESS_KEY"}.isdisjoint(environment)


def test_without_a_domain_the_chat_goes_through_kubectl(project: Path) -> None:
    with chatting(project) as made:
        stdout, stderr = made.end()
    told = made.told()
    assert made.first_line == f"Chat  http://localhost:{made.port}\n"
    assert "Ctrl-C ends it" in stdout
    assert "through `kubectl port-forward`" in stderr
    assert "There is no browser here" in stderr
    assert told["litellmUrl"].startswith("http://localhost:")
    assert told["project"] == {"url": told["project"]["url"], "id": "genai-platform"}
    assert told["project"]["url"].startswith("http://localhost:")
    assert told["virtualKeys"] == PLAIN["virtualKeys"]
    assert {"masterKey", "ownProject", "gateway"}.isdisjoint(told)
    for secret in ("sk-demo", "sk-batch", DAY["litellmMasterKey"], DAY["langfuseSecretKey"]):
        assert secret not in made.first_line + stdout + stderr


def test_the_master_key_the_gateway_and_ones_own_project_are_there_when_asked_for(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with chatting(project, "--allow-master-key", "--azure-stack", "azure") as made:
        made.end()
    told = made.told()
    assert told["masterKey"] == DAY["litellmMasterKey"]
    assert told["ownProject"] == {
        "url": told["project"]["url"],
        "id": "genai-platform",
        "publicKey": "pk-lf-mine",
        "secretKey": "sk-lf-mine",
    }
    assert told["gateway"] == {
        "url": GATEWAY["gatewayUrl"],
        "keyMode": "header",
        "authority": "https://login.microsoftonline.com/tenant",
        "scope": GATEWAY["scope"],
        "clientId": "id-of-nightly",
        "clientSecret": "secret",
    }


def test_litellms_own_keys_are_no_project_of_ones_own(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", DAY["langfusePublicKey"])
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", DAY["langfuseSecretKey"])
    with chatting(project) as made:
        _, stderr = made.end()
    assert "ownProject" not in made.told()
    assert "no own tracing" in stderr


def test_the_page_reads_what_it_is_told(project: Path) -> None:
    """The other end of it, from a file of its own: the two must not drift apart."""
    with chatting(project, "--allow-master-key", "--azure-stack", "azure") as made:
        made.end()
    code = "from apps.chat import settings; print(settings.read().keys['master key'])"
    environment = {"GENAI_CHAT": json.dumps(made.told()), "PATH": os.environ["PATH"]}
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert said.stdout.strip() == DAY["litellmMasterKey"], said.stderr


def test_a_taken_port_is_refused_before_anything_starts(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = CliRunner().invoke(app, ["--offline", "--port", str(taken.getsockname()[1])])
    assert result.exit_code == 2
    assert "Address already in use" in result.stderr
    assert "--port" in result.stderr
    assert not (processes.LITELLM / "bin" / "started").exists()


@pytest.mark.parametrize("which", ["STREAMLIT", "LITELLM"])
def test_what_is_not_installed_is_named_with_its_command(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, which, Path("/nowhere/.venv-x"))
    result = run("--offline")
    assert result.exit_code == 2
    assert result.stderr == "There is no .venv-x: `make setup-chat` makes it.\n"


@pytest.mark.parametrize("arguments", [["--stack", "dev"], ["--azure-stack", "azure"]])
def test_offline_has_no_stack(arguments: list[str]) -> None:
    result = run("--offline", *arguments)
    assert result.exit_code == 2
    assert "leave --stack and --azure-stack out" in result.stderr


def test_a_stack_that_is_not_up_is_refused(project: Path) -> None:
    pulumi(project, {"dev": {}})
    result = run()
    assert result.exit_code == 2
    assert "is not up" in result.stderr


def test_half_a_key_pair_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk-lf-mine")
    result = run()
    assert result.exit_code == 2
    assert "set both, or none" in result.stderr


def test_a_cluster_that_cannot_be_reached_is_told(project: Path) -> None:
    program(project / "bin" / "kubectl", 'import sys; sys.exit("error: no way")')
    result = run()
    assert result.exit_code == 2
    assert "no way" in result.stderr


def test_litellm_that_does_not_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LITELLM", local(tmp_path / "other", "import sys; sys.exit('There is no `node`.')"))
    result = run("--offline")
    assert result.exit_code == 2
    assert "LiteLLM did not start" in result.stderr


def test_a_page_that_ends_by_itself_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STREAMLIT", page(tmp_path / "other", "import sys; sys.exit('no module x')"))
    result = run("--offline")
    assert result.exit_code == 2
    assert "no module x" in result.stderr
    until(lambda: ended(started(processes.LITELLM)["pid"]), "LiteLLM has not ended")


def test_the_users_browser_is_told_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not browser.opened("http://localhost:1")
    shown = tmp_path / "shown"
    program(tmp_path / "bin" / "browser", f"import sys; open({str(shown)!r}, 'w').write(sys.argv[1])")
    code = "from ops.commands.chat import browser; print(browser.opened('http://localhost:1'))"
    environment = {"BROWSER": str(tmp_path / "bin" / "browser"), "PATH": os.environ["PATH"]}
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert said.stdout == "True\n"
    assert shown.read_text() == "http://localhost:1"
