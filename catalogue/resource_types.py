"""The catalogue of resource types of all clouds: what each costs, how long it takes, which rights it needs.

To add a type: a row in the module of its cloud, a finder for what may be left of it (`ops.inventory`) and a row of the
rehearsal. Tests name what is missing for a type that the program registers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catalogue import (
    aws_agentcore_types,
    aws_leftover_types,
    aws_network_types,
    aws_platform_types,
    azure_types,
    databricks_types,
    kubernetes_types,
)
from catalogue.resource_type import ESTIMATE, LOGS, ResourceType, Times

TYPES: Mapping[str, ResourceType] = {
    **aws_agentcore_types.TYPES,
    **aws_network_types.TYPES,
    **aws_platform_types.TYPES,
    **azure_types.TYPES,
    **databricks_types.TYPES,
    **kubernetes_types.TYPES,
}
"""What the program registers, by type token. A type that is not here has no known price."""

ACTIONS: Mapping[str, tuple[str, ...]] = {
    **{type_token: row.actions for type_token, row in TYPES.items() if row.actions is not None},
    **aws_agentcore_types.FUNCTIONS,
    **aws_network_types.FUNCTIONS,
}
"""IAM actions by type token, and by token of a provider function."""

FREE_PACKAGES = frozenset({"azuread", "kubernetes", "pulumi", "pulumi-python", "random", "tls"})
"""Packages whose resources cost nothing unless a row says so: pods are paid for by the nodes, Entra ID is free."""

PACKAGE_TIMES: Mapping[str, Times] = {
    "aws": Times(create=2, delete=1, source=f"{LOGS}: resources that are one call to an API"),
    "azure-native": Times(create=5, delete=5, source=f"one call to Azure's API; {ESTIMATE}"),
    "azuread": Times(create=12, delete=5, source=f"two public logs, 12 and 13 s; deletion: {ESTIMATE}"),
    "databricks": Times(create=2, delete=2, source=f"one call to the workspace's API; {ESTIMATE}"),
    "kubernetes": Times(create=1, delete=1, source=f"one call to the Kubernetes API; {ESTIMATE}"),
    "pulumi-python": Times(create=2, delete=1, source=f"one call over HTTP; {ESTIMATE}"),
}
"""By package, for types without times of their own."""

STATE_ONLY = Times(create=0, delete=0, source="components, providers and generated values live in the state alone")


def package(type_token: str) -> str:
    """`aws` of `aws:ec2/vpc:Vpc`."""
    return type_token.partition(":")[0]


def label(type_token: str) -> str:
    """What reports call the type; LookupError for one that they do not know."""
    if not (found := {**aws_leftover_types.TYPES, **TYPES}[type_token].label):
        raise LookupError(f"{type_token} has no label: add it to its row in catalogue/")
    return found


def times(type_token: str) -> Times:
    """The typical times of a type: its own, else those of its package, else none at all."""
    row = TYPES.get(type_token)
    return (row and row.times) or PACKAGE_TIMES.get(package(type_token), STATE_ONLY)


def actions(tokens: Iterable[str]) -> list[str]:
    """IAM actions for these types and provider functions, sorted; LookupError for one without."""
    tokens = list(tokens)
    if unknown := sorted(token for token in tokens if token not in ACTIONS):
        raise LookupError(f"no IAM actions are known for {', '.join(unknown)}: add them to its row in catalogue/")
    return sorted({action for token in tokens for action in ACTIONS[token]})
