"""Decorators that make a CrossGuard policy of a function.

A rule is a generator with one sentence per violation: what is wrong and what to set instead. The name of its function,
with hyphens, is the name of the policy, its docstring the description. Every rule is mandatory.

Properties are spelled as they travel to the provider, in camelCase: inputs for a rule over one resource, and for a rule
over the stack what the provider answered. Reading a value that a preview cannot know raises `UnknownValueError`, upon
which Pulumi notes that the rule could not run; `known` reads around such values.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

ResourceCheck = Callable[[ResourceValidationArgs], Iterator[str]]
StackCheck = Callable[[Sequence[PolicyResource]], Iterator[tuple[PolicyResource, str]]]


def resource_rule(*types: str) -> Callable[[ResourceCheck], ResourceValidationPolicy]:
    """Make a policy of a check over each resource of the given type tokens, or over every resource if none is given."""

    def declare(check: ResourceCheck) -> ResourceValidationPolicy:
        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            if not types or args.resource_type in types:
                for sentence in check(args):
                    report(sentence, None)

        return ResourceValidationPolicy(*_name_and_description(check), validate, EnforcementLevel.MANDATORY)

    return declare


def stack_rule(check: StackCheck) -> StackValidationPolicy:
    """Make a policy of a check over all resources; it yields the resource at fault and the sentence."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for resource, sentence in check(args.resources):
            report(sentence, resource.urn)

    return StackValidationPolicy(*_name_and_description(check), validate, EnforcementLevel.MANDATORY)


def _name_and_description(check: Callable[..., Any]) -> tuple[str, str]:
    return check.__name__.replace("_", "-"), inspect.getdoc(check) or ""


def known(value: Any, *path: str | int) -> Any:
    """What stands at that path below a value; None where nothing does, or nothing that can be known yet."""
    for step in path:
        try:
            value = value[step]
        except (UnknownValueError, LookupError, TypeError):
            return None
    return value


def mappings(value: Any, name: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every known mapping in a value, itself included, with the key it stands at; in a list, the key of the list."""
    if isinstance(value, Mapping):
        yield name, value
        for key in value:
            yield from mappings(known(value, key), key)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index in range(len(value)):
            yield from mappings(known(value, index), name)


def of_type(resources: Sequence[PolicyResource], type_token: str) -> list[PolicyResource]:
    """Those of one type token."""
    return [resource for resource in resources if resource.resource_type == type_token]


def referring(
    resources: Sequence[PolicyResource], type_token: str, key: str, to: PolicyResource
) -> list[PolicyResource]:
    """Those of one type token whose property `key` was made from an output of the resource `to`."""
    return [
        resource for resource in of_type(resources, type_token) if to in resource.property_dependencies.get(key, [])
    ]
