"""An HTTP server in the place of a pod of LiteLLM's."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Pod:
    """An HTTP server in the place of LiteLLM's."""

    name: str
    port: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)
    """A stream ends when this is set."""
    together: threading.Barrier = field(default_factory=lambda: threading.Barrier(8))


@contextmanager
def pod(name: str) -> Iterator[Pod]:
    made = Pod(name)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, body: bytes, **headers: str) -> None:
            self.send_response(200)
            for header, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(header, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            if self.path == "/stream":
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for piece in (b"5\r\nfirst\r\n", b"4\r\nlast\r\n0\r\n\r\n"):
                    self.wfile.write(piece)
                    assert made.go_on.wait(10)
            elif self.path == "/together":
                made.together.wait(10)
                self.answer(b"together")
            elif self.path == "/megabytes":
                self.close_connection = True
                self.answer(b"x" * 5_000_000, Connection="close")
            else:
                self.answer(name.encode())

        def do_POST(self) -> None:
            self.answer(hashlib.sha256(self.rfile.read(int(self.headers["Content-Length"]))).hexdigest().encode())

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        made.port = server.server_port
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield made
        server.shutdown()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
