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
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from ops.forward.command import forward
from tests.ops.forward.certificates import certificates
from tests.ops.forward.pod import free_port, pod
from tests.ops.forward.stand_in import Kubernetes, cluster, credential, program
from tests.ops.preflight.stand_in import Server, serve

app = typer.Typer(rich_markup_mode=None)
app.command()(forward)

OUTPUTS: Mapping[str, Any] = {
    "clusterName": "genai-dev-abc1234",
    "langfuseUrl": "http://entry-1.elb.amazonaws.com:3000",
}


@pytest.fixture(scope="module")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    with (
        cluster(tmp_path_factory.mktemp("tls")) as made,
        pod("litellm") as litellm,
        pod("langfuse") as langfuse,
    ):
        made.pods.update({"litellm": ("litellm-0", litellm.port), "langfuse-web": ("langfuse-web-0", langfuse.port)})
        yield made


@pytest.fixture
def eks(kubernetes: Kubernetes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """EKS on this machine, and the programs `pulumi` and `aws` of a user who is logged in to a day."""
    tools = tmp_path / "bin"
    program(tools / "pulumi", f"print({json.dumps(OUTPUTS)!r})")
    program(tools / "aws", f"print({credential(kubernetes.token)!r})")
    with serve() as server:
        server.answers["GET /clusters/genai-dev-abc1234"] = (200, {}, {"cluster": kubernetes.described})
        for name, value in {
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "AWS_ENDPOINT_URL_EKS": server.url,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_CONFIG_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1",
        }.items():
            monkeypatch.setenv(name, value)
        yield server


def ports() -> list[str]:
    return ["--litellm-port", str(free_port()), "--langfuse-port", str(free_port())]


def run(*arguments: str) -> Result:
    """For what is refused. Should it not be, Ctrl-C comes after 20 seconds."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(20)
    try:
        return CliRunner().invoke(app, [*ports(), *arguments])
    finally:
        signal.alarm(0)


@pytest.mark.usefixtures("eks")
@pytest.mark.parametrize("as_json", [False, True])
def test_both_services_are_there_until_ctrl_c(as_json: bool) -> None:
    code = "import typer, ops.forward.command as c; typer.run(c.forward)"
    chosen = ports()
    words = [sys.executable, "-c", code, *chosen, *(["--json"] if as_json else [])]
    addresses = {"litellm": f"http://localhost:{chosen[1]}", "langfuse": f"http://localhost:{chosen[3]}"}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process, ExitStack() as whatever_happens:
        whatever_happens.callback(process.kill)
        assert process.stdout
        assert process.stderr
        lines = [process.stdout.readline()]
        connections = [http.client.HTTPConnection("127.0.0.1", int(port), timeout=10) for port in chosen[1::2]]
        for connection, service in zip(connections, addresses, strict=True):
            connection.request("GET", "/")
            assert connection.getresponse().read().decode() == service  # and it stays open while the command ends
        process.send_signal(signal.SIGINT)
        lines += process.stdout.readlines()
        assert process.stderr.read() == ""
        assert process.wait(10) == 0
    if as_json:
        assert [json.loads(line) for line in lines] == [addresses]
    else:
        assert lines[:2] == [f"LiteLLM   {addresses['litellm']}\n", f"Langfuse  {addresses['langfuse']}\n"]
        assert f"logging out leads to {OUTPUTS['langfuseUrl']}" in lines[-1]


@pytest.mark.usefixtures("eks")
def test_a_port_that_is_taken_is_named_with_the_option_that_chooses_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--langfuse-port", str(port))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Port {port} of this machine cannot be opened (Address already in use)")
    assert "--langfuse-port" in result.stderr


@pytest.mark.usefixtures("eks")
def test_a_cluster_with_another_certificate_than_eks_says_is_not_trusted(
    kubernetes: Kubernetes, eks: Server, tmp_path: Path
) -> None:
    other = Kubernetes(certificates(tmp_path), url=kubernetes.url)
    eks.answers["GET /clusters/genai-dev-abc1234"] = (200, {}, {"cluster": other.described})
    result = run()
    assert result.exit_code == 2
    assert "certificate verify failed" in result.stderr


def test_a_cluster_that_is_gone_cannot_be_reached(eks: Server) -> None:
    kind = {"x-amzn-ErrorType": "ResourceNotFoundException"}
    eks.answers["GET /clusters/genai-dev-abc1234"] = (404, kind, {"message": "No cluster found for name: genai"})
    result = run()
    assert result.exit_code == 2
    assert "No cluster found" in result.stderr


def test_an_api_that_does_not_answer_is_said(eks: Server, kubernetes: Kubernetes) -> None:
    away = Kubernetes(kubernetes.certificates, url=f"https://127.0.0.1:{free_port()}")
    eks.answers["GET /clusters/genai-dev-abc1234"] = (200, {}, {"cluster": away.described})
    result = run()
    assert result.exit_code == 2
    assert result.stderr.startswith("LiteLLM: the Kubernetes API does not answer (Cannot connect to host 127.0.0.1")


@pytest.mark.usefixtures("eks")
def test_without_a_token_nothing_is_opened(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "aws", "raise SystemExit('Unable to locate credentials')")
    result = run()
    assert result.exit_code == 2
    assert "`aws eks get-token` gave no token" in result.stderr


@pytest.mark.usefixtures("eks")
def test_a_service_without_a_ready_pod_is_named(kubernetes: Kubernetes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(kubernetes.pods, "langfuse-web")
    result = run()
    assert result.exit_code == 2
    assert result.stderr.startswith("Langfuse: no pod is ready")


@pytest.mark.usefixtures("eks")
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
    outputs: Mapping[str, Any], arguments: list[str], says: str, tmp_path: Path
) -> None:
    program(tmp_path / "bin" / "pulumi", f"print({json.dumps(outputs)!r})")
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
