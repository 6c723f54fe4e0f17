"""Where a stack is and what is its own, from its state and from its settings, as far as each of them can be read."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ops.programs import ProgramError, require_pulumi
from ops.project import PROJECT
from ops.stack import settings_file
from ops.stack.engine import Engine, EngineError
from ops.stack.identity import StackIdentity, identity_of
from ops.stack.settings_file import RefusedStackError, StackConfigError
from ops.stack.state import State
from stacks.configuration import SettingsError
from stacks.kinds import Kind, kind_of


class WhereaboutsError(Exception):
    """Neither state nor settings tell where to look; the message says what to name."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a stack. `problem` is empty, or says why its file cannot be read: then they are the defaults."""

    stack: str
    kind: Kind
    values: Mapping[str, str]
    problem: str

    @property
    def azure(self) -> bool:
        """Whether it is an Azure stack."""
        return self.kind.name == "azure"

    def region(self, state: State | None) -> str:
        """Where it is; WhereaboutsError when neither state nor file says so."""
        in_state = (state.location if self.azure else state.region) if state else ""
        said = "" if self.problem else self.values.get(self.kind.region_key, "")
        if not (in_state or said or self.azure):
            raise WhereaboutsError(
                f"{self.problem} The state does not tell the region either: mend the file, or name the region with "
                f"`genai leftovers --stack {self.stack} --region REGION`."
            )
        return in_state or said

    def refuse_unknown_stack(self, state: State | None, *, named: bool) -> None:
        """WhereaboutsError for a stack of which nobody has heard: no readable file, no state, and no place `named`."""
        if self.problem and state is None and not named:
            raise WhereaboutsError(
                f"{self.problem} There is no state of it either. If there was such a stack, say where to look: "
                f"`genai leftovers --stack {self.stack} --region REGION`, or --azure."
            )

    def domain(self, state: State | None) -> str:
        """The stack's domain; the state knows it by the outputs."""
        if not self.problem:
            return self.values.get(f"{PROJECT}:domain", "")
        url = str(state.outputs.get("litellmUrl", "")) if state else ""
        return url.removeprefix("https://litellm.").rstrip("/") if url.startswith("https://litellm.") else ""

    def identity(self, state: State | None, *, owner: str = "", stack_id: str = "") -> StackIdentity:
        """What tells the stack from another of its name; `owner` and `stack_id` as somebody names them, or empty."""
        return identity_of(state, owner or self.values.get(f"{PROJECT}:owner", ""), stack_id)


def settings_of(root: Path, stack: str) -> Settings:
    """The settings of the stack, or the project's defaults and what is wrong with its file.

    WhereaboutsError when the settings are refused, and when nothing says what kind of stack it is.
    """
    try:
        config = settings_file.read(root, stack)
        return Settings(stack=stack, kind=config.kind, values=config.values, problem="")
    except RefusedStackError as error:
        raise WhereaboutsError(str(error)) from error
    except StackConfigError as error:
        problem = str(error)
    values: Mapping[str, str] = {}
    with suppress(StackConfigError):
        values = settings_file.read_project(root)
    try:
        return Settings(stack=stack, kind=kind_of(stack), values=values, problem=problem)
    except SettingsError as error:
        raise WhereaboutsError(f"{problem}\n{error}") from error


def state_of(root: Path, stack: str) -> tuple[State | None, str]:
    """The state of the stack; None, and why, when it cannot be read or holds nothing."""
    try:
        require_pulumi(root)
        state = Engine(root, stack, lambda _: None).state()
    except (EngineError, ProgramError) as error:
        return None, str(error)
    return (None, "it is empty.") if state.empty else (state, "")
