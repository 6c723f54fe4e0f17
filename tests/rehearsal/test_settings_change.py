"""Settings changed on a running day: the engine touches what it must and nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from rehearsal.simulation import Simulation
from tests.rehearsal.engines import config, engine, nothing_is_left, succeed, touched

pytestmark = pytest.mark.engine

NOVA = {"name": "nova-lite", "model": "bedrock/amazon.nova-lite-v1:0"}
ECHO = {"name": "echo", "model": "openai/echo", "params": {"mock_response": "pong"}}
PRO = {"name": "nova-pro", "model": "bedrock/amazon.nova-pro-v1:0"}
START: dict[str, Any] = {"models": [NOVA, ECHO], "virtualKeys": [{"alias": "demo"}, {"alias": "batch"}]}
STORES = {"database-cluster", "cache", "clickhouse", "langfuse", "clickhouse-stateful-set"}


def test_a_running_day_changes_as_little_as_it_can(simulation: Simulation, folder: Path) -> None:
    day = engine(simulation, folder, **START)
    succeed(day.up())
    settings = dict(START)

    def change(**new: Any) -> set[tuple[str, str]]:
        settings.update(new)
        day.configure(config(**settings))
        before = len(simulation.operations.done)
        succeed(day.up())
        return touched(simulation, before)

    assert change(models=[NOVA, ECHO, PRO]) == {("update", "litellm"), ("update", "litellm-role")}
    assert change(allowedCidrs=["198.51.100.0/24"]) == {
        (kind, f"entry-{port}-{cidr}")
        for port in (80, 3000)
        for kind, cidr in (("create", "198.51.100.0-24"), ("delete", "203.0.113.10-32"))
    }
    assert change(auroraMaxCapacity="4") == {("update", "database-cluster")}
    assert change(litellmImageTag="v1.108.12") == {("update", "litellm")}
    [cluster] = simulation.clusters.by_name.values()
    assert len(cluster.keys) == 2
    # A password of a key that is gone goes with it; LiteLLM itself is left alone.
    assert change(virtualKeys=[{"alias": "demo"}]) == {("delete", "credentials-virtual-key-batch")}
    assert len(cluster.keys) == 1

    def stores() -> dict[str, str]:
        return {
            resource["urn"]: resource["id"]
            for resource in day.resources()
            if resource["urn"].rpartition("::")[2] in STORES and "id" in resource
        }

    before = stores()
    team = change(size="team")
    assert ("create", "database-1") in team
    assert ("update", "cache") in team
    back = change(size="day")
    assert ("delete", "database-1") in back
    assert ("delete", "database-0") not in back, "the primary went"
    assert stores() == before, "a data store was replaced"
    succeed(day.destroy())
    nothing_is_left(simulation, day)


def test_a_new_provider_key_rolls_litellm_alone(simulation: Simulation, folder: Path) -> None:
    gpt = {"name": "gpt", "model": "azure/deployment", "providerKey": "azure", "params": {"api_base": "https://x"}}
    day = engine(simulation, folder, models=[NOVA, gpt])
    day.set_secrets({"providerKeys.azure": "the-first-provider-key"})
    succeed(day.up())
    assert "the-first-provider-key" not in day.state_text()
    before = len(simulation.operations.done)
    day.set_secrets({"providerKeys.azure": "the-second-provider-key"})
    succeed(day.up())
    assert touched(simulation, before) == {("update", "litellm-litellm-env"), ("update", "litellm")}
    succeed(day.destroy())
    nothing_is_left(simulation, day)


def test_a_setting_of_the_first_start_is_refused_before_anything_changes(simulation: Simulation, folder: Path) -> None:
    day = engine(simulation, folder)
    fixed = {"fixedSecrets.langfusePassword": "the-first-password"}
    day.set_secrets(fixed)
    succeed(day.up())
    before, state = len(simulation.operations.done), day.resources()
    assert hashlib.sha256(b"the-first-password").hexdigest() not in day.state_text()

    def refused(setting: str) -> None:
        for result in (day.run("preview"), day.up()):
            assert not result.succeeded
            assert f"{setting} is not what this stack was first brought up with" in result.diagnostics
            assert "the-second" not in result.output
        assert touched(simulation, before) == set()
        assert {resource["urn"] for resource in day.resources()} == {item["urn"] for item in state}

    day.set_secrets({"fixedSecrets.langfusePassword": "the-second-password"})
    refused("fixedSecrets.langfusePassword")
    day.configure(config())  # generated in its place
    assert not day.run("preview").succeeded
    day.configure(config(langfuseEmail="second@example.com"))
    day.set_secrets(fixed)
    refused("langfuseEmail")
    day.configure(config())
    day.set_secrets(fixed)
    succeed(day.up())
    assert touched(simulation, before) == set()
    succeed(day.destroy())
    nothing_is_left(simulation, day)
