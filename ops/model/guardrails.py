"""CrossGuard findings of a recorded program, as `pulumi up --policy-pack policies/guardrails` would report them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from ops.model.recorder import UNKNOWN, Recording, plain
from policies.guardrails.all_rules import RULES


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A violation (mandatory: it stops `up`), or a rule that a preview could not decide (advisory)."""

    policy: str
    urn: str
    """Of the resource at fault; empty for the stack."""
    message: str
    level: Literal["mandatory", "advisory"]


def findings(recording: Recording) -> list[Finding]:
    """What the pack's own rule objects, and two rules that only a recording can check, find in a recorded program."""
    found: list[Finding] = []

    def run(policy: ResourceValidationPolicy | StackValidationPolicy, args: Any, urn: str) -> None:
        def report(message: str, at: str | None) -> None:
            found.append(Finding(policy=policy.name, urn=at or urn, message=message, level="mandatory"))

        try:
            policy.validate(args, report)
        except UnknownValueError as error:
            message = f"cannot be decided before up: {error.message}"
            found.append(Finding(policy=policy.name, urn=urn, message=message, level="advisory"))

    resources = _as_analyzed(recording)
    for policy in RULES:
        if isinstance(policy, StackValidationPolicy):
            run(policy, StackValidationArgs(resources), "")
        elif isinstance(policy, ResourceValidationPolicy):
            for resource in resources:
                args = ResourceValidationArgs(
                    resource.resource_type, resource.props, resource.urn, resource.name, resource.opts, None
                )
                run(policy, args, resource.urn)
    return [*found, *_kept_from_deletion(recording)]


def _as_analyzed(recording: Recording) -> list[PolicyResource]:
    """The resources as Pulumi hands them to a policy pack; custom timeouts, which no rule reads, are left out."""
    by_urn = {
        resource.urn: PolicyResource(
            resource_type=resource.type,
            props=unknown_checking_proxy(_with_sentinels(plain(resource.inputs))),
            urn=resource.urn,
            name=resource.name,
            opts=PolicyResourceOptions(
                protect=resource.protect,
                ignore_changes=list(resource.ignore_changes),
                delete_before_replace=resource.delete_before_replace,
                aliases=[],
                custom_timeouts=PolicyCustomTimeouts(0, 0, 0),
                additional_secret_outputs=[],
                parent=resource.parent,
            ),
            provider=None,
            parent=None,
            dependencies=[],
            property_dependencies={},
        )
        for resource in recording.resources
    }
    for resource in recording.resources:
        analyzed = by_urn[resource.urn]
        analyzed.parent = by_urn.get(resource.parent)
        analyzed.dependencies = [by_urn[urn] for urn in resource.dependencies if urn in by_urn]
        analyzed.property_dependencies = {
            key: [by_urn[urn] for urn in urns if urn in by_urn] for key, urns in resource.property_dependencies.items()
        }
    return list(by_urn.values())


def _with_sentinels(value: Any) -> Any:
    """Unknown values as Pulumi marks them for policy packs."""
    if value is UNKNOWN:
        return UNKNOWN_STRING_VALUE
    if isinstance(value, Mapping):
        return {key: _with_sentinels(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_sentinels(item) for item in value]
    return value


def _kept_from_deletion(recording: Recording) -> Iterator[Finding]:
    """Resource options that Pulumi does not tell policy packs (analyzer.proto, AnalyzerResourceOptions)."""
    for resource in recording.resources:
        if resource.retain_on_delete:
            message = "retain_on_delete leaves this behind: remove it from the resource's options"
            yield Finding(policy="nothing-is-retained", urn=resource.urn, message=message, level="mandatory")
        if resource.deleted_with and resource.type.startswith("kubernetes:"):
            message = (
                "deleted_with takes this out of the state without a delete, and if the destroy then fails the next up "
                "meets AlreadyExists: remove it from the resource's options"
            )
            yield Finding(
                policy="kubernetes-objects-are-deleted-themselves", urn=resource.urn, message=message, level="mandatory"
            )
