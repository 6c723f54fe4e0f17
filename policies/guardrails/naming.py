"""CrossGuard rules about names: length limits, and names that Azure keeps after a deletion."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from catalogue.resource_types import TYPES
from policies.guardrails.rule import resource_rule

_LIMITS = {type_token: row.name_limit for type_token, row in TYPES.items() if row.name_limit}
_SUFFIX = 8  # what Pulumi adds where it chooses the name: a hyphen and seven characters, in Azure eight


@resource_rule(*_LIMITS)
def names_fit_the_service(resource: ResourceValidationArgs) -> Iterator[str]:
    """A name is no longer than the service takes, with what Pulumi adds to it."""
    limit = _LIMITS[resource.resource_type]
    name = resource.props.get(limit.property)
    length = len(name) if name else len(resource.name) + _SUFFIX
    if length > limit.characters:
        yield (
            f"the name {name or resource.name} comes to {length} characters of at most {limit.characters}: "
            f"shorten {limit.property if name else f'the resource name to {limit.characters - _SUFFIX}'}"
        )


@resource_rule(*(type_token for type_token, limit in _LIMITS.items() if limit.kept))
def names_that_azure_keeps_are_new_each_morning(resource: ResourceValidationArgs) -> Iterator[str]:
    """Yesterday's gateway and vault keep their names for a while: Pulumi makes up others."""
    limit = _LIMITS[resource.resource_type]
    name = resource.props.get(limit.property)
    if name and not re.fullmatch(re.escape(resource.name) + "[0-9a-f]{7,8}", name):
        yield f"Azure would keep the name {name} for {limit.kept} after the destroy: take {limit.property} out"


@resource_rule("kubernetes:helm.sh/v3:Release")
def releases_are_named(release: ResourceValidationArgs) -> Iterator[str]:
    """A release has the name that Services, service accounts and roles are made from; Pulumi's own has a random end."""
    if not release.props.get("name"):
        yield "the names of its Services and service accounts would change every morning: set name"
