"""The interface of a simulated Pulumi package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

Properties = dict[str, Any]


class RefusedError(Exception):
    """The cloud says no, in its own words."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One operation on one resource. `config` is the configuration of its provider, `alive` whether the engine is."""

    type: str
    name: str
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    state: Properties = field(default_factory=dict)
    """Outputs before the operation."""
    config: Mapping[str, Any] = field(default_factory=dict)
    alive: Callable[[], bool] = lambda: True


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a difference of inputs means."""

    replaces: frozenset[str] = frozenset()
    delete_first: bool = False


class Package(Protocol):
    """Every type of one or more Pulumi packages."""

    def check(self, request: Request, seed: bytes) -> tuple[Properties, list[str]]:
        """Return the inputs completed with generated names, and why they are refused. `state` holds the old inputs."""

    def diff(self, type_token: str, changed: frozenset[str], old: Properties, new: Properties) -> Change:
        """Say what must happen when these top-level inputs change."""

    def wait(self, request: Request) -> float:
        """Seconds that a creation waits beyond what its type takes."""

    def create(self, request: Request) -> tuple[str, Properties]:
        """Make it; return its id and the outputs beyond its inputs."""

    def exists(self, request: Request) -> bool:
        """Whether it is still there."""

    def update(self, request: Request) -> Properties:
        """Change it from `state` to `inputs`; return the outputs beyond the inputs."""

    def delete(self, request: Request) -> None:
        """Remove it; what is gone already is no error."""

    def invoke(self, token: str, args: Properties) -> Properties:
        """Answer a provider function."""


@runtime_checkable
class ReadsBack(Protocol):
    """A package that also sees what others changed; any other shows what the program said as long as it is there."""

    def changed(self, request: Request) -> tuple[Properties, Properties]:
        """Inputs that have another value now (None: no value), and the outputs that differ with them."""


def generated_name(request: Request, prop: str, seed: bytes, limit: int, separator: str = "-") -> Properties:
    """The inputs with a name: the given one, else the old one, else the resource's with eight characters more."""
    if prop in request.inputs:
        return request.inputs
    name = request.state.get(prop) or f"{request.name[: limit - 8]}{separator}{seed.hex()[: 8 - len(separator)]}"
    return {**request.inputs, prop: name}
