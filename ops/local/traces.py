"""Takes traces as Langfuse does (OTLP over HTTP) and shows those of a session: no Langfuse, only what reaches one."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<title>{title}</title><style>body {{ font: 15px system-ui, sans-serif; margin: 2rem }}
table {{ border-collapse: collapse }}
th, td {{ text-align: left; vertical-align: top; padding: .4rem .8rem; border-bottom: 1px solid #ccc }}</style>
<h1>{title}</h1>
<p>Project <b>{project}</b>. This page stands in for Langfuse: it lists what arrived for the session.</p>
<table><tr><th>Time (UTC)<th>Trace<th>User<th>Model<th>Tags<th>Input<th>Output<th>Tokens</tr>{rows}</table></html>"""


@dataclass(frozen=True)
class Span:
    """One span of OTLP. `start` is in nanoseconds since 1970."""

    trace_id: str
    name: str
    start: int
    attributes: Mapping[str, Any]


def spans(body: bytes) -> list[Span]:
    """What an OTLP request carries."""
    request = ExportTraceServiceRequest.FromString(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    return [
        Span(
            span.trace_id.hex(),
            span.name,
            span.start_time_unix_nano,
            {attribute.key: _plain(attribute.value) for attribute in span.attributes},
        )
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None


@dataclass(frozen=True)
class Projects:
    """The projects of this stand-in by the key pair that opens each, as `public:secret`, and what they got."""

    by_pair: Mapping[str, str]
    received: dict[str, list[Span]] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        """Langfuse's own paths."""
        return [
            Route("/api/public/otel/v1/traces", self._take, methods=["POST"]),
            Route("/api/public/projects", self._tell),
            Route("/project/{project}/sessions/{session}", self._show),
        ]

    def _project(self, request: Request) -> str | None:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        return self.by_pair.get(base64.b64decode(credentials).decode()) if scheme == "Basic" else None

    async def _take(self, request: Request) -> Response:
        project = self._project(request)
        if project is None:
            return JSONResponse({"message": "Invalid credentials."}, 401)
        self.received.setdefault(project, []).extend(spans(await request.body()))
        return Response(ExportTraceServiceResponse().SerializeToString(), media_type="application/x-protobuf")

    async def _tell(self, request: Request) -> Response:
        project = self._project(request)
        if project is None:
            return JSONResponse({"message": "Invalid credentials."}, 401)
        return JSONResponse({"data": [{"id": project, "name": project}]})

    async def _show(self, request: Request) -> Response:
        project, session = request.path_params["project"], request.path_params["session"]
        found = [span for span in self.received.get(project, []) if span.attributes.get("session.id") == session]
        rows = "".join(_row(span) for span in sorted(found, key=lambda span: span.start))
        return HTMLResponse(_PAGE.format(title=escape(f"Session {session}"), project=escape(project), rows=rows))


def _row(span: Span) -> str:
    known = span.attributes

    def first(*names: str) -> str:
        return next((str(known[name]) for name in names if name in known), "")

    tags = known.get("langfuse.trace.tags", "[]")
    cells = [
        datetime.fromtimestamp(span.start / 1e9, UTC).strftime("%H:%M:%S"),
        first("langfuse.trace.name") or span.name,
        first("user.id", "langfuse.user.id"),
        first("langfuse.observation.model.name", "llm.model_name"),
        ", ".join(tags if isinstance(tags, list) else json.loads(tags)),
        _last_message(first("langfuse.observation.input")),
        _last_message(first("langfuse.observation.output")) or first("langfuse.observation.status_message"),
        _tokens(known),
    ]
    return f"<tr>{''.join(f'<td>{escape(cell)}' for cell in cells)}</tr>"


def _last_message(text: str) -> str:
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    last = parsed[-1] if isinstance(parsed, list) and parsed else parsed
    return str(last.get("content", text)) if isinstance(last, dict) else text


def _tokens(known: Mapping[str, Any]) -> str:
    if "langfuse.observation.usage_details" in known:
        return str(sum(json.loads(known["langfuse.observation.usage_details"]).values()))
    return str(known.get("llm.token_count.total", ""))
