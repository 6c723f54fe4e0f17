"""One rehearsal: up, a second up that must change nothing, another setting, destroy, and a scan for leftovers."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.engine import RehearsalEngine, RehearsalError, Result, kill
from rehearsal.settings import EngineSettings, documents, stored_secrets
from rehearsal.simulation import Simulation

RECOVERY = (("cancel", "--yes"), ("refresh", "--yes", "--skip-preview", "--clear-pending-creates"))
"""After an engine that was killed: give up its lock, forget what it began (pulumi.com/docs, Troubleshooting)."""
LOST_CLUSTER = {"PULUMI_K8S_DELETE_UNREACHABLE": "true"}
"""For `destroy --refresh` once the cluster is gone (docs/teardown.md)."""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What goes wrong. `fail` counts failures by type, of creations and of deletions; the rest is in seconds."""

    fail: Mapping[str, int] = field(default_factory=dict)
    slow: Mapping[str, float] = field(default_factory=dict)
    kill_after: float | None = None
    lose_cluster: bool = False
    dirty: bool = False

    @property
    def any(self) -> bool:
        """Whether a command may fail without the rehearsal being a failure."""
        return bool(self.fail) or self.kill_after is not None or self.lose_cluster


@dataclass(kw_only=True)
class Summary:
    """What came of the rehearsal. Times in seconds of wall clock."""

    resources: dict[str, int] = field(default_factory=dict)
    """By package."""
    changes_in_second_up: int | None = None
    changed_by_setting: list[str] = field(default_factory=list)
    """What an up with another setting touched: operation and name."""
    left_in_cloud: dict[str, list[str]] = field(default_factory=dict)
    left_in_state: int = 0
    secrets_in_plain: int = 0
    parts: dict[str, float] = field(default_factory=dict)
    operations: dict[str, float] = field(default_factory=dict)
    """First to last operation of a provider, by part."""
    errors: list[str] = field(default_factory=list)
    """What commands said that failed, in order."""
    unexpected: list[str] = field(default_factory=list)
    """Failures that no fault explains."""

    @property
    def good(self) -> bool:
        """Whether everything that must hold does."""
        nothing_left = not self.left_in_cloud and not self.left_in_state
        return nothing_left and self.changes_in_second_up == 0 and not self.secrets_in_plain and not self.unexpected

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {**asdict(self), "total": round(sum(self.parts.values()), 1), "good": self.good}


def rehearse(
    simulation: Simulation,
    settings: EngineSettings,
    faults: Faults | None = None,
    report: Callable[[str, float], None] = lambda part, seconds: None,
    read_settings: EngineSettings | None = None,
    change: Mapping[str, Any] | None = None,
) -> Summary:
    """Rehearse a stack in a temporary folder that is gone afterwards.

    `read_settings` are those of the stack whose outputs this one reads: it comes up before this one. `change` are
    settings that change while the stack is up.
    """
    for name in stored_secrets(settings):
        simulation.store_secret(name)
    with tempfile.TemporaryDirectory(prefix="genai-rehearsal-") as folder:
        read_engine = _engine(simulation, Path(folder), read_settings) if read_settings else None
        engine = _engine(simulation, Path(folder), settings)

        def reconfigure() -> None:
            engine.configure({**settings.plain, **(change or {})})
            engine.set_secrets(settings.secrets)

        rehearsal = _Rehearsal(simulation, engine, faults or Faults(), report, read_engine)
        return rehearsal.run(list(settings.secrets.values()), reconfigure if change else None)


def _engine(simulation: Simulation, folder: Path, settings: EngineSettings) -> RehearsalEngine:
    engine = RehearsalEngine(folder, settings.stack, settings.plain, simulation.environment)
    engine.set_secrets(settings.secrets)
    for document in documents(settings):
        engine.add(document)
    return engine


class _Rehearsal:
    def __init__(
        self,
        simulation: Simulation,
        engine: RehearsalEngine,
        faults: Faults,
        report: Callable[[str, float], None],
        read_engine: RehearsalEngine | None,
    ) -> None:
        self.read_engine = read_engine
        self.simulation, self.engine, self.faults, self.report = simulation, engine, faults, report
        self.summary = Summary()

    def run(self, secrets: list[str], reconfigure: Callable[[], None] | None) -> Summary:
        operations, summary = self.simulation.operations, self.summary
        before = self.simulation.leave_orphans() if self.faults.dirty else {}
        if self.read_engine and not self._part(f"up of {self.read_engine.stack}", self.read_engine.up).succeeded:
            raise RehearsalError(f"The stack that {self.engine.stack} reads did not come up.\n{summary.errors[-1]}")
        operations.slow.update(self.faults.slow)
        operations.failing.update(self.faults.fail)
        if self.faults.kill_after is not None:
            if self._part("up, to be killed", lambda: self.engine.up(started=self._kill_later)).succeeded:
                summary.unexpected.append(f"up had ended before it could be killed after {self.faults.kill_after} s")
            self._recover()
        if self._until_it_succeeds("up", self.engine.up):
            summary.resources = dict(Counter(_package(resource["type"]) for resource in self.engine.resources()))
            summary.secrets_in_plain = plain_secrets(self.engine.state_text(), [*secrets, *self.simulation.secrets()])
            again = self._part("second up", self.engine.up)
            summary.changes_in_second_up = changes(again) if again.succeeded else None
            if reconfigure:
                reconfigure()
                first = len(operations.done)
                self._until_it_succeeds("up with another setting", self.engine.up)
                touched = operations.done[first:]
                summary.changed_by_setting = sorted(f"{operation.kind} {operation.name}" for operation in touched)
        self.simulation.fill_buckets()
        if self.faults.lose_cluster:
            self.simulation.lose_clusters()
            self._part("destroy without the cluster", self.engine.destroy)
            lost = " ".join(f"{key}={value}" for key, value in LOST_CLUSTER.items())
            # Providers that the engine attaches to do not see its environment.
            self.simulation.kubernetes.delete_unreachable = True
            self._part(f"{lost} destroy --refresh", lambda: self.engine.destroy("--refresh", environment=LOST_CLUSTER))
        operations.failing.update(self.faults.fail)
        self._until_it_succeeds("destroy", self.engine.destroy)
        summary.left_in_state = len(self.engine.resources()) + len(self.engine.state().get("pending_operations") or [])
        if self.read_engine:
            self._part(f"destroy of {self.read_engine.stack}", self.read_engine.destroy)
        found = self.simulation.leftovers()
        summary.left_in_cloud = {
            kind: left for kind, names in found.items() if (left := [n for n in names if n not in before.get(kind, [])])
        }
        return summary

    def _part(self, name: str, command: Callable[[], Result]) -> Result:
        begin, first = time.monotonic(), len(self.simulation.operations.done)
        result = command()
        self.summary.parts[name] = round(time.monotonic() - begin, 1)
        done = self.simulation.operations.done[first:]
        if done:
            span = max(operation.end for operation in done) - min(operation.begin for operation in done)
            self.summary.operations[name] = round(span, 2)
        if not result.succeeded:
            self.summary.errors.append(f"{name}: {result.diagnostics}")
            if not self.faults.any:
                self.summary.unexpected.append(name)
        self.report(name, self.summary.parts[name])
        return result

    def _until_it_succeeds(self, name: str, command: Callable[[], Result]) -> bool:
        """Once for each failure that was asked for, and once more."""
        for attempt in range(sum(self.faults.fail.values()) + 1):
            if self._part(f"{name}, attempt {attempt + 1}" if attempt else name, command).succeeded:
                return True
        self.summary.unexpected.append(f"{name} did not complete")
        return False

    def _kill_later(self, process: subprocess.Popen[str]) -> None:
        def still_running() -> None:
            if process.poll() is None:
                kill(process)

        timer = threading.Timer(self.faults.kill_after or 0, still_running)
        timer.daemon = True
        timer.start()

    def _recover(self) -> None:
        self.engine.mend_state()
        for command, *options in RECOVERY:
            self._part(command, lambda command=command, options=options: self.engine.run(command, *options))  # type: ignore[misc]  # a lambda with defaults


def changes(result: Result) -> int:
    """How many resources an up touched, by its own count ("134 unchanged", "+ 2 created")."""
    lines = result.output.rpartition("Resources:")[2].splitlines()
    return sum(int(words[-2]) for line in lines if (words := line.split()) and words[-1] in _TOUCHED)


ENGINE = "engine"
"""The package, in a summary, of what the engine adds: the stack and its providers."""

_TOUCHED = ("created", "updated", "deleted", "replaced")


def plain_secrets(state: str, secrets: list[str]) -> int:
    """How many of the secrets stand in the state file as they are."""
    return sum(json.dumps(secret)[1:-1] in state for secret in secrets)


def _package(type_token: str) -> str:
    package = type_token.partition(":")[0]
    return {"genai": "components", "pulumi": ENGINE, "pulumi-python": "dynamic"}.get(package, package)
