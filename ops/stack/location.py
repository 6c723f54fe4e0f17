"""Pulumi settings and state together: where a stack is and what is its own, as far as each of them can be read."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ops.project import PROJECT
from ops.stack import settings_file
from ops.stack.identity import StackIdentity, identity_of
from ops.stack.settings_file import RefusedStackError, StackConfigError
from ops.stack.state import StackState
from stacks.errors import GenaiError, SettingsError
from stacks.kinds import Kind, kind_of


class UnknownLocationError(GenaiError):
    """Neither state nor settings tell where to look; the message says what to name."""


@dataclass(frozen=True, kw_only=True)
class ReadableSettings:
    """The settings of a stack. `problem` is empty, or says why its file cannot be read: then they are the defaults."""

    stack: str
    kind: Kind
    values: Mapping[str, str]
    problem: str

    def region(self, state: StackState | None) -> str:
        """Where it is by its state, else by its own file; empty when neither says so."""
        in_state = state.regions.get(self.kind.region_key, "") if state else ""
        return in_state or ("" if self.problem else self.values.get(self.kind.region_key, ""))

    def known_region(self, state: StackState | None) -> str:
        """The same; UnknownLocationError in the place of nothing."""
        if region := self.region(state):
            return region
        raise UnknownLocationError(
            f"{self.problem} The state does not tell the region either: mend the file, or name the region with "
            f"`genai leftovers --stack {self.stack} --region REGION`."
        )

    def refuse_unknown_stack(self, state: StackState | None, *, named: bool) -> None:
        """UnknownLocationError for a stack with no readable file, no state, and no place `named` to look at."""
        if self.problem and state is None and not named:
            raise UnknownLocationError(
                f"{self.problem} There is no state of it either. If there was such a stack, say where to look: "
                f"`genai leftovers --stack {self.stack} --region REGION`, or --azure."
            )

    def domain(self, state: StackState | None) -> str:
        """The stack's domain; the state knows it by the outputs."""
        if not self.problem:
            return self.values.get(f"{PROJECT}:domain", "")
        url = str(state.outputs.get("litellmUrl", "")) if state else ""
        return url.removeprefix("https://litellm.").rstrip("/") if url.startswith("https://litellm.") else ""

    def identity(self, state: StackState | None, *, owner: str = "", stack_id: str = "") -> StackIdentity:
        """What tells the stack from another of its name; `owner` and `stack_id` as somebody names them, or empty."""
        return identity_of(state, owner or self.values.get(f"{PROJECT}:owner", ""), stack_id)


def readable_settings(root: Path, stack: str) -> ReadableSettings:
    """The settings of the stack, or the project's defaults and what is wrong with its file.

    RefusedStackError when the settings are refused, UnknownLocationError when nothing says what kind of stack it is.
    """
    try:
        config = settings_file.read(root, stack)
        return ReadableSettings(stack=stack, kind=config.kind, values=config.values, problem="")
    except RefusedStackError:
        raise
    except StackConfigError as error:
        problem = str(error)
    values: Mapping[str, str] = {}
    with suppress(StackConfigError):
        values = settings_file.read_project(root)
    try:
        return ReadableSettings(stack=stack, kind=kind_of(stack), values=values, problem=problem)
    except SettingsError as error:
        raise UnknownLocationError(f"{problem}\n{error}") from error
