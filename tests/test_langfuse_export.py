"""The two scripts of docs/operations.md that carry Langfuse's prompts and datasets from one day to another."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from ops.project import ROOT
from tests import http_server

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
EXPORT, IMPORT = re.findall(r"\.venv/bin/python - <<'END'\n(.*?)END\n", PAGE, re.DOTALL)
KEYS = {"LANGFUSE_PUBLIC_KEY": "pk-lf-1", "LANGFUSE_SECRET_KEY": "sk-lf-1"}


@dataclass
class Langfuse:
    """Answers as web/src/pages/api/public of Langfuse v4.16.0 does, two entries a page."""

    prompts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Versions by name, the first first."""
    datasets: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def get(self, path: str, query: Mapping[str, str]) -> Any:
        if path.startswith("v2/prompts/"):
            assert query["resolve"] == "false", "else what a prompt includes would be pasted into it"
            name = path.removeprefix("v2/prompts/")
            assert "/" not in name, "that would be another route"
            return self.prompts[unquote(name)][int(query["version"]) - 1]
        entries: list[dict[str, Any]] = {
            "v2/prompts": [{"name": n, "versions": list(range(len(v), 0, -1))} for n, v in self.prompts.items()],
            "v2/datasets": self.datasets,
            "dataset-items": [
                item
                for item in self.items
                if item["datasetName"] == query.get("datasetName") and item["status"] == "ACTIVE"  # langfuse#12101
            ],
        }[path]
        assert int(query["limit"]) <= 100
        first = (int(query["page"]) - 1) * 2
        return {"data": entries[first : first + 2], "meta": {"totalPages": (len(entries) + 1) // 2}}

    def post(self, path: str, body: dict[str, Any]) -> Any:
        match path:
            case "v2/prompts":
                for name, label in re.findall(r"@@@langfusePrompt:name=(.+?)\|label=(.+?)@@@", str(body["prompt"])):
                    if not any(label in version["labels"] for version in self.prompts.get(name, [])):
                        raise LookupError(f"Prompt dependency not found: {name}")
                versions = self.prompts.setdefault(body["name"], [])
                versions.append({**body, "version": len(versions) + 1, "createdBy": "API"})
            case "v2/datasets":
                self.datasets.append({**body, "id": f"id-{len(self.datasets)}"})
            case "dataset-items":
                assert any(one["name"] == body["datasetName"] for one in self.datasets)
                self.items.append({**body, "datasetId": "x", "mediaReferences": []})
        return body


@contextmanager
def served(langfuse: Langfuse) -> Iterator[Langfuse]:
    def answer(request: http_server.Request) -> http_server.Answer:
        pair = base64.b64encode(f"{KEYS['LANGFUSE_PUBLIC_KEY']}:{KEYS['LANGFUSE_SECRET_KEY']}".encode()).decode()
        assert request.headers["Authorization"] == f"Basic {pair}"
        path = request.path.removeprefix("/api/public/")
        if request.method == "GET":
            return http_server.Answer(200, langfuse.get(path, request.query))
        try:
            return http_server.Answer(200, langfuse.post(path, request.body))
        except LookupError as error:
            return http_server.Answer(400, {"message": str(error)})

    with http_server.serve(answer) as langfuse.url:
        yield langfuse


def _run(script: str, langfuse: Langfuse, folder: Path, *, says: str = "") -> None:
    environment = {**KEYS, "LANGFUSE_BASE_URL": langfuse.url}
    run = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == (1 if says else 0), run.stderr
    assert says in run.stderr
    assert "Traceback" not in run.stderr


def _prompt(name: str, text: Any, *labels: str, **more: Any) -> dict[str, Any]:
    kind = "text" if isinstance(text, str) else "chat"
    return {"name": name, "type": kind, "prompt": text, "config": {}, "labels": list(labels), "tags": [], **more}


@pytest.fixture
def yesterday() -> Iterator[Langfuse]:
    """Three prompts, one with two versions and a slash in its name, three datasets and three items of one of them."""
    chat = [{"role": "user", "content": "{{question}}"}]
    with served(Langfuse()) as langfuse:
        for prompt in (
            _prompt("folder/greeting", "Hello", commitMessage="first"),
            _prompt("folder/greeting", "Hello {{name}}", "production"),
            _prompt("chat", chat, "production", config={"temperature": 0}),
            _prompt("third", "three"),
        ):
            langfuse.post("v2/prompts", prompt)
        for name in ("capitals", "empty", "more"):
            langfuse.post("v2/datasets", {"name": name, "description": None, "metadata": {"of": name}})
        for number in range(3):
            item = {"id": f"item-{number}", "datasetName": "capitals", "input": {"n": number}, "status": "ACTIVE"}
            langfuse.post("dataset-items", item)
        yield langfuse


def test_prompts_and_datasets_come_back_on_another_day(yesterday: Langfuse, tmp_path: Path) -> None:
    _run(EXPORT, yesterday, tmp_path)
    with served(Langfuse()) as today:
        _run(IMPORT, today, tmp_path)

    def kept(entries: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
        return [{name: entry.get(name) for name in names} for entry in entries]

    assert list(today.prompts) == list(yesterday.prompts)
    of_prompt = ("version", "type", "prompt", "config", "labels", "tags", "commitMessage")
    for name, versions in yesterday.prompts.items():
        assert kept(today.prompts[name], *of_prompt) == kept(versions, *of_prompt)
    assert kept(today.datasets, "name", "metadata") == kept(yesterday.datasets, "name", "metadata")
    of_item = ("id", "datasetName", "input", "status")
    assert kept(today.items, *of_item) == kept(yesterday.items, *of_item)


def _including(name: str) -> str:
    return f"First: @@@langfusePrompt:name={name}|label=production@@@"


def test_a_prompt_that_includes_another_comes_back_after_it(tmp_path: Path) -> None:
    """Langfuse lists prompts by name: `a` stands before what it includes, and its second version needs the first."""
    prompts = {
        "a": [_prompt("a", _including("b")), _prompt("a", "second", "production")],
        "b": [_prompt("b", _including("c"), "production")],
        "c": [_prompt("c", "old"), _prompt("c", "new", "production")],
    }
    with served(Langfuse(prompts=prompts)) as yesterday:
        _run(EXPORT, yesterday, tmp_path)
    with served(Langfuse()) as today:
        _run(IMPORT, today, tmp_path)
    texts = {name: [version["prompt"] for version in versions] for name, versions in today.prompts.items()}
    assert texts == {name: [version["prompt"] for version in versions] for name, versions in prompts.items()}


def test_a_prompt_whose_other_never_comes_is_a_sentence(tmp_path: Path) -> None:
    with served(Langfuse(prompts={"a": [_prompt("a", _including("gone"))]})) as yesterday:
        _run(EXPORT, yesterday, tmp_path)
    with served(Langfuse()) as today:
        _run(IMPORT, today, tmp_path, says="Prompt dependency not found: gone")
