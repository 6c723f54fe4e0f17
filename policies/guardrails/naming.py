"""Names that the services accept and that others rely on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pulumi_policy import ResourceValidationArgs

from policies.guardrails.rule import resource_rule

_GATEWAY, _VAULT = "azure-native:apimanagement:ApiManagementService", "azure-native:keyvault:Vault"
_LIMITS: Mapping[str, tuple[str, int]] = {
    "aws:elasticache/replicationGroup:ReplicationGroup": ("replicationGroupId", 40),
    "aws:iam/role:Role": ("name", 64),
    "aws:lb/loadBalancer:LoadBalancer": ("name", 32),
    "aws:lb/targetGroup:TargetGroup": ("name", 32),
    "aws:s3/bucket:Bucket": ("bucket", 63),
    "azure-native:resources:ResourceGroup": ("resourceGroupName", 90),
    _GATEWAY: ("serviceName", 50),
    _VAULT: ("vaultName", 24),
}
"""The property that holds the name, and how many characters the service takes. Only the real provider checks it
(pulumi-aws#1932; learn.microsoft.com, "Naming rules and restrictions for Azure resources")."""
_SUFFIX = 8  # what Pulumi adds where it chooses the name: a hyphen and seven characters, in Azure eight
_KEPT: Mapping[str, str] = {_GATEWAY: "48 hours", _VAULT: "at least 7 days"}
"""How long Azure keeps the name of what was deleted, for the whole world."""


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


@resource_rule(*_KEPT)
def names_that_azure_keeps_are_new_each_morning(resource: ResourceValidationArgs) -> Iterator[str]:
    """Yesterday's gateway and vault keep their names for a while: Pulumi makes up others."""
    key, _ = _LIMITS[resource.resource_type]
    name = resource.props.get(key)
    if name and not re.fullmatch(re.escape(resource.name) + "[0-9a-f]{7,8}", name):
        yield f"Azure would keep the name {name} for {_KEPT[resource.resource_type]} after the destroy: take {key} out"


@resource_rule("kubernetes:helm.sh/v3:Release")
def releases_are_named(release: ResourceValidationArgs) -> Iterator[str]:
    """A release has the name that Services, service accounts and roles are made from; Pulumi's own has a random end."""
    if not release.props.get("name"):
        yield "the names of its Services and service accounts would change every morning: set name"
