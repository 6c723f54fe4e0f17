"""asyncio server on loopback for the redirect of an OAuth login: takes the query of one visit of a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

HOSTS = ("localhost", "127.0.0.1")
_PAGE = "<!doctype html><meta charset=utf-8><title>genai mcp</title><p>Done. You can close this window."
_LONGEST = 65536
_PATIENCE = 600
"""Seconds that a person may take."""

Query = Mapping[str, str]


def safe_to_open(url: str) -> bool:
    """Whether a user may be sent there: by https, or on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in HOSTS


@asynccontextmanager
async def returning(port: int = 0, path: str = "/") -> AsyncIterator[tuple[int, Callable[[], Awaitable[Query]]]]:
    """Listen on loopback; gives the port, and what waits for the first visit of that path. OSError when it is taken."""
    came: asyncio.Future[Query] = asyncio.get_running_loop().create_future()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            target = urlsplit(head.split(b" ", 2)[1].decode("ascii", "replace"))
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, LookupError, ValueError):
            writer.close()  # browsers open a connection ahead and leave it
            return
        right = (target.path or "/") == (path or "/")
        body = _PAGE.encode() if right else b"Not here."
        status = "200 OK" if right else "404 Not Found"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
            "Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        writer.close()
        if right and not came.done():
            came.set_result(dict(parse_qsl(target.query)))

    async def visit() -> Query:
        try:
            return await asyncio.wait_for(came, _PATIENCE)
        except TimeoutError as error:
            raise TimeoutError(f"Nobody came back from the browser within {_PATIENCE} seconds: begin again.") from error

    server = await asyncio.start_server(answer, "127.0.0.1", port, limit=_LONGEST)
    async with server:
        yield server.sockets[0].getsockname()[1], visit
