"""The gateway on this machine: its policies behind a port, routed by path as API Management does, and a provider."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from policies.apim import BACKEND_ID
from policies.apim.models import OPERATIONS, ContentSafety, SemanticCache, operations
from tests.http_server import Answer, Request, serve
from tests.policies.apim import world as litellm
from tests.policies.apim.expressions import Expressions
from tests.policies.apim.models.world import ROUTES, ModelWorld, policy
from tests.policies.apim.walker import Headers, Response, Walker
from tests.running_litellm import Provider
from tests.waiting import PATIENCE

PATHS = {"openai": ROUTES} | {
    path: [route for route in ROUTES if route.provider == provider]
    for path, provider in (("azure-openai", "azureOpenAI"), ("gemini", "gemini"))
}
"""Models by the path of their API."""


@dataclass
class Gateway:
    """Where the gateway listens, and a world for each of its APIs, by path."""

    url: str = ""
    worlds: dict[str, Walker] = field(default_factory=dict)
    operations: dict[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)
    provider: Streaming = field(default_factory=lambda: Streaming())
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def models(self) -> ModelWorld:
        """The API of all models."""
        world = self.worlds["openai"]
        assert isinstance(world, ModelWorld)
        return world

    def answer(self, request: Request) -> Answer:
        """The longest path that fits wins; LiteLLM's API has the empty one."""
        first = request.path.lstrip("/").partition("/")[0]
        path = first if first in self.worlds else ""
        rest = request.path.removeprefix(f"/{path}") if path else request.path
        if (request.method, rest) not in self.operations.get(path, OPERATIONS).values():
            return Answer(404, {"statusCode": 404, "message": "Resource not found"})
        headers: Headers = {}
        for name, value in request.headers.items():
            headers.setdefault(name, []).append(value)
        body = None if request.body is None else json.dumps(request.body)
        with self.lock:
            response = self.worlds[path].handle(headers, "203.0.113.7", rest, rest, body)
        told = {name: values for name, values in response.headers.items() if name.lower() not in _OWN}
        return Answer(response.status, response.stream or response.body, told)


_OWN = {"content-length", "transfer-encoding", "connection", "content-encoding", "date", "server"}


def forward(base: str) -> Callable[[str, Headers, str], Response]:
    """Send a request on to a server; an event stream comes piece by piece."""

    def send(address: str, headers: Headers, body: str) -> Response:
        path = address.rpartition("/v1")[2].removeprefix("beta/openai")
        kept = [(name, value) for name, values in headers.items() if name.lower() not in _NOT_SENT for value in values]
        client = httpx.Client(timeout=60)
        request = client.build_request("POST" if body else "GET", f"{base}/v1{path}", headers=kept, content=body)
        answer = client.send(request, stream=True)
        told = {name: [value] for name, value in answer.headers.items() if name not in _OWN}
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return Response(answer.status_code, told, stream=answer.iter_text())
        return Response(answer.status_code, told, answer.read().decode())

    return send


_NOT_SENT = {"host", "content-length", "accept-encoding", "connection"}


class Streaming(Provider):
    """Tells the tokens of a stream only when it is asked to, as OpenAI does."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = threading.Event()
        """Whether the second word of a stream may come; without it, the stream breaks off in the end."""
        self.goes_on.set()

    def answer(self, request: Request) -> Answer:
        body = request.body or {}
        if not (body.get("stream") and request.path.endswith("/chat/completions")):
            return super().answer(request)
        return Answer(200, self._events(body), {"Content-Type": "text/event-stream"})

    def _events(self, body: Mapping[str, Any]) -> Iterator[str]:
        start = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
        yield _event({**start, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "one"}}]})
        if not self.goes_on.wait(PATIENCE):
            return
        yield _event({**start, "choices": [{"index": 0, "delta": {"content": " two"}}]})
        yield _event({**start, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        if (body.get("stream_options") or {}).get("include_usage"):
            usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
            yield _event({**start, "choices": [], "usage": usage})
        yield "data: [DONE]\n\n"


def _event(data: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"


@contextmanager
def running(
    folder: Path,
    litellm_url: str | None = None,
    *,
    safety: ContentSafety | None = None,
    cache: SemanticCache | None = None,
) -> Iterator[Gateway]:
    """A gateway in front of a provider, and of LiteLLM where its URL is given.

    `safety` checks prompts first, and `cache` gives answers again.
    """
    policies = {path: policy(routes=routes, safety=safety, cache=cache) for path, routes in PATHS.items()}
    in_front = litellm.policy("header")
    expressions = Expressions([*policies.values(), in_front], folder)
    gateway = Gateway()
    with ExitStack() as stack:
        stack.callback(expressions.close)
        provider = stack.enter_context(serve(gateway.provider.answer))
        for path, one in policies.items():
            world = ModelWorld(one, expressions)
            world.upstream = forward(provider)
            gateway.worlds[path] = world
            gateway.operations[path] = operations(PATHS[path], safety)
        if litellm_url:
            send = forward(litellm_url)
            own = litellm.World("header", in_front, expressions)
            own.backends = {BACKEND_ID: lambda headers, url, body: send(url, headers, body)}
            gateway.worlds[""] = own
        gateway.url = stack.enter_context(serve(gateway.answer))
        yield gateway
