"""Reports of `genai up` and `genai down`: lines on a terminal (Rich), or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console

from catalogue.resource_types import STATE_ONLY
from ops.commands.leftovers import report as leftovers
from ops.commands.up_and_down.bill import Bill
from ops.commands.up_and_down.down import DownResult
from ops.commands.up_and_down.up import UpResult
from ops.console import minutes
from ops.model import typical_times
from ops.model.cost import amount, number
from ops.model.engine_graph import number as number_of
from ops.model.recorder import Secret
from ops.stack.plan import Plan
from ops.stack.state import short

_LONG = 20
"""Lines of a list that are read."""

Say = Callable[[str], None]


def speaker(console: Console) -> Say:
    """Prints sentences as they are: what stands in brackets is no markup, and a terminal wraps lines itself."""
    return lambda line: console.print(line, markup=False, soft_wrap=True)


def up_as_json(result: UpResult, plan: Plan) -> dict[str, Any]:
    """`genai up` as data. Secret outputs are null; `typical_seconds` are those of the plan for a new stack."""
    return {
        "stack": plan.config.stack,
        "seconds": round(result.seconds, 1),
        "typical_seconds": plan.up.seconds,
        "errors": list(result.errors),
        "missing": list(result.missing),
        "pending": list(result.state.pending),
        "outputs": _masked(result.state.outputs),
        "exit_code": result.exit_code,
    }


def print_up(result: UpResult, plan: Plan, console: Console) -> None:
    """Print the URLs and all other outputs but secrets, or what is not there."""
    stack, say = plan.config.stack, speaker(console)
    if result.exit_code:
        _list(result.errors, "What the engine complained about:", say)
        if not result.errors:
            _list(result.missing, "Not there, or not ready:", say)
        _list(result.state.pending, "Begun, and nobody knows how it ended:", say)
        say(
            f"Stack {stack} is not up: {len(result.missing)} of {number_of(plan.resources)} resources are missing. "
            f"`genai up --stack {stack}` goes on from here, `genai down --stack {stack}` takes it away."
        )
        return
    width = max(map(len, result.state.outputs))
    for name, value in result.state.outputs.items():
        shown = f"secret: pulumi stack output {name} --show-secrets --stack {stack}"
        if not isinstance(value, Secret):
            shown = value if isinstance(value, str) else json.dumps(_masked(value))
        say(f"{name:<{width}}  {shown}")
    took, planned = minutes(result.seconds), minutes(plan.up.seconds)
    say(f"Stack {stack} is up. It took {took}; from nothing to everything the plan says {planned}.")


def down_as_json(
    result: DownResult, bill: Bill | None, cost_explorer: str | None, *, stack: str, place: str
) -> dict[str, Any]:
    """`genai down` as data. `leftovers` is null while the state holds something, `bill` when it held nothing."""
    return {
        "stack": stack,
        "seconds": round(result.seconds, 1),
        "typical_seconds": result.typical,
        "errors": list(result.errors),
        "left_in_state": [resource.urn for resource in result.state.resources],
        "pending": list(result.state.pending),
        "lost_clusters": list(result.lost_clusters),
        "leftovers": leftovers.as_json(result.scan, stack=stack, place=place) if result.scan else None,
        "bill": {
            "since": bill.since.isoformat(),
            "hours": round(bill.hours, 2),
            "usd_per_hour": number(bill.usd_per_hour, bill.unpriced),
            "usd": number(round(bill.usd, 2), bill.unpriced),
            "unpriced": list(bill.unpriced),
        }
        if bill
        else None,
        "cost_explorer": cost_explorer,
        "exit_code": result.exit_code,
    }


def print_down(
    result: DownResult, bill: Bill | None, cost_explorer: str | None, console: Console, *, stack: str, place: str
) -> None:
    """Print what is left and how to go on, or that nothing is, and what the day cost."""
    say = speaker(console)
    if result.scan is None:
        _list(result.errors, "What the engine complained about:", say)
        in_a_cloud = [
            resource for resource in result.state.resources if typical_times.typical(resource) is not STATE_ONLY
        ]
        _list([short(resource.urn) for resource in in_a_cloud], "Still there:", say)
        _list(result.state.pending, "Begun, and nobody knows how it ended:", say)
        say(
            f"Stack {stack} is not down. `genai down --stack {stack}` goes on from here. If that does not help, what "
            f"the state does not know may hold it: `genai leftovers --stack {stack}` shows all there is."
        )
        for command in _starts(result):
            say(f"RDS deletes no Aurora cluster that is stopped, nor its instances. Start it first:\n  {command}")
        for cluster in result.lost_clusters:
            say(
                f"But not by itself: EKS says that the cluster {cluster} is gone, and nothing can delete what the "
                "state still has in it. If this is the right account and region, give that up and remove the rest:\n"
                f"  PULUMI_K8S_DELETE_UNREACHABLE=true pulumi destroy --refresh --stack {stack}\n"
                f"Then `genai leftovers --stack {stack} --delete` removes what the cluster left in the cloud, and "
                f"`genai down --stack {stack}` ends the day."
            )
    else:
        took, typical = minutes(result.seconds), minutes(result.typical)
        say(f"The state of stack {stack} is empty. It took {took} (typically {typical}).")
        leftovers.print_report(result.scan, console, stack=stack, place=place)
    if bill:
        unpriced = f". No price is known for {', '.join(bill.unpriced)}" if bill.unpriced else ""
        say(
            f"{bill.hours:.1f} hours since {bill.since:%F %H:%M} UTC. What stood when this began cost "
            f"{amount(bill.usd, bill.unpriced)} ({amount(bill.usd_per_hour, bill.unpriced)} an hour), without what is "
            f"paid by use{unpriced}."
        )
    if cost_explorer:
        say(cost_explorer)


def _starts(result: DownResult) -> Iterator[str]:
    """What starts the stack's Aurora cluster, when RDS complained about its status."""
    if not any("InvalidDBClusterState" in error or "InvalidDBInstanceState" in error for error in result.errors):
        return
    for resource in result.state.resources:
        if resource.type == "aws:rds/cluster:Cluster":
            region = result.state.regions["aws:region"]
            which = f"--db-cluster-identifier {resource.inputs['clusterIdentifier']} --region {region}"
            yield f"aws rds start-db-cluster {which} && aws rds wait db-cluster-available {which}"


def _masked(value: Any) -> Any:
    """The value with nothing in the place of each secret."""
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return None if isinstance(value, Secret) else value


def _list(lines: Sequence[str], heading: str, say: Say) -> None:
    if lines:
        say(heading)
    for line in lines[:_LONG]:
        say(f"  {line}")
    if lines[_LONG:]:
        say(f"  and {len(lines) - _LONG} more")
