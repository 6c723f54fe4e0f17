"""Pulumi state of a stack, as `pulumi stack export` tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ops.model.recorder import Resource, Secret

_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""Mark a secret, in the state as on the wire (pulumi sdk/go/common/resource/sig)."""


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
    stack: Mapping[str, Any] = next((one for one in found if one["type"] == "pulumi:pulumi:Stack"), {})
    return StackState(
        resources=[_resource(one) for one in found],
        created={one["urn"]: datetime.fromisoformat(one["created"]) for one in found if "created" in one},
        unfinished=[one["urn"] for one in found if one.get("initErrors") or one.get("delete")],
        pending=[
            f"{one['type']} {short(one['resource']['urn'])}" for one in deployment.get("pending_operations") or []
        ],
        outputs=_opened(stack.get("outputs", {})),
        ids=[one["id"] for one in found if one.get("custom") and one.get("id")],
        stack_id=next((one["outputs"]["result"] for one in found if _is_stack_id(one)), ""),
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


def _is_stack_id(one: Mapping[str, Any]) -> bool:
    """Whether it is what `stacks.identity` makes, and made."""
    name = one["urn"].rpartition("::")[2]
    made = one["type"] == "random:index/randomString:RandomString" and name in ("cluster-name", "stack-id")
    return made and isinstance((one.get("outputs") or {}).get("result"), str)


def _input(found: Sequence[Mapping[str, Any]], key: str, *types: str) -> str:
    """The first text that a resource of these types has under that key."""
    values = [(one.get("inputs") or {}).get(key) for one in found if one["type"] in types]
    return next((value for value in values if value and isinstance(value, str)), "")


def _resource(one: Mapping[str, Any]) -> Resource:
    dependencies: Mapping[str, Sequence[str]] = one.get("propertyDependencies") or {}
    return Resource(
        urn=one["urn"],
        type=one["type"],
        name=one["urn"].rpartition("::")[2],
        parent=one.get("parent", ""),
        custom=one["custom"],
        remote=False,
        inputs=_opened(one.get("inputs") or {}),
        dependencies=frozenset(one.get("dependencies") or ()),
        property_dependencies={key: frozenset(urns) for key, urns in dependencies.items() if urns},
        provider=one.get("provider", "").rpartition("::")[0],
        deleted_with=one.get("deletedWith", ""),
        protect=one.get("protect", False),
        retain_on_delete=one.get("retainOnDelete", False),
        delete_before_replace=False,
        ignore_changes=(),
        timeouts=one.get("customTimeouts") or {},
    )


def _opened(value: Any) -> Any:
    """The value with every secret as `Secret`."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return Secret(_opened(json.loads(value["plaintext"])))
        return {key: _opened(item) for key, item in value.items()}
    return [_opened(item) for item in value] if isinstance(value, list) else value
