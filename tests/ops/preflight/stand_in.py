"""Answers in the place of AWS where moto has none, and of any HTTP service."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ops.preflight.check import Outcome, State, run
from tests.ops.leftovers.world import answering, error, real_call


def state_of(check: Callable[[], Outcome]) -> State:
    """How a check ends when it is run as `genai preflight` runs it."""
    return run({"it": check})["it"].state


def aws_answers(answers: Mapping[str, Any]) -> AbstractContextManager[None]:
    """These operations answer so, or fail with the error whose code is given as text; moto answers the others."""

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        answer = answers.get(operation, real_call)
        if answer is real_call:
            return real_call(client, operation, parameters)
        if isinstance(answer, str):
            raise error(answer, operation)
        if isinstance(answer, Exception):
            raise answer
        return answer(parameters) if callable(answer) else answer

    return answering(call)


@dataclass
class Server:
    """An HTTP server on this machine: `answers` maps "METHOD /path" to status, headers and body."""

    answers: dict[str, tuple[int, Mapping[str, str], Any]] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str], Any]] = field(default_factory=list)
    """Method and path with query, headers, and body if it is JSON."""
    url: str = ""


@contextmanager
def serve() -> Iterator[Server]:
    """A server that answers 404 until it is told otherwise."""
    served = Server()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            served.asked.append((f"{self.command} {self.path}", dict(self.headers), json.loads(body or "null")))
            path = self.path.partition("?")[0]
            status, headers, content = served.answers.get(f"{self.command} {path}", (404, {}, {}))
            sent = json.dumps(content).encode()
            self.send_response(status)
            for header, value in {**headers, "Content-Length": str(len(sent))}.items():
                self.send_header(header, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(sent)

        do_GET = do_HEAD = do_POST = answer  # noqa: N815  the names http.server asks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()
