"""Connections through a Kubernetes API on this machine."""

from __future__ import annotations

import hashlib
import http.client
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.forward.listener import Forward, listen
from tests.ops.forward.pod import Pod, free_port, pod
from tests.ops.forward.stand_in import Kubernetes, cluster, credential, in_thread, program


@dataclass
class Forwarded:
    """A port that leads to LiteLLM, and the lines that were said."""

    port: int
    lines: list[str]

    def get(self, path: str = "/", body: bytes | None = None) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET" if body is None else "POST", path, body)
        return connection.getresponse().read()

    def fail(self) -> None:
        with pytest.raises(ConnectionError):  # closed without an answer
            self.get()


@pytest.fixture(scope="module")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    with cluster(tmp_path_factory.mktemp("tls")) as made:
        yield made


@contextmanager
def forwarding(kubernetes: Kubernetes, *plugin: str) -> Iterator[Forwarded]:
    made, opened = Forwarded(free_port(), []), threading.Event()
    way: dict[str, Any] = kubernetes.kubeconfig(list(plugin) or ["echo", credential(kubernetes.token)])
    forwards = [Forward(title="LiteLLM", service="litellm", port=made.port)]
    with in_thread(listen(way, forwards, ready=opened.set, say=made.lines.append)):
        assert opened.wait(10)
        yield made


@pytest.fixture(scope="module")
def _one(kubernetes: Kubernetes) -> Iterator[tuple[Pod, Forwarded]]:
    with pod("one") as made:
        kubernetes.pods["litellm"] = ("one", made.port)
        with forwarding(kubernetes) as forwarded:
            yield made, forwarded


@pytest.fixture
def one(_one: tuple[Pod, Forwarded], kubernetes: Kubernetes) -> Iterator[tuple[Pod, Forwarded]]:
    """A forward to pod `one`; afterwards all is as before."""
    yield _one
    kubernetes.pods["litellm"] = ("one", _one[0].port)
    kubernetes.refusal, kubernetes.breaks = "", False
    _one[1].lines.clear()


def test_what_is_sent_arrives_whole_both_ways(one: tuple[Pod, Forwarded]) -> None:
    body = bytes(range(256)) * 20_000
    assert one[1].get(body=body).decode() == hashlib.sha256(body).hexdigest()
    assert one[1].get("/megabytes") == b"x" * 5_000_000
    assert not one[1].lines


def test_a_stream_arrives_in_pieces(one: tuple[Pod, Forwarded]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", one[1].port, timeout=10)
    connection.request("GET", "/stream")
    answer = connection.getresponse()
    assert answer.read(5) == b"first"
    one[0].go_on.set()
    assert answer.read() == b"last"


def test_connections_do_not_wait_for_each_other(one: tuple[Pod, Forwarded]) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one[1].get, ["/together"] * 8)) == [b"together"] * 8


def test_when_a_pod_goes_the_next_connection_leads_to_its_successor(
    one: tuple[Pod, Forwarded], kubernetes: Kubernetes
) -> None:
    assert one[1].get() == b"one"
    with pod("two") as successor:
        kubernetes.pods["litellm"] = ("two", successor.port)
        assert one[1].get() == b"two"


def test_each_connection_that_fails_is_one_line_and_the_next_may_work(
    one: tuple[Pod, Forwarded], kubernetes: Kubernetes
) -> None:
    ready = kubernetes.pods.pop("litellm")
    one[1].fail()
    kubernetes.pods["litellm"] = ready
    kubernetes.refusal = "error forwarding port 4000 to pod one: connection refused"
    one[1].fail()
    kubernetes.refusal, kubernetes.breaks = "", True
    one[1].fail()
    kubernetes.breaks = False
    kubernetes.token, token = "another", kubernetes.token
    one[1].fail()
    kubernetes.token = token
    assert one[1].get() == b"one"
    assert one[1].lines == [
        "LiteLLM: no pod is ready: `kubectl -n genai-platform get pods` shows why.",
        "LiteLLM: error forwarding port 4000 to pod one: connection refused.",
        "LiteLLM: the connection was lost.",
        "LiteLLM: the Kubernetes API answered 401 Unauthorized.",
    ]


def test_a_pod_that_goes_between_look_and_connection_is_one_line(
    one: tuple[Pod, Forwarded], kubernetes: Kubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = kubernetes.pods["litellm"]

    class Going(dict[str, tuple[str, int]]):
        """Named when it is looked for, gone when it is connected to."""

        def values(self) -> Any:
            return []

    monkeypatch.setattr(kubernetes, "pods", Going(litellm=looked))
    one[1].fail()
    (line,) = one[1].lines
    assert line.startswith("LiteLLM: the Kubernetes API opens no way to one (404")


def test_who_hangs_up_ends_the_connection_to_the_pod_too(one: tuple[Pod, Forwarded], kubernetes: Kubernetes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        kubernetes.pods["litellm"] = ("one", silent.getsockname()[1])
        with socket.create_connection(("127.0.0.1", one[1].port)) as caller:
            caller.sendall(b"hello")
            callee, _ = silent.accept()
            assert callee.recv(5) == b"hello"
        callee.settimeout(10)
        assert callee.recv(1) == b""
        callee.close()
    assert not one[1].lines


def test_a_token_that_runs_out_is_asked_for_anew(kubernetes: Kubernetes, tmp_path: Path) -> None:
    expired = credential("TOKEN", expires="2000-01-01T00:00:00Z")
    plugin = program(
        tmp_path / "aws",
        f"""import pathlib
log = pathlib.Path({str(tmp_path / "log")!r})
number = len(log.read_text()) if log.exists() else 0
log.write_text("x" * (number + 1))
print({expired!r}.replace("TOKEN", f"token-{{number}}"))""",
    )
    with pod("one") as made, ExitStack() as restore:
        restore.callback(setattr, kubernetes, "token", kubernetes.token)
        kubernetes.pods["litellm"] = ("one", made.port)
        kubernetes.token = "token-1"  # the first is asked for at the start, the second for the look at the pods
        with forwarding(kubernetes, str(plugin)) as forwarded:
            kubernetes.token = "token-2"
            assert forwarded.get() == b"one"
            kubernetes.token = "token-3"
            assert forwarded.get() == b"one"
            assert not forwarded.lines


def test_only_this_machine_can_reach_the_port(one: tuple[Pod, Forwarded]) -> None:
    with pytest.raises(OSError, match=r"."):
        socket.create_connection(("127.0.0.2", one[1].port), timeout=10)


def test_afterwards_the_port_is_free(one: tuple[Pod, Forwarded], kubernetes: Kubernetes) -> None:
    with forwarding(kubernetes) as forwarded:
        assert forwarded.get() == b"one"
    with socket.create_server(("127.0.0.1", forwarded.port)):
        pass
