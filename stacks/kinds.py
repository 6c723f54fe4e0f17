"""Pulumi stacks: which kinds there are, how the stacks of each are called, and what builds them.

This is the one place that decides what kind a stack is. To add a kind: a row here, and a row in each table that `ops`
and `rehearsal` keep by the kind's name; tests name what is missing.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from stacks import stack_name
from stacks.errors import SettingsError
from stacks.fields import StackSettings


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of stack. Its stacks are called `name`, or `name-anything`, or the same with an alias.

    `settings`, `load` and `build` import what they need when they are called: no stack waits for the SDKs of another.
    """

    name: str
    title: str
    """What messages call such a stack."""
    region_key: str
    """The provider's setting that says in which region the stack is."""
    settings: Callable[[], type[StackSettings]]
    load: Callable[[], StackSettings]
    """Reads the settings of the stack that runs; SettingsError tells what is wrong with them."""
    build: Callable[[str, Callable[[], str]], None]
    """Takes the name of the stack, and what tells the public address of whoever runs this."""
    aliases: tuple[str, ...] = ()

    @property
    def example(self) -> str:
        """A name of a stack of this kind."""
        return (*self.aliases, self.name)[0]


def _aws_settings() -> type[StackSettings]:
    from stacks.aws.settings import AwsSettings

    return AwsSettings


def _load_aws() -> StackSettings:
    from stacks.aws.settings import load

    return load()


def _build_aws(stack: str, caller_address: Callable[[], str]) -> None:
    from stacks.aws import program

    program.build(stack, caller_address)


def _azure_settings() -> type[StackSettings]:
    from stacks.azure.settings import AzureSettings

    return AzureSettings


def _load_azure() -> StackSettings:
    from stacks.azure.settings import load

    return load()


def _build_azure(stack: str, _: Callable[[], str]) -> None:
    from stacks.azure import program

    program.build(stack)


def _mcp_settings() -> type[StackSettings]:
    from stacks.mcp.settings import McpSettings

    return McpSettings


def _load_mcp() -> StackSettings:
    from stacks.mcp.settings import load

    return load()


def _build_mcp(stack: str, _: Callable[[], str]) -> None:
    from stacks.mcp import program

    program.build(stack)


def _databricks_settings() -> type[StackSettings]:
    from stacks.databricks.settings import DatabricksSettings

    return DatabricksSettings


def _load_databricks() -> StackSettings:
    from stacks.databricks.settings import load

    return load()


def _build_databricks(stack: str, _: Callable[[], str]) -> None:
    from stacks.databricks import program

    program.build(stack)


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="aws",
            title="an AWS stack",
            region_key="aws:region",
            settings=_aws_settings,
            load=_load_aws,
            build=_build_aws,
            aliases=("dev",),
        ),
        Kind(
            name="azure",
            title="an Azure stack",
            region_key="azure-native:location",
            settings=_azure_settings,
            load=_load_azure,
            build=_build_azure,
        ),
        Kind(
            name="mcp",
            title="an MCP stack",
            region_key="aws:region",
            settings=_mcp_settings,
            load=_load_mcp,
            build=_build_mcp,
        ),
        Kind(
            name="databricks",
            title="a Databricks stack",
            region_key="azure-native:location",
            settings=_databricks_settings,
            load=_load_databricks,
            build=_build_databricks,
        ),
    )
}
"""Every kind, by name."""

_BY_WORD = {word: kind for kind in KINDS.values() for word in (kind.name, *kind.aliases)}
"""By the first word of a stack's name."""


def kind_of(stack: str, declared: str = "") -> Kind:
    """The kind of the stack of that name; `declared` is its setting `kind`, which only other names need.

    Raises SettingsError for a name that a service cannot carry, for one that says no kind when the setting does not
    either, and when the two disagree.
    """
    if problem := stack_name.problem(stack):
        raise SettingsError(problem)
    if declared and declared not in KINDS:
        raise SettingsError(f"kind is {declared!r}, which is no kind of stack: {_nearest(declared, KINDS)}")
    by_name = _BY_WORD.get(stack.partition("-")[0])
    if by_name and declared and declared != by_name.name:
        raise SettingsError(
            f"kind is {declared}, but a stack called {stack} is {by_name.title}: take kind out, or name the stack "
            f"{declared}-{stack}"
        )
    if found := by_name or KINDS.get(declared):
        return found
    raise SettingsError(
        f"The name of stack {stack!r} does not say what kind of stack it is: {_nearest(stack, _BY_WORD)}. A stack is "
        f"called {', '.join(_BY_WORD)} or one of these with an ending, such as dev-{stack}; for any other name set "
        f"`genaiplatform:kind` in Pulumi.{stack}.yaml to {' or '.join(KINDS)}"
    )


def kind_problems(setting: str, full_name: str, kind: Kind) -> Iterator[str]:
    """Say that a setting names a stack of another kind, as far as the name tells."""
    named = _BY_WORD.get(full_name.rpartition("/")[2].partition("-")[0])
    if named and named is not kind:
        example = f"{full_name.rpartition('/')[0]}/{kind.example}"
        yield f"{setting} names {full_name}, which is {named.title}: name {kind.title}, such as {example}"


def _nearest(name: str, names: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name.partition("-")[0], names, n=1)
    return f"did you mean {near[0]}?" if near else f"the kinds are {', '.join(KINDS)}"
