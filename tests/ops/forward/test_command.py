"""`genai forward` as it is typed."""

from __future__ import annotations

import http.client
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

from ops.commands.forward.command import forward
from ops.local.process import free_port
from ops.typer_command import GenaiCommand
from tests.ops.forward.eks import CLUSTER
from tests.ops.forward.eks import eks as eks
from tests.ops.forward.stand_in import Kubectl, kubectl, program
from tests.ops.preflight.stand_in import Server
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("eks")
app = typer.Typer(rich_markup_mode=None)
app.command(cls=GenaiCommand)(forward)

OUTPUTS: Mapping[str, Any] = {
    "clusterName": "genai-dev-abc1234",
    "langfuseUrl": "http://entry-1.elb.amazonaws.com:3000",
}


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kubectl:
    """The programs of a user who is logged in to a day, and nothing else on PATH."""
    made = kubectl(tmp_path / "bin")
    program(made.folder / "pulumi", f"print({json.dumps(OUTPUTS)!r})")
    program(made.folder / "aws", "")
    monkeypatch.setenv("PATH", str(made.folder))
    return made


def ports() -> list[str]:
    return ["--litellm-port", str(free_port()), "--langfuse-port", str(free_port())]


def run(*arguments: str) -> Result:
    """For what is refused. Should it not be, Ctrl-C comes after two minutes."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(120)
    try:
        return CliRunner().invoke(app, [*ports(), *arguments])
    finally:
        signal.alarm(0)


class Forwarding:
    """`genai forward` in a process of its own, with open ports."""

    def __init__(self, *arguments: str) -> None:
        chosen = ports()
        code = "import typer, ops.commands.forward.command as c; typer.run(c.forward)"
        words = [sys.executable, "-c", code, *chosen, *arguments]
        self.port = {"litellm": int(chosen[1]), "langfuse-web": int(chosen[3])}
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout
        assert self.process.stderr
        self.stdout, self.stderr = self.process.stdout, self.process.stderr
        self.first_line = self.stdout.readline()

    def get(self, service: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port[service], timeout=60)
        connection.request("GET", "/")
        return connection.getresponse().read().decode()

    def end(self, how: signal.Signals = signal.SIGINT) -> str:
        """What it said after its first line."""
        self.process.send_signal(how)
        rest = self.stdout.read()
        assert self.process.wait(60) == 0
        return rest


@contextmanager
def forwarding(*arguments: str) -> Iterator[Forwarding]:
    made = Forwarding(*arguments)
    try:
        with made.process:
            yield made
            made.process.kill()
    finally:
        made.process.kill()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("as_json", [False, True])
def test_both_services_are_there_until_ctrl_c(as_json: bool, tools: Kubectl) -> None:
    with forwarding(*(["--json"] if as_json else [])) as made:
        addresses = {
            "litellm": f"http://localhost:{made.port['litellm']}",
            "langfuse": f"http://localhost:{made.port['langfuse-web']}",
        }
        for service in made.port:
            assert made.get(service).startswith(service)
        lines = [made.first_line, *made.end().splitlines(keepends=True)]
        assert made.stderr.read() == ""
    if as_json:
        assert [json.loads(line) for line in lines] == [addresses]
    else:
        assert lines[:2] == [f"LiteLLM   {addresses['litellm']}\n", f"Langfuse  {addresses['langfuse']}\n"]
        assert f"logging out leads to {OUTPUTS['langfuseUrl']}" in lines[-1]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_at_the_end_no_kubectl_and_no_kubeconfig_is_left(how: signal.Signals, tools: Kubectl) -> None:
    with forwarding() as made:
        assert all(alive(run["pid"]) for run in tools.runs)
        made.end(how)
    assert len(tools.runs) == 2
    assert not any(alive(run["pid"]) for run in tools.runs)
    assert not any(Path(run["file"]).parent.exists() for run in tools.runs)


def test_kubectl_gets_a_kubeconfig_of_its_own_that_nobody_else_can_read(tools: Kubectl) -> None:
    with forwarding() as made:
        made.end()
    runs = {run["arguments"][-2]: run for run in tools.runs}
    assert runs.keys() == {"service/litellm", "service/langfuse-web"}
    for service, remote in (("litellm", 4000), ("langfuse-web", 3000)):
        one = runs[f"service/{service}"]
        assert one["mode"] == "0o600"
        assert one["arguments"][-1] == f"{made.port[service]}:{remote}"
        assert one["arguments"][one["arguments"].index("--address") + 1] == "127.0.0.1"
        config = one["kubeconfig"]
        assert config["clusters"][0]["cluster"] == {
            "server": CLUSTER["endpoint"],
            "certificate-authority-data": CLUSTER["certificateAuthority"]["data"],
        }
        assert config["users"][0]["user"]["exec"]["args"][2:6] == [
            "eks",
            "get-token",
            "--cluster-name",
            CLUSTER["name"],
        ]
        assert config["contexts"][0]["context"]["namespace"] == "genai-platform"


@pytest.mark.parametrize(
    ("words", "stays", "told"),
    [
        ("error: lost connection to pod", False, "lost connection to pod"),
        ("error: lost connection to pod", True, "lost connection to pod"),
        (
            (
                'E1129 06:57:50.395539   26347 portforward.go:424] "Unhandled Error" err="an error occurred forwarding'
                ' 4000 -> 4000: error forwarding port 4000 to pod abc: container not running"'
            ),
            True,
            "an error occurred forwarding 4000 -> 4000: error forwarding port 4000 to pod abc: container not running",
        ),
        ("", False, "kubectl ended with exit code 1"),
    ],
)
def test_when_a_pod_moves_the_port_leads_to_its_successor(words: str, stays: bool, told: str, tools: Kubectl) -> None:
    with forwarding() as made:
        before, other = made.get("litellm"), made.get("langfuse-web")
        tools.lose("litellm", words, stays=stays)
        assert made.stderr.readline() == f"LiteLLM: {told}; connecting again.\n"
        assert made.stderr.readline() == "LiteLLM: connected again.\n"
        assert made.get("litellm") != before
        assert made.get("langfuse-web") == other  # whose kubectl goes on
        made.end()


def test_a_trouble_that_lasts_is_told_once(tools: Kubectl) -> None:
    with forwarding() as made:
        tools.refuse("litellm", "error: unable to forward port because pod is not running. Current status=Pending")
        tools.lose("litellm", "error: lost connection to pod")
        until(lambda: len(tools.runs) >= 5, "kubectl was not started again and again")
        tools.accept("litellm")
        lines = [made.stderr.readline() for _ in range(3)]
        assert made.get("litellm").startswith("litellm")
        made.end()
    assert lines == [
        "LiteLLM: lost connection to pod; connecting again.\n",
        "LiteLLM: unable to forward port because pod is not running. Current status=Pending; connecting again.\n",
        "LiteLLM: connected again.\n",
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            "error: timed out waiting for the condition",
            "Langfuse: timed out waiting for the condition.",
        ),
        (
            'Error from server (NotFound): services "langfuse-web" not found',
            'Langfuse: Error from server (NotFound): services "langfuse-web" not found.',
        ),
        (
            (
                'E1129 06:57:50.395539   26347 memcache.go:265] "Unhandled Error" err="..."\n'
                "Unable to connect to the server: tls: failed to verify certificate: x509: unknown authority"
            ),
            "Langfuse: Unable to connect to the server: tls: failed to verify certificate: x509: unknown authority.",
        ),
        (
            (
                "Unable to locate credentials\n"
                "Unable to connect to the server: getting credentials: exec: executable aws failed with exit code 255\n"
                "\nTo learn more about this feature, consult the documentation"
            ),
            "executable aws failed with exit code 255: see whether `aws sts get-caller-identity` works.",
        ),
        (
            "Unable to listen on port 3000: ...\nerror: unable to listen on any of the requested ports",
            "Langfuse: unable to listen on any of the requested ports.",
        ),
        ("exec format error", "Langfuse: exec format error."),
    ],
)
def test_a_service_that_cannot_be_reached_at_the_start_is_named_with_the_reason(
    words: str, says: str, tools: Kubectl
) -> None:
    tools.refuse("langfuse-web", words)
    result = run()
    assert result.exit_code == 2
    assert result.stderr.strip().endswith(says)
    assert "\n" not in result.stderr.strip()
    assert not any(alive(run["pid"]) for run in tools.runs)


def test_a_kubectl_that_opens_no_port_is_not_waited_for_without_end(
    tools: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.commands.forward.kubectl._START", 5.0)  # LiteLLM's opens its port in a tenth of a second
    tools.hang("langfuse-web")
    result = run()
    assert result.exit_code == 2
    assert result.stderr == "Langfuse: `kubectl port-forward` opened no port within 5 seconds.\n"
    assert not any(alive(run["pid"]) for run in tools.runs)


@pytest.mark.parametrize("name", ["kubectl", "aws"])
def test_a_program_that_is_missing_is_named_with_how_to_install_it(name: str, tools: Kubectl) -> None:
    (tools.folder / name).unlink()
    result = run()
    assert result.exit_code == 2
    assert result.stderr.startswith(f"There is no `{name}` on PATH: install it (https://")


def test_a_port_that_is_taken_is_named_with_the_option_that_chooses_another(tools: Kubectl) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--langfuse-port", str(port))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Port {port} of this machine cannot be opened (Address already in use)")
    assert "--langfuse-port" in result.stderr


def test_one_port_cannot_be_used_for_both(tools: Kubectl) -> None:
    port = str(free_port())
    result = run("--litellm-port", port, "--langfuse-port", port)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Port {port} of this machine cannot be opened")


def test_a_cluster_that_the_outputs_name_and_that_is_gone_is_said(tools: Kubectl, eks: Server) -> None:
    kind = {"x-amzn-ErrorType": "ResourceNotFoundException"}
    eks.answers["GET /clusters/genai-dev-abc1234"] = (404, kind, {"message": "No cluster found for name: genai"})
    result = run()
    assert result.exit_code == 2
    assert result.stderr.startswith("There is no cluster genai-dev-abc1234 in us-east-1")


@pytest.mark.parametrize("status", ["CREATING", "DELETING", "FAILED"])
def test_a_cluster_that_is_not_there_yet_or_any_more_is_said(status: str, tools: Kubectl, eks: Server) -> None:
    cluster = {"name": CLUSTER["name"], "status": status}  # EKS gives no endpoint then
    eks.answers["GET /clusters/genai-dev-abc1234"] = (200, {}, {"cluster": cluster})
    result = run()
    assert result.exit_code == 2
    assert result.stderr == f"Cluster genai-dev-abc1234 is {status}: it can be reached while it is ACTIVE.\n"


@pytest.mark.parametrize(
    ("outputs", "arguments", "says"),
    [
        ({}, [], "Stack dev is not up"),
        ({"gatewayUrl": "https://x"}, [], "Stack dev has no output clusterName: name the stack of an AWS day"),
        (OUTPUTS, ["--stack", "dve"], "There is no stack 'dve'"),
        (OUTPUTS, ["--litellm-port", "0"], "greater than or equal to 1"),
    ],
)
def test_bad_input_is_refused_with_2(
    outputs: Mapping[str, Any], arguments: list[str], says: str, tools: Kubectl
) -> None:
    program(tools.folder / "pulumi", f"print({json.dumps(outputs)!r})")
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
