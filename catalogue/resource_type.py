"""The row of a resource type: prices, typical times, IAM actions, tags, name limit and label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

LOGS = "public Terraform and Pulumi logs on GitHub, read 2026-11-25"
ESTIMATE = "estimate of 2026-11-25, no published figure found"

Items = Iterable[tuple[str, float]]
"""Items of the price table (`catalogue.prices`), and how many of each."""


@dataclass(frozen=True, kw_only=True)
class Times:
    """Typical seconds to create and to delete, and where they come from."""

    create: float
    delete: float
    source: str


@dataclass(frozen=True, kw_only=True)
class NameLimit:
    """The input that holds the name, and how many characters the service takes.

    Only the real provider checks it (pulumi-aws#1932; learn.microsoft.com, "Naming rules and restrictions for Azure
    resources"). `kept` says how long Azure keeps the name of what was deleted, for the whole world.
    """

    property: str
    characters: int
    kept: str = ""


LINKED_ROLE = "iam:CreateServiceLinkedRole"
"""The first resource of its kind in an account makes the service's own role."""


def iam_actions(service: str, *names: str) -> tuple[str, ...]:
    """Actions of one service as IAM writes them: `ec2:CreateVpc`."""
    return tuple(f"{service}:{name}" for name in names)


def free(_inputs: Mapping[str, Any]) -> Items:
    """Nothing to pay for while it exists."""
    return ()


def one(item: str) -> Callable[[Mapping[str, Any]], Items]:
    """One of an item, whatever the inputs."""
    return lambda _inputs: ((item, 1),)


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One type of resource. Inputs are those that travel to the provider, in camelCase."""

    label: str = ""
    """What status and leftovers call it."""
    items: Callable[[Mapping[str, Any]], Items] = free
    """What it costs while it exists, from its inputs."""
    usage: tuple[str, ...] | Callable[[Mapping[str, Any]], Iterable[str]] = ()
    """Items that are paid by use, on top; where they depend on its inputs, from these."""
    times: Times | None = None
    """None: those of its package."""
    actions: tuple[str, ...] | None = None
    """IAM actions that create, read, change and delete it; None where IAM has no say, or nobody looked them up."""
    taggable: bool = False
    name_limit: NameLimit | None = None
