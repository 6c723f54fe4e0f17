"""Typical seconds of each resource of a program, including the start of the first node."""

from __future__ import annotations

from collections.abc import Sequence

from catalogue.resource_type import ESTIMATE, Times
from catalogue.resource_types import STATE_ONLY, times
from ops.model.engine_graph import Edges
from ops.model.recorder import Resource

NODE_START = Times(create=90, delete=0, source=f"{ESTIMATE}: Auto Mode starts a node for the first pods in 60 to 90 s")
"""Added once on every way to a pod: to each pod that no other pod comes before."""

_PODS = frozenset(
    {"kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet", "kubernetes:batch/v1:Job"}
    | {"kubernetes:core/v1:Pod", "kubernetes:helm.sh/v3:Release"}
)


def typical(resource: Resource) -> Times:
    """The figures for one resource."""
    return times(resource.type) if resource.custom else STATE_ONLY


def first_pods(resources: Sequence[Resource], edges: Edges) -> frozenset[str]:
    """Those with pods that wait for no others with pods: the node starts for them."""
    with_pods = {resource.urn for resource in resources if resource.type in _PODS}
    after_pods: set[str] = set()
    for urn, waits_for in edges.items():
        if any(dependency in with_pods or dependency in after_pods for dependency in waits_for):
            after_pods.add(urn)
    return frozenset(with_pods - after_pods)


def create_seconds(resources: Sequence[Resource], edges: Edges) -> dict[str, float]:
    """Typical seconds of each creation by URN, the start of the first node included where it is waited for."""
    first = first_pods(resources, edges)
    return {
        resource.urn: typical(resource).create + (NODE_START.create if resource.urn in first else 0)
        for resource in resources
    }


def delete_seconds(resources: Sequence[Resource]) -> dict[str, float]:
    """Typical seconds of each deletion by URN; what goes with another resource, or stays, is not deleted itself."""
    return {
        resource.urn: 0 if resource.deleted_with or resource.retain_on_delete else typical(resource).delete
        for resource in resources
    }
