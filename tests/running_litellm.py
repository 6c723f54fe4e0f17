"""LiteLLM with a PostgreSQL, one for all tests that ask the real one, between a provider and a Langfuse of ours."""

from __future__ import annotations

import json
import re
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg

from charts.litellm import allowed_routes, proxy_config
from charts.shapes import Model
from ops.local import process
from ops.local.database import database, missing_program, prisma_client
from tests.http_server import Answer, Request, serve
from tests.required import missing
from tests.waiting import until

if TYPE_CHECKING:
    from ops.local.traces import Span

MINE, OTHERS, ECHO, RANKER = "mine", "others", "echo", "ranker"
"""Models of the provider: two of OpenAI's kind, one that LiteLLM answers itself, one that ranks documents."""
MASTER_KEY = "sk-master-0123456789"
KEY = "sk-limited-0123456789abcdef"
"""A virtual key as the program makes it, for `MINE` alone."""
WIDE_ROUTES = "sk-routes-0123456789abcdef"
"""A key for `MINE` alone, made in LiteLLM's UI: without `allowed_routes`."""
NEIGHBOUR = "sk-neighbour-0123456789abcdef"
"""A key for `OTHERS` alone."""
TWO_MODELS = "sk-two-0123456789abcdef"
"""A key for `MINE` and `ECHO`."""
RANKING = "sk-ranking-0123456789abcdef"
"""A key for `RANKER` alone."""
ONE_CALL = "sk-one-call-0123456789abcdef"
"""A key for one call of `MINE` a minute, which lasts an hour here: tests of what comes after it take their time."""
KEYS = {
    ONE_CALL: (MINE,),
    KEY: (MINE,),
    WIDE_ROUTES: (MINE,),
    NEIGHBOUR: (OTHERS,),
    TWO_MODELS: (MINE, ECHO),
    RANKING: (RANKER,),
}

NOT_SERVED = "not-served"
"""What the provider refuses to answer."""


def alias(key: str) -> str:
    """The name under which LiteLLM knows a key."""
    return f"alias-{key.split('-')[1]}"


def chat(text: str = "ping", **more: Any) -> dict[str, Any]:
    """A completion that `KEY` may ask for."""
    return {"model": MINE, "messages": [{"role": "user", "content": text}], **more}


@dataclass
class Provider:
    """Answers as OpenAI's API does, and streams slowly."""

    called: list[str] = field(default_factory=list)
    """The models that were asked for."""

    def answer(self, request: Request) -> Answer:
        body = request.body or {}
        if isinstance(body, bytes):  # a form with a file
            body = {"model": re.findall(rb'name="model"\r\n\r\n([^\r]*)', body)[0].decode()}
        model: str = body.get("model", "")
        if model:
            self.called.append(model)
        if NOT_SERVED in str(body.get("messages")):
            return Answer(400, {"error": {"message": "refused by the provider"}})
        call, usage = str(uuid.uuid4()), {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        match request.path.removeprefix("/v1/").split("/"):
            case ["responses"]:
                return _stream(_events(call, model)) if body.get("stream") else Answer(200, _response(call, model))
            case ["responses", "compact"]:
                return Answer(200, {**_response(call, model), "object": "response.compaction"})
            case ["responses", name] if request.method == "DELETE":
                return Answer(200, {"id": name, "object": "response", "deleted": True})
            case ["responses", name, *more] if more != ["input_items"]:
                return Answer(200, _response(name.removeprefix("resp_"), MINE))
            case ["embeddings"]:
                data = [{"object": "embedding", "index": 0, "embedding": [0.5]}]
                return Answer(200, {"object": "list", "data": data, "model": model, "usage": usage})
            case ["moderations"]:
                result = {"flagged": False, "categories": {}, "category_scores": {}}
                return Answer(200, {"id": call, "model": model, "results": [result]})
            case ["images", _]:
                return Answer(200, {"created": 1, "data": [{"b64_json": "cG9uZw=="}]})
            case ["audio", "speech"]:
                return Answer(200, "pong", {"Content-Type": "audio/mpeg"})
            case ["audio", _]:
                return Answer(200, {"text": "pong"})
            case ["rerank"]:
                return Answer(200, {"id": call, "results": [{"index": 0, "relevance_score": 0.5}], "meta": {}})
        if request.method == "GET":
            return Answer(200, {"object": "list", "data": []})  # LiteLLM asks for the models as it starts
        if body.get("stream"):
            return _stream(_chunks(call))
        said = {"message": {"role": "assistant", "content": "pong"}} if "chat" in request.path else {"text": "pong"}
        choices = [{"index": 0, "finish_reason": "stop", **said}]
        return Answer(200, {"id": call, "object": "chat.completion", "choices": choices, "usage": usage})


def _stream(events: Iterable[Mapping[str, Any]]) -> Answer:
    def lines() -> Iterator[str]:
        for event in events:
            yield f"data: {json.dumps(event)}\n\n"
            time.sleep(0.2)  # so that pieces stay apart on a busy machine
        yield "data: [DONE]\n\n"

    return Answer(200, lines(), {"Content-Type": "text/event-stream"})


def _chunks(call: str) -> Iterator[Mapping[str, Any]]:
    for word in ("one", " two", ""):
        said = {"delta": {"role": "assistant", "content": word} if word else {}, "text": word}
        choice = {"index": 0, "finish_reason": None if word else "stop", **said}
        yield {"id": call, "object": "chat.completion.chunk", "choices": [choice]}


def _events(call: str, model: str) -> Iterator[Mapping[str, Any]]:
    place = {"item_id": "m", "output_index": 0, "content_index": 0}
    yield {"type": "response.output_text.delta", **place, "delta": "pong"}
    yield {"type": "response.completed", "response": _response(call, model)}


def _response(call: str, model: str) -> Mapping[str, Any]:
    content = [{"type": "output_text", "text": "pong", "annotations": []}]
    message = {"type": "message", "id": "m", "status": "completed", "role": "assistant", "content": content}
    return {
        "id": f"resp_{call}",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": model,
        "output": [message],
        "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
        "tools": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "temperature": 1,
        "top_p": 1,
    }


@dataclass
class Langfuse:
    """Takes traces and keeps them."""

    received: list[Request] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    away: bool = False
    """Whether it is restarting."""

    def answer(self, request: Request) -> Answer:
        if self.away:
            return Answer(503)
        from ops.local.traces import spans

        self.received.append(request)
        self.spans += spans(request.body)
        return Answer(200)

    def traces(self) -> bytes:
        """All that came."""
        return b"".join(request.body for request in self.received)

    def wait_for(self, text: str) -> Mapping[str, Any]:
        """The attributes of a call's span, once it is there, that shows `text`."""

        def found() -> Mapping[str, Any] | None:
            every = [span.attributes for span in self.spans if "langfuse.observation.type" in span.attributes]
            return next((attributes for attributes in every if text in str(attributes)), None)

        return until(found, f"no span with {text}") or {}

    def wait_for_header(self, text: str) -> None:
        """Until the headers of a call are there, which stand in another span than its prompt."""
        until(lambda: text.encode() in self.traces(), f"no trace with {text}")


@dataclass
class RunningLiteLLM:
    """LiteLLM and all that it speaks to."""

    url: str
    folder: Path
    """Where it runs."""
    database: str
    """The URL of its PostgreSQL."""
    provider: Provider
    langfuse: Langfuse

    def post(self, key: str, path: str, body: Mapping[str, Any], **headers: str) -> httpx.Response:
        """Its answer; what the provider was asked for before is forgotten."""
        self.provider.called.clear()
        headers = {"Authorization": f"Bearer {key}"} | headers
        return httpx.post(f"{self.url}{path}", json=body, headers=headers, timeout=60)

    def log(self) -> str:
        """What it wrote to its console."""
        return (self.folder / "log").read_text(errors="replace")  # the end may be half a character

    def rows(self) -> dict[str, str]:
        """All that each table of its database holds."""
        with psycopg.connect(self.database) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            query = "SELECT coalesce(string_agg(row_to_json(t)::text, chr(10)), '') FROM \"{}\" t"
            return {name: connection.execute(query.format(name).encode()).fetchall()[0][0] for (name,) in tables}

    def settle(self) -> None:
        """Wait until Langfuse has the traces of all calls so far, and the database their rows."""
        marker = f"settled-{uuid.uuid4()}"
        self.post(KEY, "/v1/chat/completions", chat(user=marker)).raise_for_status()
        self.langfuse.wait_for(marker)
        query = 'SELECT 1 FROM "LiteLLM_SpendLogs" WHERE end_user = %s'
        with psycopg.connect(self.database, autocommit=True) as connection:
            until(lambda: connection.execute(query, [marker]).fetchall(), "no spend row")


@contextmanager
def running_litellm(folder: Path) -> Iterator[RunningLiteLLM]:
    """A LiteLLM with the models and keys above. Skips the test where a program is missing."""
    if program := missing_program():
        missing(f"{program}, which runs Prisma's engine, is not on PATH")
    provider, langfuse = Provider(), Langfuse()
    with serve(provider.answer) as base:
        openai = {"api_base": f"{base}/v1"}
        models = (
            *(Model(name=name, model=f"openai/{name}", params=openai) for name in (MINE, OTHERS)),
            Model(name=ECHO, model="openai/echo", params={"mock_response": "pong"}),
            Model(name=RANKER, model=f"cohere/{RANKER}", params={"api_base": f"{base}/v1/rerank", "api_key": "none"}),
            Model(name="nova-lite", model="bedrock/amazon.nova-lite-v1:0"),
            Model(
                name="gpt",
                model="azure/deployment",
                params={"api_base": "https://example.openai.azure.com"},
                provider_key="azure",
                base_model="azure/gpt-6-luna",
            ),
        )
        config = proxy_config(models, region="us-east-1", vpc_cidr="127.0.0.0/8")
        config["general_settings"]["proxy_batch_write_at"] = 1
        with (
            # Not in the folder of pytest, each of which closes it anew: as root, PostgreSQL has a user of its own.
            tempfile.TemporaryDirectory(prefix="postgres-") as data,
            database(Path(data)) as database_url,
            serve(langfuse.answer) as langfuse_url,
        ):
            environment = {
                **prisma_client(folder),
                "DATABASE_URL": database_url,
                "DISABLE_SCHEMA_UPDATE": "true",
                "LITELLM_MASTER_KEY": MASTER_KEY,
                "LITELLM_SALT_KEY": "sk-salt-0123456789",
                "LITELLM_RATE_LIMIT_WINDOW_SIZE": "3600",  # seconds
                "PROVIDER_KEY_AZURE": "azure-key",
                "LANGFUSE_PUBLIC_KEY": "pk-lf-1",
                "LANGFUSE_SECRET_KEY": "sk-lf-1",
                "OTEL_BSP_SCHEDULE_DELAY": "200",  # milliseconds; 5000 by default
            }
            with process.litellm(folder, config, langfuse_url, environment) as url:
                for key, allowed in KEYS.items():
                    _make_key(url, key, allowed)
                yield RunningLiteLLM(url, folder, database_url, provider, langfuse)


def _make_key(url: str, key: str, models: Sequence[str]) -> None:
    made: dict[str, Any] = {"key": key, "key_alias": alias(key), "models": models}
    if key != WIDE_ROUTES:
        made["allowed_routes"] = allowed_routes(models)
    if key == ONE_CALL:
        made["rpm_limit"] = 1
    headers = {"x-litellm-api-key": MASTER_KEY}
    httpx.post(f"{url}/key/generate", json=made, headers=headers, timeout=60).raise_for_status()
