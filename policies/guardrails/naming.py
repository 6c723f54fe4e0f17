"""Names that the services accept and that others rely on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi_policy import ResourceValidationArgs

from policies.guardrails.rule import resource_rule

_LIMITS: Mapping[str, tuple[str, int]] = {
    "aws:elasticache/replicationGroup:ReplicationGroup": ("replicationGroupId", 40),
    "aws:iam/role:Role": ("name", 64),
    "aws:lb/loadBalancer:LoadBalancer": ("name", 32),
    "aws:lb/targetGroup:TargetGroup": ("name", 32),
    "aws:s3/bucket:Bucket": ("bucket", 63),
}
"""The property that holds the name, and how many characters the service takes. Only the real provider checks it
(pulumi-aws#1932)."""
_SUFFIX = 8  # a hyphen and seven characters, which Pulumi adds where it chooses the name


@resource_rule(*_LIMITS)
def names_fit_the_service(resource: ResourceValidationArgs) -> Iterator[str]:
    """A name is no longer than the service takes, with what Pulumi adds to it."""
    key, limit = _LIMITS[resource.resource_type]
    name = resource.props.get(key)
    length = len(name) if name else len(resource.name) + _SUFFIX
    if length > limit:
        yield (
            f"the name {name or resource.name} comes to {length} characters of at most {limit}: "
            f"shorten {key if name else f'the resource name to {limit - _SUFFIX}'}"
        )


@resource_rule("kubernetes:helm.sh/v3:Release")
def releases_are_named(release: ResourceValidationArgs) -> Iterator[str]:
    """A release has the name that Services, service accounts and roles are made from; Pulumi's own has a random end."""
    if not release.props.get("name"):
        yield "the names of its Services and service accounts would change every morning: set name"
