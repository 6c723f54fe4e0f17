"""A cluster with Langfuse and LiteLLM, and the `pulumi` of a user whose stack is up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.checks.verify.administrator import cluster_api
from ops.clouds.langfuse_administrator import LangfuseAdministrator
from tests.http_server import serve
from tests.kubeconfig import kubeconfig
from tests.ops.env.project import DAY, pulumi
from tests.ops.env.project import project as project
from tests.ops.project.stand_in import EMAIL, MASTER_KEY, PASSWORD, Cluster

UP = {**DAY, "langfuseEmail": EMAIL, "langfusePassword": PASSWORD, "litellmMasterKey": MASTER_KEY}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, project: Path) -> Iterator[Cluster]:
    made = Cluster()
    with serve(made) as made.url:
        monkeypatch.setattr("ops.clouds.kubeconfig.kubeconfig", lambda *_: kubeconfig(made.url))
        monkeypatch.setattr("ops.commands.project.access.ROOT", project)
        pulumi(project, {"dev": UP})
        yield made


@pytest.fixture
def langfuse(cluster: Cluster) -> LangfuseAdministrator:
    return LangfuseAdministrator(EMAIL, PASSWORD, cluster_api("genai-dev-1234567", "us-east-1"))
