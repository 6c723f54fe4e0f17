"""Runs a Pulumi program under mocks, without an engine or a cloud, and records everything it registers.

`plan`, the guardrails and the tests read the same `Recording`, so what a test proves is what `genai plan` shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from google.protobuf import empty_pb2, json_format
from pulumi.runtime import mocks, rpc
from pulumi.runtime import stack as pulumi_stack
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import SETTINGS, configure, reset_options

from ops.model.simulated_outputs import REGION, invoke_result, resource_outputs
from ops.project import PROJECT
from stacks import build

OPERATOR_ADDRESS = "203.0.113.10"  # stands for whoever runs `up` (RFC 5737 documentation range)
SIGNATURE, SECRET, _RESOURCE = (
    "4dabf18193072939515e22adb298388d",
    "1b47061264138c4ac30d75fd1eb44270",
    "5cf8f73096256a8f31e491e813e4eb8e",
)
"""The key that marks a wrapped value, in the state as on the wire, and two of its values (Pulumi, resource/sig)."""


@dataclass(frozen=True)
class Secret:
    """A value that Pulumi was told is secret."""

    value: Any

    def __repr__(self) -> str:
        return "[secret]"


class Unknown:
    """A value that is known only after `up`, as in a preview."""

    def __repr__(self) -> str:
        return "[unknown]"


UNKNOWN = Unknown()


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One registration, as the engine would have received it. References to other resources are URNs."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    inputs: Mapping[str, Any]
    """As passed on the wire (camelCase); secrets are `Secret`, values not known yet `UNKNOWN`."""
    dependencies: frozenset[str]
    """`depends_on` and property dependencies together; parent and provider are not in it."""
    property_dependencies: Mapping[str, frozenset[str]]
    remote: bool = False
    provider: str = ""
    """URN of the explicit provider, or empty."""
    deleted_with: str = ""
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool = False
    ignore_changes: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Recording:
    """What a run of a program registered, in order, and the outputs of its stack."""

    resources: list[Resource] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    invokes: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def of_type(self, type_token: str) -> list[Resource]:
        """All resources of one type token, in order of registration."""
        return [resource for resource in self.resources if resource.type == type_token]

    def one(self, type_token: str, name: str = "") -> Resource:
        """The only resource of that type (with `name` in its name); LookupError says what there is instead."""
        found = [resource for resource in self.of_type(type_token) if name in resource.name]
        if len(found) != 1:
            names = [resource.name for resource in found]
            raise LookupError(f"{len(found)} resources of type {type_token} with {name!r} in the name: {names}")
        return found[0]

    def by_urn(self) -> dict[str, Resource]:
        """Every resource under its URN."""
        return {resource.urn: resource for resource in self.resources}


def plain(value: Any) -> Any:
    """The value with every `Secret` unwrapped."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _from_wire(value: Any) -> Any:
    """Turn properties as they travel to the engine into plain values, `Secret` and `UNKNOWN`."""
    if value == rpc.UNKNOWN:
        return UNKNOWN
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return Secret(_from_wire(value["value"]))
        if value.get(SIGNATURE) == _RESOURCE:
            return value["urn"]
        return {key: _from_wire(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_from_wire(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


class _Cloud(mocks.Mocks):
    """Answers in the place of every provider, from the table of simulated outputs."""

    def __init__(
        self,
        recording: Recording,
        preview: bool,
        hosted_zones: Sequence[str],
        other_stacks: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.recording, self.preview, self.hosted_zones = recording, preview, hosted_zones
        self.other_stacks = other_stacks

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            return args.resource_id, self._stack_outputs(args.inputs["name"])
        if self.preview:
            return None, dict(args.inputs)
        return f"{args.name}-id", {**args.inputs, **resource_outputs(args.typ, args.name, args.inputs)}

    def _stack_outputs(self, stack: str) -> dict[str, Any]:
        """What the engine answers to a StackReference, in a preview too (pulumi pkg/resource/deploy/builtins.go)."""
        if stack not in self.other_stacks:
            raise LookupError(f'unknown stack "{stack}"')
        outputs = self.other_stacks[stack]
        secret = [name for name, value in outputs.items() if isinstance(value, Secret)]
        return {"name": stack, "outputs": plain(outputs), "secretOutputNames": secret}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        self.recording.invokes.append((args.token, args.args))
        region = pulumi.Config("aws").get("region") or REGION
        return invoke_result(args.token, args.args, region=region, hosted_zones=self.hosted_zones), []


class _Monitor(mocks.MockMonitor):
    """Keeps the requests themselves: the options of a resource (parent, dependencies, ...) are only there."""

    def __init__(self, cloud: _Cloud) -> None:
        super().__init__(cloud)
        self.recording = cloud.recording

    def RegisterResource(  # noqa: N802  the name of the gRPC method
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if any(resource.urn == urn for resource in self.recording.resources):
            raise ValueError(f"two resources have the URN {urn}: give one of them another name")
        self.recording.resources.append(
            Resource(
                urn=urn,
                type=request.type,
                name=request.name,
                parent=request.parent,
                custom=request.custom,
                remote=request.remote,
                inputs=_from_wire(json_format.MessageToDict(request.object)),
                dependencies=frozenset(request.dependencies),
                property_dependencies={
                    key: frozenset(value.urns) for key, value in request.propertyDependencies.items() if value.urns
                },
                provider=request.provider.rpartition("::")[0],
                deleted_with=request.deletedWith,
                protect=request.protect,
                retain_on_delete=request.retainOnDelete,
                delete_before_replace=request.deleteBeforeReplace,
                ignore_changes=tuple(request.ignoreChanges),
            )
        )
        response: resource_pb2.RegisterResourceResponse = super().RegisterResource(request)
        return response

    def RegisterResourceOutputs(  # noqa: N802  the name of the gRPC method
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        if request.urn.split("::")[2] == "pulumi:pulumi:Stack":
            self.recording.outputs.update(_from_wire(json_format.MessageToDict(request.outputs)))
        return empty_pb2.Empty()


def record(
    program: Callable[[], None] | None = None,
    *,
    stack: str = "dev",
    config: Mapping[str, str] | None = None,
    secret_keys: Sequence[str] = (),
    preview: bool = False,
    hosted_zones: Sequence[str] = ("example.com",),
    other_stacks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Recording:
    """Run a program to its end and return what it registered.

    `program` defaults to what the project's `__main__.py` does. `config` holds full keys ("genaiplatform:size") and
    values as the engine passes them (objects as JSON); `secret_keys` names those that are encrypted. With `preview`,
    outputs of resources are unknown, as in `pulumi preview` on an empty stack. `hosted_zones` are the public Route 53
    zones that the account is taken to have; `other_stacks` are outputs by full stack name, for a StackReference to
    find. Errors of the program are raised as they are.
    """
    recording = Recording()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        monitor = _Monitor(_Cloud(recording, preview, hosted_zones, other_stacks or {}))
        # What `pulumi.runtime.set_mocks` does, but for its root stack, whose outputs would be registered too early.
        reset_options()
        configure(
            mocks.MockSettings(
                monitor=monitor,
                monitor_features=set(monitor.GetDeploymentInfo(empty_pb2.Empty()).supportedFeatures),
                engine=mocks.MockEngine(None),
                project=PROJECT,
                stack=stack,
                dry_run=preview,
                callbacks=None,
            )
        )
        pulumi.runtime.set_all_config(dict(config or {}), secret_keys=list(secret_keys))
        SETTINGS.rpc_manager.clear()
        SETTINGS.outputs.clear()
        loop.run_until_complete(pulumi_stack.run_in_stack(program or (lambda: build(stack, lambda: OPERATOR_ADDRESS))))
        return recording
    finally:
        loop.close()
        asyncio.set_event_loop(None)
