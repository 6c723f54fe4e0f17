"""Stand-ins for AWS where moto has no answer, and for any HTTP service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import botocore.client

from ops.checks.check import Outcome, State, run
from tests import http_server
from tests.ops.inventory.world import Call, answering, error


def state_of(check: Callable[[], Outcome]) -> State:
    """How a check ends when it is run as `genai preflight` runs it."""
    return run({"it": check})["it"].state


def aws_answers(answers: Mapping[str, Any]) -> AbstractContextManager[None]:
    """These operations answer so, or fail with the error whose code is given as text; the others as before."""
    before: Call = vars(botocore.client.BaseClient)["_make_api_call"]

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation not in answers:
            return before(client, operation, parameters)
        answer = answers[operation]
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
    asked: list[http_server.Request] = field(default_factory=list)
    url: str = ""


@contextmanager
def serve() -> Iterator[Server]:
    """A server that answers 404 until it is told otherwise."""
    served = Server()

    def answer(request: http_server.Request) -> http_server.Answer:
        served.asked.append(request)
        status, headers, content = served.answers.get(request.route, (404, {}, {}))
        return http_server.Answer(status, content, headers)

    with http_server.serve(answer) as served.url:
        yield served
