"""The row of an AWS type: which calls create, find, change and delete a resource of that type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.aws.request import Names, at

State = Mapping[str, Any]
Call = Callable[[Account, str, State], Any]
"""Takes the id and the inputs (to create and update) or the outputs (to find and delete) of the resource."""
Outputs = Callable[[Account, str, State, Any], Mapping[str, Any]]
"""Takes the id, the inputs and the description of the resource."""


def nothing(account: Account, id_: str, state: State) -> None:
    """AWS is not asked."""


def call(service: str, operation: str, **params: str | list[str]) -> Call:
    """A call whose parameters are properties of the resource, by name; `id` is its id, a list makes a list of one."""

    def run(account: Account, id_: str, state: State) -> Any:
        source = {**state, "id": id_}
        values = {key: [source[name[0]]] if isinstance(name, list) else source[name] for key, name in params.items()}
        return account.call(service, operation, **values)

    return run


def finder(
    service: str, operation: str, path: str, match: Mapping[str, str] | None = None, /, **params: str | list[str]
) -> Call:
    """A call that returns the description of the resource, None when it is gone.

    `path` leads to it in the answer; in a list it is the one whose members equal the properties in `match`.
    """
    ask = call(service, operation, **params)

    def run(account: Account, id_: str, state: State) -> Any:
        found, source = at(ask(account, id_, state), path), {**state, "id": id_}
        if not isinstance(found, list):
            return found
        wanted = {member: str(source[name]).rstrip(".") for member, name in (match or {}).items()}
        return next((item for item in found if item.get("State") != "deleted" and _has(item, wanted)), None)

    return run


def _has(item: State, wanted: Mapping[str, str]) -> bool:
    return all(str(item.get(member)).rstrip(".") == value for member, value in wanted.items())  # Route 53 adds a dot


def with_more(find: Call, key: str, more: Call) -> Call:
    """The description, with `key` of what another call says of the resource."""

    def run(account: Account, id_: str, state: State) -> Any:
        found = find(account, id_, state)
        return found and {**found, key: at(more(account, id_, state), key)}

    return run


@dataclass(frozen=True, kw_only=True)
class AwsType:
    """One type. Inputs reach the creating operation by name; `names` has those that are spelled differently."""

    service: str
    create: str
    id: str | Callable[[Any, State], str]
    """Path in the answer, such as "Vpc.VpcId", or a function of answer and inputs."""
    delete: Call
    find: Call
    """Returns the description of the resource; None, or an error that says so, when it is gone."""
    names: Names = field(default_factory=dict)
    prepare: Callable[[Account, dict[str, Any]], dict[str, Any]] = lambda account, inputs: inputs
    """Inputs as `names` can take them, where they are built differently."""
    elsewhere: frozenset[str] = frozenset()
    """Inputs that another call takes, or the provider itself."""
    tags: str = "list"
    """How the operation takes tags: as a list, a map, a TagSpecification of that type, or (empty) not at all."""
    name: str = ""
    """The input that gets a generated name."""
    longest: int = 255
    """Characters that the service lets a name have."""
    outputs: Outputs = lambda account, id_, inputs, found: {}
    settings: Call = nothing
    """Further calls after create and update."""
    after_create: Call = nothing
    before_delete: Call = nothing
    after_delete: Call = nothing
    update: str | Call = ""
    """The operation that changes it, or a function where one operation does not do."""
    update_key: str = ""
    """The operation's parameter for the id; it is given `updates` alone then."""
    updates: frozenset[str] = frozenset()
    """Inputs that can change. Any other but tags is replaced (Terraform AWS provider: ForceNew)."""
    reads: Mapping[str, str | Callable[[Any], Any]] = field(default_factory=dict)
    """Where the description shows an input of `updates`, if not by its name: a path, or a function that gives
    it in Pulumi's form. Empty where neither AWS nor moto shows it, as with what is `elsewhere` and not named here."""
