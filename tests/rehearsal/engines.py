"""Engines for tests, and what a test asks of the simulated cloud afterwards."""

from __future__ import annotations

import itertools
import os
import subprocess
import threading
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from moto.core.responses import ActionResult
from moto.elasticache.responses import ElastiCacheResponse
from moto.rds.responses import RDSResponse

from ops.model.recorder import Resource
from rehearsal.engine import RehearsalEngine, Result, kill
from rehearsal.operations import Operation
from rehearsal.package import RefusedError, Request
from rehearsal.provider import Provider
from rehearsal.simulation import Simulation
from tests.waiting import PATIENCE, until

ALL = bool(os.environ.get("GENAI_REHEARSE_ALL"))
"""Whether to rehearse every resource's failure, every interruption and every shape of a day (make rehearse-all)."""
ADDRESS = {"genaiplatform:allowedCidrs": ["203.0.113.10/32"]}


@contextmanager
def lists_that_moto_lacks() -> Iterator[None]:
    """Of what the simulated account never has (automated backups) or keeps to itself (parameter groups)."""
    with ExitStack() as stack:
        for service, operation, key in (
            (ElastiCacheResponse, "describe_cache_parameter_groups", "CacheParameterGroups"),
            (RDSResponse, "describe_db_cluster_automated_backups", "DBClusterAutomatedBackups"),
        ):
            empty = ActionResult({key: []})
            stack.enter_context(mock.patch.object(service, operation, lambda _, empty=empty: empty, create=True))
        yield


def config(**settings: Any) -> dict[str, Any]:
    return {**ADDRESS, **{f"genaiplatform:{key}": value for key, value in settings.items()}}


def engine(simulation: Simulation, folder: Path, stack: str = "dev", **settings: Any) -> RehearsalEngine:
    return RehearsalEngine(folder, stack, config(**settings), simulation.environment)


def succeed(result: Result) -> Result:
    assert result.succeeded, result.output
    return result


def get_past_a_failure(
    simulation: Simulation,
    day: RehearsalEngine,
    token: str,
    name: str,
    *,
    has_deletion: bool = True,
    up_mends: bool = True,
) -> None:
    """A resource fails to be created, then to be deleted: the error names it, and up and destroy get past it."""

    def fail(kind: str, command: Callable[[], Result]) -> None:
        simulation.operations.failing = {f"{token}::{name}": 1}
        result = command()
        assert not result.succeeded
        assert f"{kind} {token}" in result.diagnostics
        assert name in result.diagnostics

    fail("create", day.up)
    succeed(day.up())
    if has_deletion:
        fail("delete", day.destroy)
        if up_mends:
            succeed(day.up())
            fail("delete", day.destroy)
    succeed(day.destroy())
    nothing_is_left(simulation, day)


def fail_everything_once(simulation: Simulation, kind: str, command: Callable[[], Result]) -> set[tuple[str, str]]:
    """Run the command until it succeeds, while everything fails the first time; type and name of what failed so."""
    begin = len(simulation.operations.done)
    with pytest.MonkeyPatch.context() as patched:
        tried: set[tuple[str, str]] = set()

        def fail_first(kind: str, token: str, name: str) -> None:
            if (token, name) not in tried:
                tried.add((token, name))
                raise RefusedError(f"{kind} {token}: the first time fails")

        patched.setattr(simulation.operations, "_fail", fail_first)
        while True:
            before = len(simulation.operations.done)
            result = command()
            failed = {operation.name for operation in simulation.operations.done[before:] if operation.error}
            assert all(name in result.diagnostics for name in failed)
            if result.succeeded:
                break
            assert failed, result.output
    return {
        (operation.type, operation.name)
        for operation in simulation.operations.done[begin:]
        if operation.error and operation.kind == kind
    }


def nothing_is_left(simulation: Simulation, *engines: RehearsalEngine) -> None:
    """Proved from the world and the states, never from an exit code."""
    assert simulation.leftovers() == {}, simulation.leftovers()
    for engine in engines:
        assert engine.resources() == []
        assert not engine.state().get("pending_operations")


def touched(simulation: Simulation, since: int) -> set[tuple[str, str]]:
    """Operation and name of each resource that a provider changed since so many operations."""
    return {(operation.kind, operation.name) for operation in simulation.operations.done[since:]}


def to_fail(resources: Iterable[Resource], served: Container[str]) -> list[tuple[str, str]]:
    """Type and name of one resource of each provider, or of all; each of the others fails once in one run together."""
    every = sorted((resource.type, resource.name) for resource in resources if resource.type in served)
    return every if ALL else [next(cases) for _, cases in itertools.groupby(every, lambda case: case[0].split(":")[0])]


def kill_during(simulation: Simulation, day: RehearsalEngine, token: str) -> int:
    """Kill an up while the first resource of the type is made, and let the cloud go on with it; the engine's PID."""
    process: list[subprocess.Popen[str]] = []
    made = threading.Event()
    operate = Provider._operate

    def kill_first(provider: Provider, kind: str, asked: Request, *more: Any) -> Any:
        if asked.type == token:
            kill(process[0])
            until(lambda: not asked.alive(), "the provider does not see that the engine is gone")
        return operate(provider, kind, asked, *more)

    simulation.operations.watch = lambda operation: made.set() if operation.type == token else None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Provider, "_operate", kill_first)
        day.up(started=process.append)
    assert made.wait(PATIENCE)
    simulation.operations.watch = lambda operation: None
    return process[0].pid


@contextmanager
def after_operations(simulation: Simulation, count: int, act: Callable[[], None]) -> Iterator[None]:
    """Act once so many operations of a provider are done; it is an error when that never happens."""
    first, acted = len(simulation.operations.done), threading.Lock()

    def watch(_: Operation) -> None:
        if len(simulation.operations.done) - first >= count and acted.acquire(blocking=False):
            act()

    simulation.operations.watch = watch
    yield
    simulation.operations.watch = lambda operation: None
    assert acted.locked(), f"it ended after {len(simulation.operations.done) - first} operations"
