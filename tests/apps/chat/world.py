"""A day for the chat on this machine: LiteLLM, Langfuse, API Management and Entra ID as they answer.

LiteLLM's answers are those of LiteLLM 1.108.14 with a database; `test_offline.py` asks that one itself.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.local.traces import Span, spans
from tests.http_server import Answer, Request

MASTER_KEY, KEY, OTHER_KEY = "sk-master-0123456789", "sk-restricted-0123456789", "sk-other-0123456789"
OWN_SECRET = "sk-lf-own-0123456789"
CLIENT_SECRET = "client-secret-0123456789"
MODELS = ("gpt-4o-mini", "gemini-2.5-flash-lite")
ALLOWED = {KEY: MODELS[:1], OTHER_KEY: MODELS, MASTER_KEY: MODELS}
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12, "cost": 9.15e-06}
HASH = "5731467abd48f7a99b5f2a7047e3f49bc5bfe8dba81aa921e79887b5b0e9670a"
"""What LiteLLM writes into some errors: the hash by which it keeps a key."""


def error(status: int, kind: str, message: str) -> Answer:
    return Answer(status, {"error": {"message": message, "type": kind, "param": None, "code": str(status)}})


def refused_by_gateway(status: int, code: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": "no", "request_id": "1"}})


NO_SUCH_MODEL = error(
    403, "key_model_access_denied", f"The requested model is not available for this API key {KEY}, or is invalid."
)


@dataclass
class World:
    """`instead` is answered to every completion while it is set."""

    asked: list[Request] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    pairs: list[str] = field(default_factory=list)
    """The key pair of each batch of spans."""
    instead: Answer | None = None
    broken: Mapping[str, str] | None = None
    """The headers of an answer that ends after its first word."""
    tokens: list[str] = field(default_factory=list)
    token_seconds: int = 3600
    to_token: Answer | None = None

    @property
    def questions(self) -> list[list[Mapping[str, str]]]:
        """The messages of each completion."""
        return [request.body["messages"] for request in self.asked]

    def litellm(self, request: Request) -> Answer:
        self.asked.append(request)
        return self.complete(request, request.headers["authorization"].removeprefix("Bearer "))

    def gateway(self, request: Request) -> Answer:
        self.asked.append(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return refused_by_gateway(401, "invalid_token")
        return self.complete(request, request.headers.get("x-litellm-api-key", KEY))

    def complete(self, request: Request, key: str) -> Answer:
        if self.instead:
            return self.instead
        if key not in ALLOWED:
            return error(401, "token_not_found_in_db", "Authentication Error, Invalid API key provided.")
        if request.body["model"] not in ALLOWED[key]:
            return NO_SUCH_MODEL
        return Answer(200, self.stream(request), {"Content-Type": "text/event-stream", **(self.broken or {})})

    def stream(self, request: Request) -> Iterator[str]:
        def chunk(delta: Mapping[str, str], **more: object) -> str:
            choices = [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}]
            return f"data: {json.dumps({'id': 'c', 'object': 'chat.completion.chunk', 'choices': choices, **more})}\n\n"

        for word in f"Echo: {request.body['messages'][-1]['content']}".split():
            yield chunk({"content": f"{word} "})
            if self.broken is not None:
                return
        yield chunk({}, usage=USAGE)
        yield "data: [DONE]\n\n"

    def langfuse(self, request: Request) -> Answer:
        credentials = request.headers["authorization"].removeprefix("Basic ")
        self.pairs.append(base64.b64decode(credentials).decode())
        self.spans += spans(request.body)
        return Answer(200, "", {"Content-Type": "application/x-protobuf"})

    def entra(self, request: Request) -> Answer:
        if request.path.endswith("/openid-configuration"):
            base = f"https://{request.headers['host']}/tenant-1"
            ends = {"authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token"}
            return Answer(200, {"issuer": f"{base}/v2.0", **ends})
        if self.to_token:
            return self.to_token
        assert request.body["client_secret"] == CLIENT_SECRET
        self.tokens.append(f"token-{len(self.tokens)}-{time.monotonic_ns()}")
        return Answer(200, {"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": self.token_seconds})


def settings(urls: Mapping[str, str], key_mode: str | None = None, **more: Any) -> dict[str, Any]:
    """What `genai chat` would tell the chat; with a key mode also the way through API Management."""
    told: dict[str, Any] = {
        "litellmUrl": urls["litellm"],
        "models": MODELS,
        "virtualKeys": {"restricted": KEY, "other": OTHER_KEY},
        "user": "anna",
        "project": {"url": urls["langfuse"], "id": "genai-platform"},
        **more,
    }
    if key_mode:
        told["gateway"] = {
            "url": urls["gateway"],
            "keyMode": key_mode,
            "authority": f"{urls['entra']}/tenant-1",
            "scope": "api://api-1/.default",
            "clientId": "client-1",
            "clientSecret": CLIENT_SECRET,
        }
    return told
