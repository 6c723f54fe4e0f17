"""`genai langfuse export` and `import` as they are typed, between two days whose Langfuse answers as v4.16.0 does."""

from __future__ import annotations

import base64
import json
import re
import stat
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import unquote

import pytest
from typer.testing import CliRunner

from ops.cli import app
from ops.clouds.langfuse_administrator import LangfuseError
from tests import http_server
from tests.ops.env.project import DAY, project, pulumi

__all__ = ["project"]
KEYS = {"langfusePublicKey": "pk-lf-1", "langfuseSecretKey": "sk-lf-1"}
UP = {**DAY, **KEYS, "langfuseEmail": "admin@example.com", "langfusePassword": "Password0"}


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
            "v2/datasets": [{**dataset, "projectId": "genai-platform"} for dataset in self.datasets],
            "dataset-items": [
                item
                for item in self.items
                if item["datasetName"] == query.get("datasetName") and item["status"] == "ACTIVE"  # langfuse#12101
            ],
        }[path]
        assert int(query["limit"]) <= 100
        first = (int(query["page"]) - 1) * 2
        return {"data": entries[first : first + 2], "meta": {"totalPages": (len(entries) + 1) // 2}}

    def query(self, procedure: str, **given: str | int) -> Any:
        """As the web interface lists items: archived ones too, two a page, the first page is 0."""
        assert (procedure, given["projectId"]) == ("datasets.itemsByDatasetId", "genai-platform")
        name = next(dataset["name"] for dataset in self.datasets if dataset["id"] == given["datasetId"])
        items = [item for item in self.items if item["datasetName"] == name]
        first = int(given["page"]) * 2
        shown = [{**item, "datasetName": None} for item in items[first : first + 2]]
        return {"totalDatasetItems": len(items), "datasetItems": shown}

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
                assert any(dataset["name"] == body["datasetName"] for dataset in self.datasets)
                self.items.append({**body, "datasetId": "x", "mediaReferences": []})
        return body


@contextmanager
def served(langfuse: Langfuse) -> Iterator[Langfuse]:
    def answer(request: http_server.Request) -> http_server.Answer:
        pair = base64.b64encode(":".join(KEYS.values()).encode()).decode()
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


def _run(command: str, langfuse: Langfuse, file: Path, *, code: int = 0, says: str = "") -> str:
    @asynccontextmanager
    async def forwarded(*_: object) -> AsyncIterator[tuple[str, str]]:
        yield "", langfuse.url

    with (
        mock.patch("ops.commands.forward.in_background.forwarded", forwarded),
        mock.patch("ops.clouds.kubeconfig.kubeconfig", return_value={}),
        mock.patch("ops.commands.project.access.log_in", return_value=langfuse),
    ):
        result = CliRunner().invoke(app, ["langfuse", command, str(file)])
    assert result.exit_code == code, result.output
    assert says in result.output
    assert not [secret for secret in KEYS.values() if secret in result.output]
    return result.output


@pytest.fixture(autouse=True)
def _up(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.commands.project.access.ROOT", project)
    pulumi(project, {"dev": UP})


def _prompt(name: str, text: Any, *labels: str, **more: Any) -> dict[str, Any]:
    kind = "text" if isinstance(text, str) else "chat"
    return {"name": name, "type": kind, "prompt": text, "config": {}, "labels": list(labels), "tags": [], **more}


@pytest.fixture
def yesterday() -> Iterator[Langfuse]:
    """Three prompts, one with two versions and a slash in its name, three datasets, three items, one archived."""
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
        langfuse.items[1]["status"] = "ARCHIVED"
        yield langfuse


def test_prompts_and_datasets_come_back_on_another_day(yesterday: Langfuse, tmp_path: Path) -> None:
    _run("export", yesterday, tmp_path / "file")
    with served(Langfuse()) as today:
        _run("import", today, tmp_path / "file")

    def kept(entries: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
        return [{name: entry.get(name) for name in names} for entry in entries]

    assert list(today.prompts) == list(yesterday.prompts)
    of_prompt = ("version", "type", "prompt", "config", "labels", "tags", "commitMessage")
    for name, versions in yesterday.prompts.items():
        assert kept(today.prompts[name], *of_prompt) == kept(versions, *of_prompt)
    assert kept(today.datasets, "name", "metadata") == kept(yesterday.datasets, "name", "metadata")
    of_item = ("id", "datasetName", "input", "status")
    assert sorted(map(str, kept(today.items, *of_item))) == sorted(map(str, kept(yesterday.items, *of_item)))
    assert [item["id"] for item in today.items if item["status"] == "ARCHIVED"] == ["item-1"]


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
        _run("export", yesterday, tmp_path / "file")
    with served(Langfuse()) as today:
        _run("import", today, tmp_path / "file")
    texts = {name: [version["prompt"] for version in versions] for name, versions in today.prompts.items()}
    assert texts == {name: [version["prompt"] for version in versions] for name, versions in prompts.items()}


def test_a_prompt_whose_other_never_comes_is_a_sentence(tmp_path: Path) -> None:
    with served(Langfuse(prompts={"a": [_prompt("a", _including("gone"))]})) as yesterday:
        _run("export", yesterday, tmp_path / "file")
    with served(Langfuse()) as today:
        _run("import", today, tmp_path / "file", code=2, says="Prompt dependency not found: gone")


def test_the_file_is_for_its_owner_alone_and_is_never_written_over(yesterday: Langfuse, tmp_path: Path) -> None:
    said = _run("export", yesterday, tmp_path / "file")
    assert "4 prompt versions, 3 datasets, 3 items are in" in said
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
    _run("export", yesterday, tmp_path / "file", code=2, says="exists: name another file, or remove it first.")


def test_an_export_without_its_archived_items_says_so_and_is_1(yesterday: Langfuse, tmp_path: Path) -> None:
    with mock.patch.object(Langfuse, "query", side_effect=LangfuseError("no such procedure")):
        _run("export", yesterday, tmp_path / "file", code=1, says="no such procedure")
    assert len(json.loads((tmp_path / "file").read_text())["dataset-items"]) == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"v2/prompts": [], "v2/datasets": {}, "dataset-items": []}'])
def test_what_is_no_export_is_refused_before_anything_is_asked(text: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text(text)
    with served(Langfuse()) as today:
        _run("import", today, file, code=2, says="cannot be imported: ")
        _run("import", today, tmp_path / "gone", code=2, says="No such file or directory.")
    assert not today.prompts


@pytest.mark.parametrize("command", ["export", "import"])
def test_keys_that_langfuse_refuses_and_a_langfuse_that_is_away_are_sentences(
    yesterday: Langfuse, tmp_path: Path, command: str
) -> None:
    file = tmp_path / "file"
    _run("export", yesterday, file)
    target = file if command == "import" else tmp_path / "new"
    with http_server.serve(lambda _: http_server.Answer(401, {"message": "Invalid credentials."})) as url:
        _run(command, Langfuse(url=url), target, code=2, says="with 401: Invalid credentials.")
    _run(command, Langfuse(url="http://127.0.0.1:9"), target, code=2, says="got no answer")
    assert target.exists() == (command == "import")


def test_the_reason_of_a_refusal_is_langfuses_own(tmp_path: Path) -> None:
    """As its middleware says what zod found: the message alone would be `Invalid request data`."""
    with served(Langfuse(prompts={"a": [_prompt("a", "text")]})) as yesterday:
        _run("export", yesterday, tmp_path / "file")
    answer = {"message": "Invalid request data", "error": [{"path": ["name"], "message": "Prompt name is reserved"}]}
    with http_server.serve(lambda _: http_server.Answer(400, answer)) as url:
        said = _run("import", Langfuse(url=url), tmp_path / "file", code=2, says="Langfuse refuses v2/prompts: a: ")
    assert "Prompt name is reserved" in said


def test_a_stack_that_is_not_up_has_nothing_to_export(project: Path, tmp_path: Path) -> None:
    pulumi(project, {"dev": {}})
    _run("export", Langfuse(), tmp_path / "file", code=2, says="pulumi up --stack dev")
