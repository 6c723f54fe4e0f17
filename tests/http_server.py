"""HTTP servers on this machine that answer as a function says."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    """Path and query as they came."""
    headers: Message
    """Names in any case."""
    body: Any
    """Parsed JSON, the fields of a form, or bytes; None when there is none."""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> Mapping[str, str]:
        return _first(parse_qs(urlsplit(self.target).query))

    @property
    def route(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any = ""
    """Text, data to send as JSON, or an iterator of texts to send one by one."""
    headers: Mapping[str, str | Sequence[str]] | None = None
    """A name with several values is sent once for each."""


Service = Callable[[Request], Answer]


class _Handler(BaseHTTPRequestHandler):
    service: Service

    def answer(self) -> None:
        body: Any = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
        match self.headers.get_content_type():
            case "application/json" if body:
                body = json.loads(body)
            case "application/x-www-form-urlencoded" if body:
                body = _first(parse_qs(body.decode()))
        answer = type(self).service(Request(self.command, self.path, self.headers, body))
        kind = "text/html" if isinstance(answer.body, str) else "application/json"
        self.send_response(answer.status)
        for name, value in {"Content-Type": kind, "Connection": "close", **(answer.headers or {})}.items():
            for item in [value] if isinstance(value, str) else value:
                self.send_header(name, item)
        self.end_headers()
        if self.command != "HEAD":
            for piece in _pieces(answer.body):
                self.wfile.write(piece.encode())

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815  the names http.server asks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _first(parsed: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: values[0] for name, values in parsed.items()}


def _pieces(body: Any) -> Iterable[str]:
    if isinstance(body, str):
        return [body]
    return body if isinstance(body, Iterator) else [json.dumps(body)]


@contextmanager
def serve(service: Service, context: ssl.SSLContext | None = None, port: int = 0) -> Iterator[str]:
    """The URL of a server that answers so, over TLS when there is a context for it, by default on a free port."""
    handler = type("Handler", (_Handler,), {"service": staticmethod(service)})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
