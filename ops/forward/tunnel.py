"""One connection: bytes between a local socket and the WebSocket of a port-forward.

Every message starts with the number of a channel. The first of each channel only repeats the port
(k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import aiohttp

from ops.forward.cluster import ForwardError

_DATA, _ERROR = 0, 1


async def carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, websocket: aiohttp.ClientWebSocketResponse
) -> None:
    """Carry bytes both ways until one side ends. ForwardError when the way to the pod, or in it, is lost."""
    to_pod = asyncio.create_task(_send(reader, websocket))
    try:
        await _receive(websocket, writer)
    finally:
        to_pod.cancel()


async def _send(reader: asyncio.StreamReader, websocket: aiohttp.ClientWebSocketResponse) -> None:
    with suppress(ConnectionError):  # `_receive` sees the end too
        while data := await reader.read(65536):
            await websocket.send_bytes(bytes([_DATA]) + data)
    await websocket.close()


async def _receive(websocket: aiohttp.ClientWebSocketResponse, writer: asyncio.StreamWriter) -> None:
    opened = set()
    async for message in websocket:
        if message.type is not aiohttp.WSMsgType.BINARY:
            raise ForwardError(f"the connection broke ({message.data})")
        channel, data = message.data[0], message.data[1:]
        if channel not in opened:
            opened.add(channel)
        elif channel == _ERROR:
            raise ForwardError(data.decode(errors="replace"))
        else:
            writer.write(data)
            await writer.drain()
    if websocket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE:
        raise ForwardError("the connection was lost")
