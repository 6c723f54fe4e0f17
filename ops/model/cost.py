"""Cost of a recorded program while nobody uses it, by component, from the price table of its region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalogue.price import Price, UsagePrice
from catalogue.prices import PRICES, USAGE_PRICES
from catalogue.resource_types import FREE_PACKAGES, TYPES, package
from ops.model import eks_children, engine_graph, nodes
from ops.model.recorder import Resource, plain

HOURS_PER_DAY = 8
"""A working day, morning to evening."""


def amount(usd: float, unpriced: Sequence[object]) -> str:
    """A sum in words: `unknown` instead of nothing, and `at least` where something in it has no known price."""
    if not unpriced:
        return f"{usd:.2f} USD"
    return f"at least {usd:.2f} USD" if round(usd, 2) else "unknown"


def number(usd: float, unpriced: Sequence[object]) -> float | None:
    """A sum for machines: None where nothing in it has a known price."""
    return usd if usd or not unpriced else None


@dataclass(frozen=True, kw_only=True)
class Line:
    """One item of one component. `usd_per_hour` is for the whole quantity."""

    component: str
    item: str
    quantity: float
    usd_per_hour: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a component pays by use, on top."""

    component: str
    item: str
    price: UsagePrice | None
    """None where it is not known."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The bill of an idle day. What is unpriced is not in the sums."""

    region: str
    lines: tuple[Line, ...]
    usage: tuple[Usage, ...]
    unpriced: tuple[str, ...]
    """Each names the item or resource, its component and the region."""

    @property
    def usd_per_hour(self) -> float:
        """The sum of the lines."""
        return sum(line.usd_per_hour for line in self.lines)

    @property
    def usd_per_day(self) -> float:
        """The sum for `HOURS_PER_DAY` hours."""
        return self.usd_per_hour * HOURS_PER_DAY

    @property
    def per_hour(self) -> str:
        """The sum of the lines in words, which say when it is not everything."""
        shown = amount(self.usd_per_hour, self.unpriced)
        if shown == "unknown":
            return f"cost unknown (no price in {self.region} is known)"
        return f"{shown} an hour" + (f" (not every price in {self.region} is known)" if self.unpriced else "")


_AURORA_INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
_NODE_DISK_GIB = 80  # EKS user guide, "Create a Node Class": ephemeralStorage of the specification


class _Bill:
    """Collects lines; an item without a price in the region goes to the unpriced."""

    def __init__(self, resources: Sequence[Resource], region: str) -> None:
        self.resources = {resource.urn: resource for resource in resources}
        self.region, self.prices, self.usage_prices = region, PRICES.get(region, {}), USAGE_PRICES.get(region, {})
        self.lines: dict[tuple[str, str], Line] = {}
        self.usage: dict[tuple[str, str], Usage] = {}
        self.unpriced: set[str] = set()

    def component(self, resource: Resource) -> str:
        """The name of the component of ours that holds the resource, else its own."""
        return (engine_graph.holder(resource, self.resources) or resource).name

    def add(self, resource: Resource, item: str, quantity: float) -> None:
        if item in self.prices:
            self.add_priced(resource, item, quantity, self.prices[item])
        elif quantity:
            self.no_price(resource, item)

    def add_priced(self, resource: Resource, item: str, quantity: float, price: Price) -> None:
        component = self.component(resource)
        known = self.lines.get((component, item))
        total = quantity + (known.quantity if known else 0)
        self.lines[component, item] = Line(
            component=component,
            item=item,
            quantity=total,
            usd_per_hour=total * price.usd_per_hour,
            source=f"{price.source}, {price.date}",
        )

    def add_usage(self, resource: Resource, item: str) -> None:
        component = self.component(resource)
        self.usage[component, item] = Usage(component=component, item=item, price=self.usage_prices.get(item))

    def no_price(self, resource: Resource, item: str) -> None:
        self.unpriced.add(f"{item} of {self.component(resource)} in {self.region}")


def cost(resources: Sequence[Resource], region: str) -> Cost:
    """The cost of all resources, the children of the EKS component included (`ops.model.engine_graph`)."""
    bill = _Bill(resources, region)
    for resource in resources:
        if resource.custom:
            _add(bill, resource)
    _add_nodes(bill)
    return Cost(
        region=region,
        lines=tuple(line for _, line in sorted(bill.lines.items())),
        usage=tuple(usage for _, usage in sorted(bill.usage.items())),
        unpriced=tuple(sorted(bill.unpriced)),
    )


def _add(bill: _Bill, resource: Resource) -> None:
    row = TYPES.get(resource.type)
    if row is None:
        if package(resource.type) not in FREE_PACKAGES:
            bill.no_price(resource, resource.type)
        return
    inputs = plain(resource.inputs)
    for item in row.usage(inputs) if callable(row.usage) else row.usage:
        bill.add_usage(resource, item)
    for item, quantity in row.items(inputs):
        bill.add(resource, item, quantity)
    if resource.type == _AURORA_INSTANCE:
        _add_aurora_capacity(bill, resource)


def _add_aurora_capacity(bill: _Bill, instance: Resource) -> None:
    if instance.inputs["instanceClass"] != "db.serverless":
        return
    clusters = [bill.resources[urn] for urn in instance.property_dependencies["clusterIdentifier"]]
    for cluster in clusters:
        if cluster.type == "aws:rds/cluster:Cluster":
            scaling = plain(cluster.inputs)["serverlessv2ScalingConfiguration"]
            bill.add(instance, "Aurora PostgreSQL ACU", scaling["minCapacity"])


def _add_nodes(bill: _Bill) -> None:
    """The nodes of the EKS cluster, for the requests of all pods together."""
    cluster = next((resource for resource in bill.resources.values() if resource.type == eks_children.CLUSTER), None)
    if cluster is None:
        return
    cpus = memory_gib = 0.0
    for resource in bill.resources.values():
        try:
            asked = nodes.requests(resource)
        except nodes.UnknownPodsError as unknown:
            bill.no_price(resource, str(unknown))
        else:
            cpus, memory_gib = cpus + asked.cpus, memory_gib + asked.memory_gib
    if not cpus:
        return
    chosen = nodes.estimate(nodes.Requests(cpus=cpus, memory_gib=memory_gib), bill.prices)
    if chosen is None:
        bill.no_price(cluster, f"nodes for {cpus:g} CPUs and {memory_gib:g} GiB")
        return
    price = bill.prices[chosen.type]
    bill.add_priced(
        cluster,
        f"Auto Mode node {chosen.type}, for pods that ask for {cpus:g} CPUs and {memory_gib:g} GiB",
        chosen.count,
        Price(usd_per_hour=chosen.usd_per_hour, source=f"{price.source} and 12 % for Auto Mode", date=price.date),
    )
    bill.add(cluster, "EBS gp3 GiB", chosen.count * _NODE_DISK_GIB)
