"""A project whose stack has been up for five hours, with its services and a `pulumi` of its user."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from ops.stack.settings_file import StackConfig
from tests.ops.forward.stand_in import program
from tests.ops.inventory.world import World
from tests.ops.preflight.stand_in import Server, serve
from tests.ops.status.world import EXPECTED, altered


@pytest.fixture(scope="module")
def services() -> Iterator[Server]:
    """LiteLLM and Langfuse, at one address."""
    with serve() as server:
        server.answers["GET /health/liveliness"] = (200, {}, "I'm alive!")
        server.answers["GET /api/public/health"] = (200, {}, {"status": "OK"})
        yield server


class Project:
    """A checkout, with the `pulumi` of its user."""

    def __init__(self, folder: Path, services: Server) -> None:
        self.folder = folder
        self.outputs = {"litellmUrl": services.url, "langfuseUrl": services.url, "virtualKeys": {"demo": "sk-secret"}}

    def pulumi(self, code: str) -> None:
        program(self.folder / "bin" / "pulumi", code)

    def up(self) -> None:
        self.pulumi(f"print({json.dumps(self.outputs)!r})")


@pytest.fixture
def project(world: World, services: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Stack `dev` is up, and has been for five hours."""
    made = Project(tmp_path, services)
    made.up()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    types = [kind for kind, count in EXPECTED.items() for _ in range(count)]
    plan = SimpleNamespace(
        resources=[SimpleNamespace(type=kind) for kind in types], cost=SimpleNamespace(usd_per_hour=0.5, unpriced=())
    )

    def config(_: Path, stack: str) -> StackConfig:
        return StackConfig(stack=stack, values={"aws:region": "us-east-1"}, secret_keys=())

    # Which are 5 h 12 min to the minute, for as long as a command may take to begin.
    since = datetime.now(UTC) - timedelta(hours=5, minutes=11, seconds=31)

    def age(answer: Any) -> None:
        answer["cluster"]["createdAt"] = since

    with (
        mock.patch("ops.commands.status.examine.make_plan", return_value=plan),
        mock.patch("ops.commands.status.examine.Aws", world.aws),
        mock.patch("ops.stack.settings_file.read", config),
        mock.patch("ops.project.ROOT", tmp_path),
        altered(world, DescribeCluster=age),
    ):
        yield made
