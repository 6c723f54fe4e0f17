"""EC2 instances that EKS Auto Mode would start for the pods of a recorded program: an estimate."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalogue.kubernetes_types import gibibytes
from catalogue.price import Price
from catalogue.prices import AUTO_MODE_FEE, NODE_TYPES, NodeType
from ops.model.recorder import Resource, plain


@dataclass(frozen=True, kw_only=True)
class Requests:
    """What pods ask for: CPUs and GiB of memory."""

    cpus: float
    memory_gib: float


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """`count` instances of one type; the price is that of one, Auto Mode's fee included."""

    count: int
    type: str
    usd_per_hour: float


class UnknownPodsError(LookupError):
    """The pods of a resource cannot be told from its inputs."""


def _cpus(quantity: str | float) -> float:
    text = str(quantity)
    return float(text.removesuffix("m")) / 1000 if text.endswith("m") else float(text)


_WORKLOADS_OF_CHART: Mapping[str, Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]]] = {
    "litellm": lambda values: [values["gateway"]],
    # langfuse-k8s charts/langfuse: web and worker share what stands under `langfuse` unless they say otherwise.
    "langfuse": lambda values: [
        {**values["langfuse"], **values["langfuse"].get(part, {})} for part in ("web", "worker")
    ],
}
"""Values of a chart -> the part about each Deployment that stays up. Hook Jobs end before a node would be too small."""


def requests(resource: Resource) -> Requests:
    """The sum of the requests of all pods that the resource keeps up; UnknownPodsError for a chart not known here."""
    inputs = plain(resource.inputs)
    match resource.type:
        case "kubernetes:helm.sh/v3:Release":
            chart = str(inputs["chart"]).rpartition("/")[2]
            if chart not in _WORKLOADS_OF_CHART:
                raise UnknownPodsError(f"the pods of chart {chart}")
            workloads = [
                (workload.get("replicas", workload.get("replicaCount", 1)), [workload])
                for workload in _WORKLOADS_OF_CHART[chart](inputs["values"])
            ]
        case "kubernetes:apps/v1:Deployment" | "kubernetes:apps/v1:StatefulSet":
            spec = inputs["spec"]
            workloads = [(spec.get("replicas", 1), spec["template"]["spec"]["containers"])]
        case _:
            workloads = []
    asked = [
        (replicas, container.get("resources", {}).get("requests", {}))
        for replicas, containers in workloads
        for container in containers
    ]
    return Requests(
        cpus=sum(replicas * _cpus(request.get("cpu", 0)) for replicas, request in asked),
        memory_gib=sum(replicas * gibibytes(str(request.get("memory", 0))) for replicas, request in asked),
    )


def _usable(node: NodeType) -> Requests:
    """What a node leaves for pods.

    Karpenter plans with 92.5 % of the memory (its default `vmMemoryOverheadPercent`); of that the kubelet keeps about
    1 GiB and 0.08 CPUs (awslabs/amazon-eks-ami bootstrap.sh: 255 MiB and 11 MiB a pod, 100 MiB for eviction).
    """
    return Requests(cpus=node.vcpus - 0.08, memory_gib=node.memory_gib * 0.925 - 1)


def estimate(total: Requests, prices: Mapping[str, Price]) -> Nodes | None:
    """The cheapest number of equal nodes that hold the requests; of two that cost the same, the fewer.

    Karpenter, which is in Auto Mode, starts the cheapest instances that pending pods fit on; pods that come in waves
    may get several small nodes of about the same price together. None when the region has no instance price, or when
    there are no pods.
    """
    candidates = []
    for name, node in NODE_TYPES.items():
        if name in prices:
            usable = _usable(node)
            count = math.ceil(max(total.cpus / usable.cpus, total.memory_gib / usable.memory_gib))
            price = prices[name].usd_per_hour
            candidates.append((round(count * price, 6), count, name, price + round(price * AUTO_MODE_FEE, 5)))
    if not candidates or not total.cpus:
        return None
    _, count, name, price = min(candidates)
    return Nodes(count=count, type=name, usd_per_hour=price)
