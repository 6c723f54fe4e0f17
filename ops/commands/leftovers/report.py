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
from ops.inventory.found import Leftover, Thing
from ops.inventory.ownership import CLUSTER
from ops.inventory.scan import Scan
from ops.model.cost import amount, number


def as_json(scan: Scan, *, stack: str, place: str) -> dict[str, Any]:
    """The scan as data. `usd_per_month` is null where it is not known; the sum is of those that are."""
    return {
        "stack": stack,
        "place": place,
        "found": [
            {
                "kind": one.thing.kind,
                "id": one.thing.id,
                "region": one.thing.region,
                "created": one.thing.created.isoformat() if one.thing.created else None,
                "usd_per_month": one.thing.usd_per_month,
                "why": one.why,
                "command": one.thing.command,
            }
            for one in in_order(scan.leftovers)
        ],
        "uncertain": [
            {"kind": one.thing.kind, "id": one.thing.id, "region": one.thing.region, "why": one.why}
            for one in in_order(scan.uncertain)
        ],
        "usd_per_month": number(*_sum(scan)),
        "could_not_look": [{"what": failure.what, "error": failure.error} for failure in scan.failures],
        "exit_code": scan.exit_code,
    }


def print_report(scan: Scan, console: Console, *, stack: str, place: str) -> None:
    """Print what is left, how each goes, and what could not be looked at."""
    if scan.leftovers:
        print_table(in_order(scan.leftovers), console)
    if scan.uncertain:
        _print_uncertain(in_order(scan.uncertain), console, stack)
    for what, error in scan.unseen():
        console.print(f"[bold red]Could not look[/bold red] at {what}: {escape(error)}", soft_wrap=True)
    console.print(_summary(scan, stack, place))


def print_table(leftovers: Sequence[Leftover], console: Console) -> None:
    """Print things in the order in which they would be removed, and the command for each."""
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("#", "Kind", "Id", "Age", "USD/month", "Why it is ours"):
        table.add_column(heading, justify="right" if heading in ("#", "Age", "USD/month") else "left", overflow="fold")
    for position, one in enumerate(leftovers, start=1):
        thing = one.thing
        table.add_row(str(position), thing.kind, thing.id, age(thing), _usd(thing), one.why)
    console.print(table)
    console.print("[bold]What removes them, in this order[/bold]")
    for position, one in enumerate(leftovers, start=1):
        console.print(f"{position:3}  {one.thing.command}", soft_wrap=True, markup=False)
    for cluster in (one.thing.id for one in leftovers if one.thing.kind == CLUSTER):
        console.print(
            f"The cluster {cluster} exists. If the stack still has its state, end the day with `pulumi destroy`."
        )


def _print_uncertain(uncertain: Sequence[Leftover], console: Console, stack: str) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("Kind", "Id", "Age", "Why it may not be ours"):
        table.add_column(heading, justify="right" if heading == "Age" else "left", overflow="fold")
    for one in uncertain:
        table.add_row(one.thing.kind, one.thing.id, age(one.thing), one.why)
    console.print("[bold]Maybe somebody else's[/bold]: not counted, and --delete leaves it alone")
    console.print(table)
    console.print(
        f"What is yours: `genai leftovers --stack {stack} --stack-id ID`, with the id in the tag StackId or at the end "
        "of the cluster's name, or --owner as in the tag Owner.",
        soft_wrap=True,
    )


def age(thing: Thing) -> str:
    """How long the thing has existed, in the largest unit of which that is more than one."""
    if thing.created is None:
        return "?"
    hours = (datetime.now(UTC) - thing.created).total_seconds() / 3600
    if hours >= 48:
        return f"{hours / 24:.0f} d"
    return f"{hours:.0f} h" if hours >= 1 else f"{max(hours, 0) * 60:.0f} min"


def _usd(thing: Thing) -> str:
    return "?" if thing.usd_per_month is None else f"{thing.usd_per_month:.2f}"


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
    return f"{len(scan.leftovers)} things of stack {stack} are left in {place}. {cost}"


def _sum(scan: Scan) -> tuple[float, Sequence[Thing]]:
    """What is known of the cost of a month, in USD, and the things of which it is not known."""
    things = [one.thing for one in scan.leftovers]
    return sum(thing.usd_per_month or 0 for thing in things), [thing for thing in things if thing.usd_per_month is None]
