"""A Kubernetes API on this machine that forwards ports as the kubelet does, and what users have on theirs."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import sys
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from tests.ops.forward.certificates import certificates

API = "/api/v1/namespaces/genai-platform/pods/{pod}/portforward"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/genai-platform/endpointslices"


@dataclass
class Kubernetes:
    """The cluster. A test sets it up, and reads what was asked of it."""

    certificates: Path
    """The folder that `certificates` filled."""
    pods: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By service: the pod behind it that is ready, and its port, which is one of this machine."""
    known: set[str] = field(default_factory=set)
    """Pods that the kubelet still knows, beside those that are ready."""
    token: str = "of-the-plugin"
    refusal: str = ""
    """What the kubelet reports in the place of a connection to the pod."""
    breaks: bool = False
    """Whether connections break once they are open."""
    requests: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def described(self) -> dict[str, Any]:
        """As EKS describes the cluster."""
        data = base64.b64encode((self.certificates / "authority.pem").read_bytes()).decode()
        return {"name": "genai-dev-abc1234", "endpoint": self.url, "certificateAuthority": {"data": data}}

    def kubeconfig(self, plugin: list[str]) -> dict[str, Any]:
        """With the command that gives a token."""
        reach = {"server": self.url, "certificate-authority-data": self.described["certificateAuthority"]["data"]}
        version = "client.authentication.k8s.io/v1beta1"
        command = {"apiVersion": version, "command": plugin[0], "args": plugin[1:]}
        return {
            "clusters": [{"name": "c", "cluster": reach}],
            "users": [{"name": "u", "user": {"exec": command}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }

    @web.middleware
    async def guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Let in who has the token."""
        self.requests.append(request.path)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"kind": "Status", "message": "Unauthorized"}, status=401)
        response: web.StreamResponse = await handler(request)
        return response

    async def slices(self, request: web.Request) -> web.Response:
        """The endpoints of a service: first one that is not ready, then the one that is."""
        service = request.query["labelSelector"].removeprefix("kubernetes.io/service-name=")
        found = self.pods.get(service)
        endpoints = [
            {"addresses": ["10.0.0.1"], "conditions": {"ready": ready}, "targetRef": {"kind": "Pod", "name": name}}
            for ready, name in ((False, "starting"), *([(True, found[0])] if found else []))
        ]
        ports = [{"name": "http", "protocol": "TCP", "port": found[1] if found else 1}]
        item = {"metadata": {"name": service}, "addressType": "IPv4", "endpoints": endpoints, "ports": ports}
        return web.json_response({"kind": "EndpointSliceList", "apiVersion": "discovery.k8s.io/v1", "items": [item]})

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go, one port."""
        if request.match_info["pod"] not in {pod for pod, _ in self.pods.values()} | self.known:
            return web.json_response({"kind": "Status", "message": "pods not found"}, status=404)
        port = int(request.query["ports"])
        websocket = web.WebSocketResponse(protocols=["v4.channel.k8s.io"])
        await websocket.prepare(request)
        for channel in (0, 1):
            await websocket.send_bytes(bytes([channel]) + port.to_bytes(2, "little"))
        if self.breaks:
            assert request.transport
            request.transport.abort()
        elif self.refusal:
            await websocket.send_bytes(b"\x01" + self.refusal.encode())
        else:
            await self._copy(websocket, *await asyncio.open_connection("127.0.0.1", port))
        await websocket.close()
        return websocket

    async def _copy(
        self, websocket: web.WebSocketResponse, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async def from_pod() -> None:
            while data := await reader.read(32768):
                await websocket.send_bytes(b"\x00" + data)

        async def to_pod() -> None:
            async for message in websocket:
                assert message.type is WSMsgType.BINARY
                assert message.data[0] == 0
                writer.write(message.data[1:])
                await writer.drain()

        both = [asyncio.create_task(from_pod()), asyncio.create_task(to_pod())]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for one in both:
            one.cancel()
        writer.close()


@contextmanager
def in_thread(work: Coroutine[Any, Any, None]) -> Iterator[None]:
    """Run it in a thread of its own, and cancel it in the end."""
    over = threading.Event()

    async def main() -> None:
        task = asyncio.ensure_future(work)
        await asyncio.to_thread(over.wait)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def cluster(folder: Path) -> Iterator[Kubernetes]:
    """Serve a cluster on a free port; its certificates go into the folder."""
    world, served = Kubernetes(certificates(folder)), threading.Event()

    async def main() -> None:
        app = web.Application(middlewares=[world.guard])
        app.router.add_get(SLICES, world.slices)
        app.router.add_get(API, world.forward)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "server.pem")
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        assert site._server
        world.url = f"https://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
        served.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await runner.cleanup()

    with in_thread(main()):
        assert served.wait(10)
        yield world


def credential(token: str, expires: str = "2999-01-01T00:00:00Z") -> str:
    """What `aws eks get-token` prints."""
    version = "client.authentication.k8s.io/v1beta1"
    status = {"expirationTimestamp": expires, "token": token}
    return json.dumps({"kind": "ExecCredential", "apiVersion": version, "spec": {}, "status": status})


def program(file: Path, code: str) -> Path:
    """Write an executable Python program."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!{sys.executable}\n{code}\n")
    file.chmod(0o755)
    return file
