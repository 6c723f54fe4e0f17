"""Local ports, each of which leads to a service of the cluster."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ops.forward.cluster import Cluster, ForwardError, reach
from ops.forward.tunnel import carry


@dataclass(frozen=True, kw_only=True)
class Forward:
    """A service, what it is called in sentences, and the local port that leads to it."""

    title: str
    service: str
    port: int


async def listen(
    kubeconfig: dict[str, Any], forwards: Sequence[Forward], *, ready: Callable[[], None], say: Callable[[str], None]
) -> None:
    """Lead every connection to a pod that is ready when it comes; runs until it is cancelled.

    `ready` is called when all ports are open, `say` with a line for each connection that failed. ForwardError when at
    the start the cluster cannot be reached, a service has no pod, or a port cannot be opened.
    """
    async with reach(kubeconfig) as cluster:
        connections = asyncio.TaskGroup()
        servers = [await _server(cluster, forward, connections, say) for forward in forwards]
        async with connections:
            for server in servers:
                await server.start_serving()
            ready()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                for server in servers:
                    server.close()


async def _server(
    cluster: Cluster, forward: Forward, connections: asyncio.TaskGroup, say: Callable[[str], None]
) -> asyncio.Server:
    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with cluster.connect(forward.service) as websocket:
                await carry(reader, writer, websocket)
        except ForwardError as error:
            say(f"{forward.title}: {error}.")
        except ConnectionError:
            pass  # who asked has gone
        finally:
            writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.create_task(lead(reader, writer))

    try:
        await cluster.pod(forward.service)
    except ForwardError as error:
        raise ForwardError(f"{forward.title}: {error}.") from error
    try:
        return await asyncio.start_server(connected, "127.0.0.1", forward.port, start_serving=False)
    except OSError as error:
        raise ForwardError(
            f"Port {forward.port} of this machine cannot be opened ({os.strerror(error.errno or 0)}): "
            f"choose another with --{forward.title.lower()}-port."
        ) from error
