"""Leftovers of an earlier run of the stack that stand in the way of a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.checks.check import Check, Outcome, State, bad, fine, note, once
from ops.inventory.scan import Inventory, Scan


def leftover_checks(inventory: Inventory, stack: str) -> Mapping[str, Check]:
    """Leftovers, and names that are still taken by what was deleted but can be recovered."""
    scan = once(inventory.scan)
    return {
        "leftovers of an earlier run": lambda: _outcome(scan(), stack, soft_deleted=False),
        "names in soft delete": lambda: _outcome(scan(), stack, soft_deleted=True),
    }


def _outcome(scan: Scan, stack: str, *, soft_deleted: bool) -> Outcome:
    if scan.blind and len({failure.error for failure in scan.failures}) == 1:
        return Outcome(state=State.COULD_NOT_LOOK, says=scan.failures[0].error, fix=scan.failures[0].fix)
    if scan.failures:
        raise RuntimeError("; ".join(f"{error} ({_few(what.split(', '))})" for what, error in scan.failures_by_error()))
    found = [left.resource for left in scan.leftovers if left.resource.soft_deleted == soft_deleted]
    if not found:
        apart = [left.resource for left in scan.uncertain if left.resource.soft_deleted == soft_deleted]
        says = f"none; {len(apart)} resources of a stack of this name belong to a day that runs, or to somebody else"
        return note(says) if apart else fine("none")
    advice = f"`genai leftovers --stack {stack}` shows all, with --delete it removes them"
    shown = _few([f"{resource.kind} {resource.id}" for resource in found])
    return bad(shown, advice if soft_deleted else f"unless the day is running: {advice}")


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"
