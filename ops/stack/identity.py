"""Pulumi Random's id of a stack, and what its state holds: they tell it from another stack of the same name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ops.stack.state import StackState

TAG = "StackId"
"""On everything of a stack that can be tagged (`stacks.identity`)."""


@dataclass(frozen=True, kw_only=True)
class StackIdentity:
    """What is known of a stack beside its name; what is empty nobody knows."""

    owner: str = ""
    """As in the tag `Owner`."""
    id: str = ""
    """As in the tag `StackId`."""
    in_state: frozenset[str] = frozenset()
    """Ids that the cloud gave to what the state holds."""
    home: str = ""
    """The AWS region that the state tells of."""

    @property
    def known(self) -> bool:
        """Whether there is something that no other stack of that name has."""
        return bool(self.id or self.in_state)


def identity_of(state: StackState | None, owner: str, stack_id: str = "") -> StackIdentity:
    """The identity that the state knows; `stack_id` names it where there is no state, or another one than its."""
    if state is None or (stack_id and stack_id != state.stack_id):
        return StackIdentity(owner=owner, id=stack_id)
    return StackIdentity(
        owner=owner,
        id=state.stack_id,
        in_state=frozenset(name for id_ in state.ids for name in _names(id_)),
        home=state.regions.get("aws:region", ""),
    )


def application_tags(pairs: list[str] | None) -> Mapping[str, str]:
    """The tags of an Entra application, which are words such as `StackId=a1b2c3d`."""
    return {key: value for key, equals, value in (pair.partition("=") for pair in pairs or ()) if equals}


def _names(id_: str) -> Iterator[str]:
    """The id, and the name at the end of a path of Azure."""
    yield id_
    if id_.startswith("/"):
        yield id_.rpartition("/")[2]
