"""`genai down`: `pulumi destroy`, a second time when something stays, and a scan for leftovers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from components.kubernetes.cluster_api import eks_status
from ops.commands.up_and_down.up import Show, forget_a_dead_run
from ops.console import minutes
from ops.inventory.deletion import delete
from ops.inventory.scan import Inventory, Scan
from ops.model.engine_graph import number
from ops.project import stack_files
from ops.stack.engine import Engine
from ops.stack.progress import Progress, deletion
from ops.stack.settings_file import StackConfigError, read
from ops.stack.state import StackState

GATE = "pulumi-python:dynamic/genai:DrainGate"
"""What everything in the cluster depends on; it knows name and region (components/kubernetes/drain_gate.py)."""


@dataclass(frozen=True, kw_only=True)
class DownResult:
    """How it ended. Errors are what the engine complained about last."""

    before: StackState
    state: StackState
    seconds: float
    typical: float
    errors: Sequence[str]
    lost_clusters: Sequence[str]
    """Clusters that EKS does not know and the state still has objects in: nothing can delete those any more."""
    scan: Scan | None
    """What is left in the cloud; None as long as the state holds something, which goes first."""

    @property
    def exit_code(self) -> int:
        """0 nothing is left, 1 something is, 2 the state is empty but not everything could be looked at."""
        return self.scan.exit_code if self.scan else 1


def take_down(engine: Engine, inventory: Inventory, show: Show, *, purge: bool) -> DownResult:
    """Run it. `purge` removes what is in soft delete too.

    EngineError when the engine does not begin: another run may be alive, for example.
    """
    state = before = engine.state()
    begin = time.monotonic()
    errors: list[str] = []
    lost: list[str] = []
    typical = deletion(before.resources).seconds
    if not state.empty:
        engine.say(f"Stack {engine.name}: {number(state.resources)} resources, typically {minutes(typical)}.")
    for attempt in (1, 2):
        if state.empty or engine.interrupted or lost:
            break
        if attempt > 1:
            engine.say(f"{number(state.resources)} resources are still there. Once more.")
        errors = _destroy(engine, state, show)
        state = engine.state()
        lost = list(_lost_clusters(state))
    scan = None
    if state.empty:
        scan = inventory.scan()
        if purge:
            delete([left for left in scan.leftovers if left.resource.soft_deleted], engine.say)
            scan = inventory.scan()
    return DownResult(
        before=before,
        state=state,
        seconds=time.monotonic() - begin,
        typical=typical,
        errors=errors,
        lost_clusters=lost,
        scan=scan,
    )


def _destroy(engine: Engine, state: StackState, show: Show) -> list[str]:
    problems = list(forget_a_dead_run(engine, state))
    if engine.interrupted:
        return problems
    progress = Progress(deletion(state.resources))
    with show(progress) as watch:
        failure = engine.destroy(watch)
    return problems + (progress.errors or [failure] * bool(failure))


def _lost_clusters(state: StackState) -> Iterator[str]:
    """Clusters of which EKS itself says that they do not exist, while the state has objects in them."""
    if not any(resource.type.startswith("kubernetes:") for resource in state.resources):
        return
    for gate in (resource.inputs for resource in state.resources if resource.type == GATE):
        with suppress(ConnectionError):  # no answer is no proof
            if eks_status(gate["cluster_name"], gate["region"]) is None:
                yield gate["cluster_name"]


def in_front(engine: Engine, root: Path) -> Iterator[str]:
    """The stacks that are up and send their users to this one."""
    for stack in stack_files(root):
        if stack == engine.name:
            continue
        try:
            aws_stack = read(root, stack).setting("awsStack")
        except StackConfigError as error:
            engine.say(f"Whether stack {stack} sends its users here is not known: {error}")
            continue
        if aws_stack.rpartition("/")[2] == engine.name and (state := engine.state_of(stack)) and not state.empty:
            yield stack
