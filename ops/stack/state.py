"""Pulumi state of a stack, as `pulumi stack export` tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ops.model.recorder import SECRET, SIGNATURE, Resource, Secret


@dataclass(frozen=True, kw_only=True)
class StackState:
    """A stack as the engine believes it to be."""

    resources: Sequence[Resource]
    """What a resource waits for comes before it. `remote` and what only a program says are not known."""
    created: Mapping[str, datetime]
    """When, by URN."""
    unfinished: Sequence[str]
    """URNs of what did not become ready, or is still to be deleted after its replacement."""
    pending: Sequence[str]
    """Operations that began and whose end nobody knows: their engine died."""
    outputs: Mapping[str, Any]
    """Of the stack; secrets are `Secret`."""
    ids: Sequence[str] = ()
    """What each resource is called in its cloud."""
    stack_id: str = ""
    """As in the tag `StackId`; empty before the first `up` has made it."""
    regions: Mapping[str, str] = field(default_factory=dict)
    """Where the resources are, by the provider's setting that says so (`Kind.region_key`); empty where none is."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing, begun or done."""
        return not self.resources and not self.pending


def read(deployment: Mapping[str, Any]) -> StackState:
    """The state in an exported deployment."""
    found = deployment.get("resources") or []
    stack: Mapping[str, Any] = next((resource for resource in found if resource["type"] == "pulumi:pulumi:Stack"), {})
    return StackState(
        resources=[_resource(resource) for resource in found],
        created={
            resource["urn"]: datetime.fromisoformat(resource["created"]) for resource in found if "created" in resource
        },
        unfinished=[resource["urn"] for resource in found if resource.get("initErrors") or resource.get("delete")],
        pending=[
            f"{operation['type']} {short(operation['resource']['urn'])}"
            for operation in deployment.get("pending_operations") or []
        ],
        outputs=_opened(stack.get("outputs", {})),
        ids=[resource["id"] for resource in found if resource.get("custom") and resource.get("id")],
        stack_id=next((resource["outputs"]["result"] for resource in found if _is_stack_id(resource)), ""),
        regions={
            "aws:region": _input(found, "region", "pulumi:providers:aws", "pulumi-python:dynamic/genai:DrainGate"),
            "azure-native:location": _input(found, "location", "azure-native:resources:ResourceGroup"),
        },
    )


def short(urn: str) -> str:
    """Type and name, as people read them: `aws:ec2/vpc:Vpc network-vpc`."""
    return f"{urn.split('::')[2].rpartition('$')[2]} {urn.rpartition('::')[2]}"


def engine_urn(urn: str) -> str:
    """A URN of `ops.model.recorder` as the engine writes it: without the stack's own type before the resource's."""
    return urn.replace("::pulumi:pulumi:Stack$", "::")


def _is_stack_id(resource: Mapping[str, Any]) -> bool:
    """Whether it is what `stacks.identity` makes, and made."""
    name = resource["urn"].rpartition("::")[2]
    made = resource["type"] == "random:index/randomString:RandomString" and name in ("cluster-name", "stack-id")
    return made and isinstance((resource.get("outputs") or {}).get("result"), str)


def _input(found: Sequence[Mapping[str, Any]], key: str, *types: str) -> str:
    """The first text that a resource of these types has under that key."""
    values = [(resource.get("inputs") or {}).get(key) for resource in found if resource["type"] in types]
    return next((value for value in values if value and isinstance(value, str)), "")


def _resource(resource: Mapping[str, Any]) -> Resource:
    dependencies: Mapping[str, Sequence[str]] = resource.get("propertyDependencies") or {}
    return Resource(
        urn=resource["urn"],
        type=resource["type"],
        name=resource["urn"].rpartition("::")[2],
        parent=resource.get("parent", ""),
        custom=resource["custom"],
        inputs=_opened(resource.get("inputs") or {}),
        dependencies=frozenset(resource.get("dependencies") or ()),
        property_dependencies={key: frozenset(urns) for key, urns in dependencies.items() if urns},
        provider=resource.get("provider", "").rpartition("::")[0],
        deleted_with=resource.get("deletedWith", ""),
        protect=resource.get("protect", False),
        retain_on_delete=resource.get("retainOnDelete", False),
    )


def _opened(value: Any) -> Any:
    """The value with every secret as `Secret`."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return Secret(_opened(json.loads(value["plaintext"])))
        return {key: _opened(item) for key, item in value.items()}
    return [_opened(item) for item in value] if isinstance(value, list) else value
