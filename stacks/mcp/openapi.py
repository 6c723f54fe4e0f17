"""OpenAPI documents as targets of an AgentCore gateway, refused where it could make no tools of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from catalogue.agentcore import LONGEST_TOOL_NAME

ROOT = Path(__file__).resolve().parent.parent.parent
DRIVE = ROOT / "components" / "aws" / "openapi" / "drive.json"
"""The document of the target `drive`."""

_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options", "trace"})
_NOT_UNDERSTOOD = ("oneOf", "anyOf", "allOf")
"""AgentCore developer guide, "OpenAPI schema targets", features that are not supported."""


def payload(document: str) -> str:
    """The document as JSON text, as a target takes it; `drive` is ours, any other a path from the project's folder.

    ValueError says what is wrong with it, as far as `problems` can tell, or that it cannot be read.
    """
    file = DRIVE if document == "drive" else ROOT / document
    try:
        text = file.read_text(encoding="utf-8")
        found = json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ValueError(
            f"{document} cannot be read as an OpenAPI document ({type(error).__name__}): write drive, or the path of a "
            "JSON or YAML file from the project's folder"
        ) from error
    if wrong := list(problems(found)):
        raise ValueError(f"{document}: {'; '.join(wrong)}")
    return json.dumps(found, separators=(",", ":"))


def problems(document: Any) -> Iterator[str]:
    """What of the document AgentCore would refuse, or could make no tool of."""
    if not isinstance(document, Mapping) or not str(document.get("openapi", "")).startswith("3."):
        yield "is no OpenAPI document of version 3: write `openapi: 3.0.3` into it, or convert it"
        return
    servers = [one.get("url") if isinstance(one, Mapping) else None for one in document.get("servers") or []]
    if not servers:
        yield "has no servers, so nobody knows where the API is: write `servers` with its HTTPS address"
    for server in servers:
        at = urlsplit(str(server))
        if at.scheme != "https" or not at.hostname or "{" in str(server):
            yield f"the server {server!r} is no HTTPS address: write one without variables"
    operations = list(_operations(document))
    if not operations:
        yield "has no operation, so there would be no tool: write `paths`"
    names = [operation.get("operationId") for _, operation in operations]
    for where, operation in operations:
        if not operation.get("operationId"):
            yield f"{where} has no operationId, which becomes the name of the tool: write one"
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
