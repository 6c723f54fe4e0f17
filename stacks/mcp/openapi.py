"""OpenAPI documents as targets of an AgentCore gateway, refused where it could make no tools of them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from catalogue.agentcore import LONGEST_TOOL_NAME
from stacks.mcp.addresses import has_port, holds_login

ROOT = Path(__file__).resolve().parent.parent.parent
DRIVE = ROOT / "components" / "aws" / "openapi" / "drive.json"
"""The document of the target `drive`."""

_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options", "trace"})
_NOT_UNDERSTOOD = ("oneOf", "anyOf", "allOf")
"""AgentCore developer guide, "OpenAPI schema targets", features that are not supported."""

_TOOL_NAME = r"[A-Za-z0-9_-]+"
"""Bedrock API reference, ToolSpecification; OpenAI and Anthropic alike."""

_DEEPEST = 100
"""Lists and objects inside each other."""


def payload(document: str) -> str:
    """The document as JSON text, as a target takes it; `drive` is ours, any other a path from the project's folder.

    ValueError says what is wrong with it, as far as `problems` can tell, or that it cannot be read.
    """
    file = DRIVE if document == "drive" else ROOT / document
    try:
        text = file.read_text(encoding="utf-8-sig")
        found = json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ValueError(
            f"{document} cannot be read as an OpenAPI document ({type(error).__name__}): write drive, or the path of a "
            "JSON or YAML file from the project's folder"
        ) from error
    except RecursionError as error:
        raise ValueError(f"{document}: {_TOO_DEEP}") from error
    if first := next(_no_json(found, ""), None):
        raise ValueError(f"{document}: {first}")
    if wrong := list(problems(found)):
        raise ValueError(f"{document}: {'; '.join(wrong)}")
    return json.dumps(found, separators=(",", ":"))


def problems(document: Any) -> Iterator[str]:
    """What of the document AgentCore would refuse, or could make no tool of."""
    if not isinstance(document, Mapping) or not str(document.get("openapi", "")).startswith("3."):
        yield "is no OpenAPI document of version 3: write `openapi: 3.0.3` into it, or convert it"
        return
    yield from _server_problems(document.get("servers") or [])
    operations = list(_operations(document))
    if not operations:
        yield "has no operation, so there would be no tool: write `paths`"
    names = [operation.get("operationId") for _, operation in operations]
    for where, operation in operations:
        name = operation.get("operationId")
        if not name:
            yield f"{where} has no operationId, which becomes the name of the tool: write one"
        elif not isinstance(name, str) or not re.fullmatch(_TOOL_NAME, name):
            yield f"{where} has an operationId of which no tool's name can be made: use letters, digits, _ and - in it"
    for name in sorted({str(name) for name in names if name and names.count(name) > 1}):
        yield f"two operations have the operationId {name}: rename one"
    for word in _NOT_UNDERSTOOD:
        if _mentions(document, word):
            yield f"it uses {word}, which AgentCore does not understand: write the schema out"


def tool_names(document: str) -> list[str]:
    """The operationIds of a document that `payload` takes."""
    return [str(operation["operationId"]) for _, operation in _operations(json.loads(payload(document)))]


def too_long(target: str, document: str) -> list[str]:
    """Names of tools that no model would take, as the gateway makes them of that target."""
    names = [f"{target}___{name}" for name in tool_names(document)]
    return [name for name in names if len(name) > LONGEST_TOOL_NAME]


def _server_problems(servers: Any) -> Iterator[str]:
    if not isinstance(servers, list):
        yield "servers is no list: write `servers: [{url: https://api.example.com}]`"
        return
    if not servers:
        yield "has no servers, so nobody knows where the API is: write `servers` with its HTTPS address"
    for server in servers:
        url = server.get("url") if isinstance(server, Mapping) else None
        if holds_login(str(url)):
            yield "a server holds a login: take it out, the gateway gets a token by itself"
        elif not _is_https(str(url)):
            yield f"the server {url!r} is no HTTPS address: write one without variables"


def _is_https(url: str) -> bool:
    try:
        at = urlsplit(url)
    except ValueError:
        return False
    return at.scheme == "https" and bool(at.hostname) and has_port(url) and "{" not in url


_TOO_DEEP = "is nested too deeply or holds itself (by an anchor): write it flat"


def _no_json(value: Any, where: str, depth: int = 0) -> Iterator[str]:
    """What YAML knows and JSON does not: dates, bytes, sets, numbers without end, anchors to themselves."""
    if depth > _DEEPEST:
        yield _TOO_DEEP
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str | int | float):
                yield f"{where.removeprefix('.') or 'it'} has the key {key}, which is no text: put it in quotes"
            yield from _no_json(item, f"{where}.{key}", depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _no_json(item, f"{where}[{index}]", depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{where.removeprefix('.')} holds {value}, which is no JSON: write a number that ends, or quotes"
    elif not isinstance(value, str | int | float | None):
        yield f"{where.removeprefix('.')} holds a {type(value).__name__}, which is no JSON: put it in quotes"


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    paths = document.get("paths")
    for path, item in paths.items() if isinstance(paths, Mapping) else ():
        for method, operation in item.items() if isinstance(item, Mapping) else ():
            if method in _METHODS and isinstance(operation, Mapping):
                yield f"{method.upper()} {path}", operation


def _mentions(value: Any, word: str) -> bool:
    if isinstance(value, Mapping):
        return word in value or any(_mentions(item, word) for item in value.values())
    return isinstance(value, list) and any(_mentions(item, word) for item in value)
