"""Stand-in for the Pulumi engine: events as `pulumi up --event-log` sends them, a state, and the engine itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pulumi.automation.events import EngineEvent

from ops.stack import state
from ops.stack.engine import Watch
from ops.stack.progress import Progress
from ops.stack.state import StackState

STACK = "urn:pulumi:dev::genaiplatform::pulumi:pulumi:Stack::genaiplatform-dev"


def _event(kind: str, data: Mapping[str, Any]) -> EngineEvent:
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, kind: data})


def _step(op: str, urn: str) -> dict[str, Any]:
    return {"metadata": {"op": op, "urn": urn, "type": urn.split("::")[2].rpartition("$")[2], "provider": ""}}


def begins(urn: str, op: str = "create") -> EngineEvent:
    return _event("resourcePreEvent", _step(op, urn))


def ends(urn: str, op: str = "create") -> EngineEvent:
    return _event("resOutputsEvent", _step(op, urn))


def fails(urn: str, op: str = "create") -> EngineEvent:
    return _event("resOpFailedEvent", _step(op, urn))


def says(message: str, urn: str = "", severity: str = "error") -> EngineEvent:
    return _event("diagnosticEvent", {"message": message, "color": "never", "severity": severity, "urn": urn})


def resource(urn: str, **more: Any) -> dict[str, Any]:
    """As the state holds it."""
    token = urn.split("::")[2].rpartition("$")[2]
    return {
        "urn": urn,
        "type": token,
        "custom": not token.startswith(("genai:", "pulumi:pulumi:")),
        "created": "2026-11-26T08:00:00.123456789Z",
        **more,
    }


def holding(*resources: dict[str, Any], pending: tuple[str, ...] = (), **outputs: Any) -> StackState:
    """A state with the stack and these resources, and creations of these URNs that never ended."""
    operations = [{"type": "creating", "resource": {"urn": urn}} for urn in pending]
    every = [resource(STACK, outputs=outputs), *resources] if resources else []
    return state.read({"resources": every, "pending_operations": operations})


EMPTY = holding()


class StandIn:
    """An engine that goes from state to state with each operation, and complains as told."""

    name = "dev"

    def __init__(self, *states: StackState, complaints: tuple[str, ...] = ()) -> None:
        self.states, self.complaints = list(states), list(complaints)
        self.done: list[str] = []
        self.said: list[str] = []
        self.interrupted = False
        self._interrupted_in = ""

    def interrupt_in(self, what: str) -> None:
        """Ctrl-C comes during that operation, which ends as if nothing were."""
        self._interrupted_in = what

    def say(self, line: str) -> None:
        self.said.append(line)

    def state(self) -> StackState:
        return self.states[0]

    def up(self, watch: Watch) -> str:
        return self._operate("up")

    def destroy(self, watch: Watch) -> str:
        return self._operate("destroy")

    def forget_pending_creates(self) -> str:
        return self._operate("forget")

    def _operate(self, what: str) -> str:
        self.done.append(what)
        self.interrupted |= what == self._interrupted_in
        if self.states[1:]:
            self.states.pop(0)
        return self.complaints.pop(0) if self.complaints else ""


@contextmanager
def unseen(progress: Progress) -> Iterator[Watch]:
    """Shows nothing."""
    yield progress.on_event
