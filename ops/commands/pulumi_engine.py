"""Pulumi engine for a command: opened once its CLI is there and new enough."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ops.checks.check import State
from ops.checks.preflight import tools
from ops.stack.engine import Engine, EngineError
from ops.stack.state import StackState


def open_engine(root: Path, stack: str, say: Callable[[str], None]) -> Engine:
    """The engine of that stack; EngineError when the CLI is missing or too old, or as `Engine`."""
    cli = tools.pulumi(root)
    if cli.state is not State.FINE:
        raise EngineError(f"{cli.says}: {cli.fix}")
    return Engine(root, stack, say)


def state_or_reason(root: Path, stack: str) -> tuple[StackState | None, str]:
    """The state of the stack; None, and why, when it cannot be read or holds nothing."""
    try:
        state = open_engine(root, stack, lambda _: None).state()
    except EngineError as error:
        return None, str(error)
    return (None, "it is empty.") if state.empty else (state, "")
