"""Report of `genai plan` on a terminal or in a pipe (Rich)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from catalogue.pins import WARNING_DAYS
from ops.console import minutes
from ops.model import eks_children, engine_graph, typical_times
from ops.model.cost import HOURS_PER_DAY, Usage, amount
from ops.model.gateway_models import embeddings_host, gateway_models, safety_host
from ops.model.recorder import Resource, plain
from ops.stack.plan import Plan

_SLOW = 20.0
"""Seconds from which a step or a wave is worth a line of its own."""

_FACTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "aws:ec2/natGateway:NatGateway": lambda _: "NAT gateway",
    "aws:ec2/vpc:Vpc": lambda vpc: str(vpc["cidrBlock"]),
    "aws:elasticache/replicationGroup:ReplicationGroup": lambda group: (
        f"{group['engine']} {group['engineVersion']} on {group['numCacheClusters']} × {group['nodeType']}"
    ),
    "aws:lb/listener:Listener": lambda listener: f"{listener['protocol']} {listener['port']}",
    "aws:rds/cluster:Cluster": lambda cluster: (
        f"{cluster['engine']} {cluster['engineVersion']}, "
        f"{cluster['serverlessv2ScalingConfiguration']['minCapacity']:g} to "
        f"{cluster['serverlessv2ScalingConfiguration']['maxCapacity']:g} ACU"
    ),
    eks_children.COMPONENT: lambda cluster: f"Kubernetes {cluster['version']}, Auto Mode",
    "azure-native:redisenterprise:RedisEnterprise": lambda redis: f"Azure Managed Redis {redis['sku']['name']}",
    "kubernetes:apps/v1:StatefulSet": lambda workload: str(
        workload["spec"]["template"]["spec"]["containers"][0]["image"]
    ).partition("@")[0],
    "kubernetes:helm.sh/v3:Release": lambda release: (
        f"chart {release['chart'].rpartition('/')[2]} {release['version']}"
    ),
}
"""What is worth saying about a component: by type of a resource in it, from the inputs."""


def print_report(plan: Plan, console: Console) -> None:
    """Print all sections of the report."""
    console.print(
        f"[bold]Stack {plan.config.stack}[/bold] in {plan.cost.region}: "
        f"{engine_graph.number(plan.resources)} resources. Nothing was created, no account was asked."
        + (f" A public hosted zone for {plan.domain} is taken for granted." if plan.domain else "")
    )
    for title, section in (
        ("What it builds", _print_tree),
        ("What it costs while idle", _print_cost),
        ("How long `pulumi up` takes", _print_up),
        ("How long `pulumi destroy` takes", _print_down),
        ("Guardrails", _print_findings),
        ("Support of what is pinned", _print_ending),
    ):
        console.print(f"\n[bold]{title}[/bold]")
        section(plan, console)
    for warning in plan.warnings:
        console.print(f"\n[yellow]Settings[/yellow]: {escape(warning)}.", soft_wrap=True)
    console.print("\n[bold]Next[/bold]")
    _print_next(plan, console)
    # Last, where it can be read without scrolling.
    console.print(
        f"\nStack {plan.config.stack}: {plan.cost.per_hour}, up in {minutes(plan.up.seconds)}, "
        f"down in {minutes(plan.down.seconds)} minutes.",
        soft_wrap=True,
    )


def _print_next(plan: Plan, console: Console) -> None:
    stack = plan.config.stack
    if any(finding.level == "mandatory" for finding in plan.findings):
        console.print(
            "[red]Not yet `pulumi up`[/red]: the guardrails would stop it. Put right what they name above, then "
            f"[cyan]genai plan --stack {stack}[/cyan] again.",
            soft_wrap=True,
        )
        return
    for step in plan.first:
        console.print(f"[red]First[/red], because {step.why}:", soft_wrap=True)
        for command in step.commands:
            console.print(f"  [cyan]{command}[/cyan]", soft_wrap=True)
    console.print(
        f"{'Then ' if plan.first else ''}[cyan]pulumi up -s {stack}[/cyan] builds it, "
        f"[cyan]pulumi destroy -s {stack}[/cyan] removes it."
    )


def _print_tree(plan: Plan, console: Console) -> None:
    by_parent: dict[str, list[Resource]] = {}
    for resource in plan.resources:
        by_parent.setdefault(resource.parent, []).append(resource)

    def below(urn: str) -> list[Resource]:
        return [resource for child in by_parent.get(urn, []) for resource in (child, *below(child.urn))]

    def grow(tree: Tree, urn: str) -> None:
        for child in by_parent.get(urn, []):
            if child.type.startswith("genai:"):
                inside = below(child.urn)
                branch = tree.add(f"[bold]{child.name}[/bold]  {_summary(child, inside)}")
                if child.type == "genai:azure:ModelGateway":
                    _grow_models(branch, plan)
                grow(branch, child.urn)
            elif urn == stack.urn:
                tree.add(f"{child.name}  [dim]{_kind(child)}[/dim]")

    for children in by_parent.values():
        children.sort(key=lambda child: child.name)  # the order of registration is another one in each run
    stack = plan.resources[0]
    tree = Tree(f"{stack.name}")
    grow(tree, stack.urn)
    console.print(tree)


def _grow_models(tree: Tree, plan: Plan) -> None:
    """The models of the gateway with their deployments, in the order in which those are asked."""
    if host := safety_host(plan.recording):
        tree.add(f"Content Safety  [dim]every prompt goes to {host} first[/dim]")
    if host := embeddings_host(plan.recording):
        tree.add(f"semantic cache  [dim]the same caller gets an answer again; {host} makes the embeddings[/dim]")
    for model in gateway_models(plan.recording):
        pool = f", a pool of {len(model.deployments)}" if len(model.deployments) > 1 else ""
        branch = tree.add(f"{model.name}  [dim]{model.provider}{pool}[/dim]")
        for one in sorted(model.deployments, key=lambda one: one.priority or 0):
            facts = [f"deployment {one.name}"] if one.name else []
            if one.priority is not None:
                facts.append(f"priority {one.priority}, weight {one.weight}")
            branch.add(f"{one.host}  [dim]{', '.join([*facts, one.breaker])}[/dim]")


def _summary(component: Resource, inside: list[Resource]) -> str:
    facts: dict[str, int] = {}
    for resource in inside:
        if resource.type in _FACTS:
            fact = _FACTS[resource.type](plain(resource.inputs))
            facts[fact] = facts.get(fact, 0) + 1
    number = engine_graph.number(inside)
    count = f"{number} resource{'s' * (number != 1)}"
    shown = [fact if times == 1 else f"{times} × {fact}" for fact, times in facts.items()]
    return f"[dim]{_kind(component)}[/dim]  {', '.join([count, *shown])}"


def _kind(resource: Resource) -> str:
    return resource.type.rpartition(":")[2]


def _table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left")
    return table


def _print_cost(plan: Plan, console: Console) -> None:
    table = _table("component", "item", "quantity", "USD/hour", "USD/day", right=("quantity", "USD/hour", "USD/day"))
    for line in sorted(plan.cost.lines, key=lambda line: -line.usd_per_hour):
        usd = line.usd_per_hour
        table.add_row(line.component, line.item, f"{line.quantity:g}", f"{usd:.4f}", f"{usd * HOURS_PER_DAY:.2f}")
    table.add_section()
    hour = amount(plan.cost.usd_per_hour, plan.cost.unpriced).removesuffix(" USD")
    day = amount(plan.cost.usd_per_day, plan.cost.unpriced).removesuffix(" USD")
    table.add_row("[bold]total[/bold]", "", "", hour, day)
    console.print(table)
    console.print(f"A day is {HOURS_PER_DAY} hours. On-demand prices without tax; source and date of each in --json.")
    by_item = {usage.item: _by_use(usage) for usage in plan.cost.usage}
    if by_item:
        console.print(f"Paid by use and not counted: {', '.join(by_item.values())}.")
    for unpriced in plan.cost.unpriced:
        console.print(f"[yellow]Not in the sum, no price known:[/yellow] {unpriced}.")


def _by_use(usage: Usage) -> str:
    return f"{usage.item} {f'{usage.price.usd:g}/{usage.price.unit}' if usage.price else '(price unknown)'}"


def _print_up(plan: Plan, console: Console) -> None:
    resources = {resource.urn: resource for resource in plan.resources}
    first_pods = typical_times.first_pods(plan.resources, plan.edges)
    path = [step for step in plan.up.critical_path if step.end > step.start]
    console.print(f"[bold]{minutes(plan.up.seconds)}[/bold], decided by this chain:")
    table = _table("from", "to", "takes", "", right=("from", "to", "takes"))
    for step in path:
        note = (
            f", {minutes(typical_times.NODE_START.create)} of it for the first node" if step.urn in first_pods else ""
        )
        table.add_row(
            minutes(step.start), minutes(step.end), minutes(step.end - step.start), _label(resources[step.urn]) + note
        )
    console.print(table)
    beside = [
        step
        for step in sorted(plan.up.steps.values(), key=lambda step: step.slack)
        if step.end - step.start >= _SLOW and step not in path
    ]
    if beside:
        console.print("Beside it:")
        table = _table("from", "to", "takes", "may be late by", "", right=("from", "to", "takes", "may be late by"))
        for step in beside:
            table.add_row(
                minutes(step.start),
                minutes(step.end),
                minutes(step.end - step.start),
                minutes(step.slack),
                _label(resources[step.urn]),
            )
        console.print(table)


def _print_down(plan: Plan, console: Console) -> None:
    resources = {resource.urn: resource for resource in plan.resources}
    seconds = typical_times.delete_seconds(plan.resources)
    console.print(
        f"[bold]{minutes(plan.down.seconds)}[/bold] in {len(plan.down.waves)} waves, each as long as its slowest:"
    )
    table = _table(
        "depth", "takes", "decided by", "beside it (and how much longer it may take)", right=("depth", "takes")
    )
    short = [wave.seconds for wave in plan.down.waves if wave.seconds < _SLOW]
    for wave in plan.down.waves:
        if wave.seconds >= _SLOW:
            decider, *shorter = wave.urns
            beside = [
                f"{_label(resources[urn])} {minutes(seconds[urn])} (+{minutes(wave.seconds - seconds[urn])})"
                for urn in shorter
                if seconds[urn] >= _SLOW
            ]
            table.add_row(str(wave.depth), minutes(wave.seconds), _label(resources[decider]), "\n".join(beside))
    console.print(table)
    console.print(f"The other {len(short)} waves take {minutes(sum(short))} together.")


def _print_findings(plan: Plan, console: Console) -> None:
    for finding in plan.findings:
        colour = "red" if finding.level == "mandatory" else "yellow"
        console.print(
            f"[{colour}]{finding.level}[/{colour}] {finding.policy}: {escape(finding.message)}", soft_wrap=True
        )
        if finding.urn:
            console.print(f"          [dim]{finding.urn}[/dim]", soft_wrap=True)
    if not plan.findings:
        console.print("[green]Nothing found.[/green]")


def _print_ending(plan: Plan, console: Console) -> None:
    for pin in plan.ending:
        colour = "yellow" if pin.supported(plan.today) else "red"
        console.print(f"[{colour}]{escape(pin.warning(plan.today))}[/{colour}]: {escape(pin.instead)}", soft_wrap=True)
        console.print(f"          [dim]{escape(pin.source)}[/dim]", soft_wrap=True)
    if not plan.ending:
        console.print(f"[green]Nothing ends within {WARNING_DAYS} days.[/green]")


def _label(resource: Resource) -> str:
    return f"{_kind(resource)} {resource.name}"
