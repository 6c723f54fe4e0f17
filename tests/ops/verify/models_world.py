"""API Management with models of its own and the logs of it, as the policies and Log Analytics answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.http_server import Answer, Request
from tests.ops.verify.stream_clock import StreamClock

TOKEN = "eyJ0eXAiOiJKV1QifQ.own.signature01234567"
OTHER, ROLELESS = "eyJ0eXAiOiJKV1QifQ.other.", "eyJ0eXAiOiJKV1QifQ.roleless.signature0"
"""What tokens of other applications begin with, and one without the role."""
APIS = {"/openai/v1": ("gpt", "flash", "embed", "secret"), "/azure-openai/v1": ("gpt", "embed", "secret")}
WORKSPACE = "11111111-2222-3333-4444-555555555555"
GATEWAY = "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.ApiManagement/service/genai-gateway"
COLUMNS = ("clientId", "model", "requests", "streamed", "uncounted", "totalTokens", "usd")


def error(status: int, code: str) -> Answer:
    return Answer(status, {"error": {"message": "no", "type": "x", "code": code, "request_id": "1"}})


@dataclass
class ModelGateway:
    """Serves what `allowed` names to who has the token; `instead` maps a model to what is answered in its place."""

    clock: StreamClock
    allowed: set[str] = field(default_factory=lambda: {"gpt", "flash", "embed"})
    instead: dict[str, list[Answer]] = field(default_factory=dict)
    listed: list[str] | None = None
    takes: Callable[[str], bool] = lambda token: token == TOKEN
    open: bool = False
    stream_pause: float = 0.02
    """Seconds after each piece, by the clock."""
    counts: bool = True
    """Whether a stream tells its tokens."""
    late: int = 0
    """How often the logs are asked before they have the record."""
    logged: dict[str, Any] = field(default_factory=lambda: {"streamed": 1, "uncounted": 0, "totalTokens": 312})
    log_answer: Answer | None = None
    asked: list[Request] = field(default_factory=list)
    priorities: Mapping[str, int] = field(default_factory=lambda: {"model-gpt-1": 2, "model-gpt-2": 1})
    """The pool of `gpt`."""
    backends: dict[str, str] = field(default_factory=lambda: {f"model-gpt-{n}": f"https://{n}" for n in (1, 2)})
    """Their addresses."""
    made: dict[str, Any] = field(default_factory=dict)
    """What was made in Azure Resource Manager, by path, with its properties."""
    fails_over: bool = True
    refused: int = 0
    """Requests that the API which refuses everything got."""
    left_behind: bool = False
    """By a proof that was interrupted: the backends lead to the API that refuses everything."""
    denied: str = ""
    """Method and path that Azure Resource Manager denies."""
    caches: bool = False
    """Whether answers are given again."""
    kept: dict[tuple[str, str], Answer] = field(default_factory=dict)
    """By whom and for which body."""
    failed: int = 0
    """How often the cache cannot be asked, as long as a role is not known."""
    missed: int = 0
    """How often no answer is found, for the same reason."""
    shared: bool = False
    """Whether answers are given to whoever asks."""
    stream_header: str = ""
    """What a stream says of the cache."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Of the applications that may log in, by client id; their tokens are `other_token`s."""
    without_role: int = 0
    """How many of their tokens lack the role."""
    theirs: set[str] = field(default_factory=lambda: {"gpt", "flash", "embed"})
    """The models that they may use."""
    longest: int = 10**6
    """Characters of a prompt that are checked."""

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        if request.path.startswith(GATEWAY):
            return self._resource_manager(request)
        if request.path == "/tenant-1/oauth2/v2.0/token":
            return self._log_in(request.body)
        if request.path == f"/v1/workspaces/{WORKSPACE}/query":
            return self._logs(request.body["query"])
        base, _, operation = request.path.rpartition("/v1/")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token == ROLELESS:
            return error(403, "role_missing")
        if not self.open and not self.takes(token) and not token.startswith(OTHER):
            return error(401, "invalid_token")
        allowed = self.theirs if token.startswith(OTHER) else self.allowed
        names = [name for name in APIS[f"{base}/v1"] if name in allowed]
        if operation == "models":
            return Answer(200, {"data": [{"id": name} for name in (self.listed or names)]})
        model = request.body.get("model")
        if model is None:
            return error(400, "model_missing")
        if model not in APIS[f"{base}/v1"]:
            return error(404, "model_not_found")
        if model not in allowed:
            return error(403, "model_not_allowed")
        if operation == "chat/completions" and len(request.body["messages"][-1]["content"]) > self.longest:
            return error(400, "content_filter")
        if self.caches and operation == "chat/completions" and not request.body.get("stream"):
            return self._cached(token, request)
        return self._served(operation, request)

    def _cached(self, token: str, request: Request) -> Answer:
        key = ("" if self.shared else token, json.dumps(request.body))
        self.failed -= 1
        if self.failed >= 0:
            return error(503, "cache_failed")
        found = self.kept.get(key)
        if found and self.missed <= 0:
            return Answer(200, found.body, {"x-gateway-cache": "hit"})
        self.missed -= 1
        answer = self._served("chat/completions", request)
        if answer.status == 200:
            self.kept[key] = answer
        return Answer(answer.status, answer.body, {"x-gateway-cache": "miss"})

    def _log_in(self, body: Mapping[str, str]) -> Answer:
        if self.secrets.get(body["client_id"]) != body["client_secret"]:
            return Answer(401, {"error": "invalid_client", "error_description": "AADSTS7000222: it has ended"})
        self.without_role -= 1
        token = ROLELESS if self.without_role >= 0 else f"{OTHER}{body['client_id']}"
        return Answer(200, {"access_token": token, "token_type": "Bearer"})

    def _served(self, operation: str, request: Request) -> Answer:
        model = request.body["model"]
        if answers := self.instead.get(model):
            return answers.pop(0) if len(answers) > 1 else answers[0]
        if model == "gpt" and self._first().endswith("/genai-verify"):
            self.refused += "apis/genai-verify/policies/policy" in self.made
            if not self.fails_over:
                return Answer(429, {"error": {"message": "rate limit"}})
        if operation == "embeddings":
            return Answer(200, {"data": [{"embedding": [0.1] * 8}]})
        if model == "embed":
            return Answer(400, {"error": {"code": "OperationNotSupported", "message": "chat does not work"}})
        if request.body.get("stream"):
            headers = {"Content-Type": "text/event-stream"}
            headers |= {"x-gateway-cache": self.stream_header} if self.stream_header else {}
            pieces = self._stream()
            timed = len(request.body["messages"]) == 1  # the step about the cache looks at no clock
            return Answer(200, self.clock.apart(pieces, self.stream_pause) if timed else pieces, headers)
        return Answer(200, {"choices": [{"message": {"content": f"Yes, {len(self.asked)}."}}]})

    def _first(self) -> str:
        """Where the pool sends a request first."""
        return self.backends[min(self.priorities, key=lambda name: self.priorities[name])]

    def _resource_manager(self, request: Request) -> Answer:
        path = request.path.removeprefix(f"{GATEWAY}/")
        if f"{request.method} {path}" == self.denied:
            return Answer(403, {"error": {"code": "AuthorizationFailed"}})
        kind, _, name = path.partition("/")
        match request.method:
            case "GET" if path == "backends":
                members = [{"id": f"{GATEWAY}/backends/{one}", "priority": at} for one, at in self.priorities.items()]
                pool = {"name": "model-gpt-pool", "properties": {"type": "Pool", "pool": {"services": members}}}
                return Answer(200, {"value": [*({"name": one, "properties": {}} for one in self.backends), pool]})
            case "GET":
                url = self.backends[name]
                if self.left_behind:
                    url = f"http://{request.headers['host']}/genai-verify"
                return Answer(200, {"name": name, "properties": {"url": url}})
            case "PUT":
                self.made[path] = request.body["properties"]
                return Answer(201, {})
            case "PATCH" if kind == "backends" and request.headers["if-match"] == "*":
                self.backends[name] = request.body["properties"]["url"]
                return Answer(200, {})
            case "DELETE" if request.headers["if-match"] == "*" and request.query["deleteRevisions"] == "true":
                self.made = {one: made for one, made in self.made.items() if not one.startswith(path)}
                return Answer(200, {})
        return Answer(412, {})

    def _stream(self) -> Iterator[str]:
        for content in ("one", " two"):
            yield f"data: {json.dumps({'choices': [{'delta': {'content': content}}], 'usage': None})}\n\n"
        if self.counts:
            yield f"data: {json.dumps({'choices': [], 'usage': {'total_tokens': 312}})}\n\n"
        yield "data: [DONE]\n\n"

    def _logs(self, query: str) -> Answer:
        if self.log_answer:
            return self.log_answer
        self.late -= 1
        if query.startswith("// Errors"):
            names = ("clientId", "ResponseCode", "code", "requests")
            rows: list[list[Any]] = [["client-1", 429, "rate_limited", 7], ["", 502, "", 3]]
            rows += [["", 429, "", self.refused]] if self.refused and self.late < 0 else []
            return Answer(200, {"tables": [{"columns": [{"name": name} for name in names], "rows": rows}]})
        row: Mapping[str, Any] = {"clientId": "client-1", "model": "gpt", "requests": 1, "usd": 0.0002, **self.logged}
        found = [] if self.late >= 0 else [[row[name] for name in COLUMNS]]
        table = {"name": "PrimaryResult", "columns": [{"name": name} for name in COLUMNS], "rows": found}
        return Answer(200, {"tables": [table]})
