"""API Management with models of its own and the logs of it, as the policies and Log Analytics answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.http_server import Answer, Request

TOKEN = "eyJ0eXAiOiJKV1QifQ.own.signature01234567"
APIS = {"/openai/v1": ("gpt", "flash", "embed", "secret"), "/azure-openai/v1": ("gpt", "embed", "secret")}
WORKSPACE = "11111111-2222-3333-4444-555555555555"
COLUMNS = ("clientId", "model", "requests", "streamed", "uncounted", "totalTokens", "usd")


def error(status: int, code: str) -> Answer:
    return Answer(status, {"error": {"message": "no", "type": "x", "code": code, "request_id": "1"}})


@dataclass
class ModelGateway:
    """Serves what `allowed` names to who has the token; `instead` maps a model to what is answered in its place."""

    allowed: set[str] = field(default_factory=lambda: {"gpt", "flash", "embed"})
    instead: dict[str, list[Answer]] = field(default_factory=dict)
    listed: list[str] | None = None
    takes: Callable[[str], bool] = lambda token: token == TOKEN
    open: bool = False
    counts: bool = True
    """Whether a stream tells its tokens."""
    late: int = 0
    """How often the logs are asked before they have the record."""
    logged: dict[str, Any] = field(default_factory=lambda: {"streamed": 1, "uncounted": 0, "totalTokens": 312})
    log_answer: Answer | None = None
    asked: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        if request.path == f"/v1/workspaces/{WORKSPACE}/query":
            return self._logs()
        base, _, operation = request.path.rpartition("/v1/")
        if not self.open and not self.takes(request.headers.get("authorization", "").removeprefix("Bearer ")):
            return error(401, "invalid_token")
        names = [name for name in APIS[f"{base}/v1"] if name in self.allowed]
        if operation == "models":
            return Answer(200, {"data": [{"id": name} for name in (self.listed or names)]})
        model = request.body.get("model")
        if model is None:
            return error(400, "model_missing")
        if model not in APIS[f"{base}/v1"]:
            return error(404, "model_not_found")
        if model not in self.allowed:
            return error(403, "model_not_allowed")
        if answers := self.instead.get(model):
            return answers.pop(0) if len(answers) > 1 else answers[0]
        if operation == "embeddings":
            return Answer(200, {"data": [{"embedding": [0.1] * 8}]})
        if model == "embed":
            return Answer(400, {"error": {"code": "OperationNotSupported", "message": "chat does not work"}})
        if request.body.get("stream"):
            return Answer(200, self._stream(), {"Content-Type": "text/event-stream"})
        return Answer(200, {"choices": [{"message": {"content": "Yes."}}]})

    def _stream(self) -> Iterator[str]:
        for content in ("one", " two"):
            yield f"data: {json.dumps({'choices': [{'delta': {'content': content}}], 'usage': None})}\n\n"
            time.sleep(0.02)
        if self.counts:
            yield f"data: {json.dumps({'choices': [], 'usage': {'total_tokens': 312}})}\n\n"
        yield "data: [DONE]\n\n"

    def _logs(self) -> Answer:
        if self.log_answer:
            return self.log_answer
        self.late -= 1
        row: Mapping[str, Any] = {"clientId": "client-1", "model": "gpt", "requests": 1, "usd": 0.0002, **self.logged}
        rows = [] if self.late >= 0 else [[row[name] for name in COLUMNS]]
        table = {"name": "PrimaryResult", "columns": [{"name": name} for name in COLUMNS], "rows": rows}
        return Answer(200, {"tables": [table]})
