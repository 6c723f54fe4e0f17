"""Dependency graph of the Pulumi engine, made from a recorded program: it has more edges than the program wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ops.model import eks_children
from ops.model.recorder import Resource

Edges = Mapping[str, frozenset[str]]
"""For each URN those it waits for, directly. In topological order: whatever a resource waits for comes before it."""


def engine_resources(recorded: Iterable[Resource]) -> list[Resource]:
    """The resources in order of registration, each remote EKS component followed by the children it would create."""
    resources: list[Resource] = []
    for resource in recorded:
        resources.append(resource)
        if resource.type == eks_children.COMPONENT:
            resources += _children(resource)
    return resources


def number(resources: Iterable[Resource]) -> int:
    """How many there are, but the stack itself and the providers, which the engine adds as it needs them."""
    return sum(not resource.type.startswith("pulumi:") for resource in resources)


def edges(resources: Sequence[Resource]) -> Edges:
    """What each resource waits for on the way up, and what waits for it on the way down.

    Beside the dependencies written in the program these are its parent, its explicit provider, the one it is
    deleted with, and all children of a component it depends on that were registered before it
    (pulumi pkg/resource/graph/dependency_graph.go, DependenciesOf).
    """
    result: dict[str, frozenset[str]] = {}
    components: dict[str, list[str]] = {}
    """For each component seen so far all that lives under it, at any depth."""
    parents = {resource.urn: resource.parent for resource in resources}
    for resource in resources:
        direct = {*resource.dependencies, resource.provider, resource.deleted_with}
        direct |= {urn for urns in resource.property_dependencies.values() for urn in urns}
        for urn in list(direct):
            direct.update(components.get(urn, ()))
        result[resource.urn] = frozenset(urn for urn in {*direct, resource.parent} if urn in result)
        if not resource.custom:
            components[resource.urn] = []
        ancestor = resource.parent
        while ancestor:
            components.get(ancestor, []).append(resource.urn)
            ancestor = parents.get(ancestor, "")
    return result


def holder(resource: Resource, by_urn: Mapping[str, Resource]) -> Resource | None:
    """The nearest component of ours that holds the resource; None when none does."""
    found: Resource | None = resource
    while found and not found.type.startswith("genai:"):
        found = by_urn.get(found.parent)
    return found


def _children(component: Resource) -> list[Resource]:
    urns = {"": component.urn}
    for child in eks_children.CHILDREN:
        head, _, _ = urns[child.parent].rpartition("::")
        urns[child.suffix] = f"{head}${child.type}::{component.name}{child.suffix}"
    return [
        Resource(
            urn=urns[child.suffix],
            type=child.type,
            name=component.name + child.suffix,
            parent=urns[child.parent],
            custom=child.custom,
            inputs={},
            dependencies=frozenset(urns[suffix] for suffix in child.depends_on),
            property_dependencies={},
        )
        for child in eks_children.CHILDREN
    ]
