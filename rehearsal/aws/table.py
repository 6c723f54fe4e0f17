"""How a row of the table of AWS types reads: which calls make, find, change and remove one kind of thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.aws.request import Names

State = Mapping[str, Any]
Call = Callable[[Account, str, State], Any]
"""Takes the id and the inputs (to create and update) or the outputs (to find and delete) of the resource."""


def nothing(account: Account, id_: str, state: State) -> None:
    """AWS is not asked."""


def call(service: str, operation: str, **params: str | list[str]) -> Call:
    """A call whose parameters are properties of the resource, by name; `id` is its id, a list makes a list of one."""

    def run(account: Account, id_: str, state: State) -> Any:
        source = {**state, "id": id_}
        values = {key: [source[name[0]]] if isinstance(name, list) else source[name] for key, name in params.items()}
        return account.call(service, operation, **values)

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
    outputs: Callable[[Account, str, State, Any], Mapping[str, Any]] = lambda account, id_, inputs, answer: {}
    settings: Call = nothing
    """Further calls after create and update."""
    after_create: Call = nothing
    before_delete: Call = nothing
    after_delete: Call = nothing
    update: str = ""
    update_key: str = ""
    """The operation that changes it (it is given `updates` alone), and its parameter for the id."""
    updates: frozenset[str] = frozenset()
    """Inputs that can change. Any other but tags is replaced (Terraform AWS provider: ForceNew)."""
