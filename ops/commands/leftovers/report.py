"""Report of `genai leftovers`: a table on a terminal (Rich), or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.inventory.deletion import in_order
from ops.inventory.found import FoundResource, Leftover
from ops.inventory.kinds import AGENTCORE_PROVIDER, EKS_CLUSTER
from ops.inventory.scan import Scan
from ops.model.cost import amount, number


def as_json(scan: Scan, *, stack: str, place: str) -> dict[str, Any]:
    """The scan as data. `usd_per_month` is null where it is not known; the sum is of those that are."""
    return {
        "stack": stack,
        "place": place,
        "found": [
            {
                "kind": left.resource.kind,
                "id": left.resource.id,
                "region": left.resource.region,
                "created": left.resource.created.isoformat() if left.resource.created else None,
                "usd_per_month": left.resource.usd_per_month,
                "why": left.why,
                "command": left.resource.command,
            }
            for left in in_order(scan.leftovers)
        ],
        "uncertain": [
            {"kind": left.resource.kind, "id": left.resource.id, "region": left.resource.region, "why": left.why}
            for left in in_order(scan.uncertain)
        ],
        "usd_per_month": number(*_sum(scan)),
        "could_not_look": [{"what": failure.what, "error": failure.error} for failure in scan.failures],
        "exit_code": scan.exit_code,
    }


def print_report(scan: Scan, console: Console, *, stack: str, place: str) -> None:
    """Print what is left, how each goes, and what could not be looked at."""
    if scan.leftovers:
        print_table(in_order(scan.leftovers), console, stack)
    if scan.uncertain:
        _print_uncertain(in_order(scan.uncertain), console, stack)
    for what, error in scan.failures_by_error():
        console.print(f"[bold red]Could not look[/bold red] at {what}: {escape(error)}", soft_wrap=True)
    console.print(_summary(scan, stack, place))


def print_table(leftovers: Sequence[Leftover], console: Console, stack: str) -> None:
    """Print resources in the order in which they would be removed, and the command for each."""
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("#", "Kind", "Id", "Age", "USD/month", "Why it is ours"):
        table.add_column(heading, justify="right" if heading in ("#", "Age", "USD/month") else "left", overflow="fold")
    for position, left in enumerate(leftovers, start=1):
        resource = left.resource
        table.add_row(str(position), resource.kind, resource.id, age(resource), _usd(resource), left.why)
    console.print(table)
    console.print("[bold]What removes them, in this order[/bold]")
    for position, left in enumerate(leftovers, start=1):
        console.print(f"{position:3}  {left.resource.command}", soft_wrap=True, markup=False)
    for cluster in (left.resource.id for left in leftovers if left.resource.kind == EKS_CLUSTER):
        console.print(
            f"The cluster {cluster} exists. If the stack still has its state, end the day with "
            f"`pulumi destroy -s {stack}`.",
            soft_wrap=True,
        )
    if any(one.resource.kind == AGENTCORE_PROVIDER for one in leftovers):
        console.print(
            "An MCP gateway costs nothing while idle and is meant to stay: with its credential provider go the "
            "callback address that the provider knows, and the consents of all users (docs/mcp.md).",
            soft_wrap=True,
        )


def _print_uncertain(uncertain: Sequence[Leftover], console: Console, stack: str) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("Kind", "Id", "Age", "Why it may not be ours"):
        table.add_column(heading, justify="right" if heading == "Age" else "left", overflow="fold")
    for maybe in uncertain:
        table.add_row(maybe.resource.kind, maybe.resource.id, age(maybe.resource), maybe.why)
    console.print("[bold]Maybe somebody else's[/bold]: not counted, and --delete leaves it alone")
    console.print(table)
    console.print(
        f"What is yours: `genai leftovers --stack {stack} --stack-id ID`, with the id in the tag StackId or at the end "
        "of the cluster's name, or --owner as in the tag Owner.",
        soft_wrap=True,
    )


def age(resource: FoundResource) -> str:
    """How long the resource has existed, in the largest unit of which that is more than one."""
    if resource.created is None:
        return "?"
    hours = (datetime.now(UTC) - resource.created).total_seconds() / 3600
    if hours >= 48:
        return f"{hours / 24:.0f} d"
    return f"{hours:.0f} h" if hours >= 1 else f"{max(hours, 0) * 60:.0f} min"


def _usd(resource: FoundResource) -> str:
    return "?" if resource.usd_per_month is None else f"{resource.usd_per_month:.2f}"


def _summary(scan: Scan, stack: str, place: str) -> str:
    if not scan.leftovers:
        if scan.blind:
            return f"So nobody knows what is left of stack {stack} in {place}."
        if scan.failures:
            return f"Where it could be looked, nothing of stack {stack} was found in {place}."
        return f"Nothing is left of stack {stack} in {place}."
    known, unknown = _sum(scan)
    more = f" ({len(unknown)} of them cost by use, or have no known price)" if unknown else ""
    cost = f"Cost a month: {amount(known, unknown)}{more}."
    return f"{len(scan.leftovers)} resources of stack {stack} are left in {place}. {cost}"


def _sum(scan: Scan) -> tuple[float, Sequence[FoundResource]]:
    """What is known of the cost of a month, in USD, and the resources of which it is not known."""
    found = [left.resource for left in scan.leftovers]
    known = sum(resource.usd_per_month or 0 for resource in found)
    return known, [resource for resource in found if resource.usd_per_month is None]
