"""`genai up`: `pulumi up`, and whether every resource of the program exists afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from ops.stack.engine import Engine, Watch
from ops.stack.plan import Plan
from ops.stack.progress import Progress, creation
from ops.stack.state import StackState, engine_urn, short

Show = Callable[[Progress], AbstractContextManager[Watch]]
"""Shows an operation while it runs."""


@dataclass(frozen=True, kw_only=True)
class UpResult:
    """How it ended. Errors are what the engine complained about."""

    state: StackState
    seconds: float
    errors: Sequence[str]
    missing: Sequence[str]
    """What the program describes and is not there, or not ready."""

    @property
    def exit_code(self) -> int:
        """0 everything is up: the engine saw no failure and its state agrees; else 1."""
        return 1 if self.errors or self.missing or self.state.pending or not self.state.outputs else 0


def bring_up(engine: Engine, plan: Plan, show: Show) -> UpResult:
    """Run it; EngineError when the engine does not begin: another run may be alive, for example."""
    before = engine.state()
    progress = Progress(creation(plan), standing=[resource.urn for resource in before.resources])
    errors = forget_a_dead_run(engine, before)
    if not (errors or engine.interrupted):
        with show(progress) as watch:
            failure = engine.up(watch)
        errors = progress.errors or [failure] * bool(failure)
    state = engine.state()
    ready = {resource.urn for resource in state.resources} - set(state.unfinished)
    wanted = [engine_urn(resource.urn) for resource in plan.recording.resources]
    return UpResult(
        state=state,
        seconds=progress.seconds,
        errors=errors,
        missing=[short(urn) for urn in wanted if urn not in ready],
    )


def forget_a_dead_run(engine: Engine, state: StackState) -> Sequence[str]:
    """Clear the operations that a dead engine had begun, after saying which; what went wrong with that."""
    if not state.pending:
        return []
    more = f" and {len(state.pending) - 1} more" if state.pending[1:] else ""
    engine.say(
        f"An earlier run ended in the middle of {state.pending[0]}{more}. What came of that in the cloud, nobody here "
        "knows: it is forgotten (pulumi refresh --clear-pending-creates), and "
        f"`genai leftovers --stack {engine.name}` finds it when the day is over."
    )
    failure = engine.forget_pending_creates()
    return [failure] if failure else []
