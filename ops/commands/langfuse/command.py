"""`genai langfuse`: options, exit codes and where the output goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops.commands.options import Json, LangfuseStack
from ops.typer_command import GenaiCommand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.commands.langfuse.content import PublicApi

langfuse = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
File = Annotated[Path, typer.Argument(help="The file of the export.")]


@langfuse.callback()
def langfuse_() -> None:
    """What people made in Langfuse, from one day to another.

    Without a domain this goes through `kubectl port-forward`, as `genai forward` does.
    """


@langfuse.command(cls=GenaiCommand)
def export(file: File, stack: LangfuseStack = "dev", json_: Json = False) -> None:
    """Write prompts and datasets into a new file, with archived items.

    Exit codes: 0 written, 1 written without archived items, 2 the input is wrong, the stack is not up, or Langfuse
    cannot be asked.
    """
    # Imported here, as in the other below: `genai --help` must not wait for the cloud SDKs.
    import json

    from ops.clouds.langfuse_administrator import LangfuseError
    from ops.commands.env import private_file
    from ops.commands.langfuse import content
    from ops.commands.project.access import log_in, read_up

    problem = ""
    private_file.refuse_existing(file)
    outputs, region = read_up(stack)
    found = _reach(outputs, region, content.read)
    try:
        if found["v2/datasets"]:
            found["dataset-items"] += content.archived(log_in(stack, region, outputs), found["v2/datasets"])
    except LangfuseError as error:
        problem = f"Archived items are not in {file}: {error}"
    private_file.write_once(file, json.dumps(found, indent=2))
    _tell(file, found, problem, "are in", json_=json_)
    if problem:
        typer.echo(problem, err=True)
        raise typer.Exit(1)


@langfuse.command("import", cls=GenaiCommand)
def import_(file: File, stack: LangfuseStack = "dev", json_: Json = False) -> None:
    """Put the prompts and datasets of an export back, into a day that has none of them.

    Exit codes: 0 all is there, 2 the input is wrong, the stack is not up, or Langfuse refuses something: what came
    before that is there.
    """
    import json

    from ops.commands.langfuse import content
    from ops.commands.project.access import read_up

    try:
        found = content.checked(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, content.ContentError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise content.ContentError(f"{file} cannot be imported: {reason}.") from error
    outputs, region = read_up(stack)
    _reach(outputs, region, lambda api: content.write(api, found))
    _tell(file, found, "", "came from", json_=json_)


def _reach(outputs: Mapping[str, Any], region: str, work: Callable[[PublicApi], Any]) -> Any:
    """What the work gives, with Langfuse at its https address, or at a port of this machine."""
    # Not through the API server's service proxy: that takes the header `Authorization`, in which the keys travel, for
    # itself (kubernetes#38775).
    import asyncio

    from ops.clouds.aws import Aws
    from ops.clouds.kubeconfig import kubeconfig
    from ops.commands.forward import in_background
    from ops.commands.langfuse.content import PublicApi
    from ops.stack.outputs import StackOutputsError

    needed = ("langfuseUrl", "langfusePublicKey", "langfuseSecretKey", "clusterName")
    if missing := [name for name in needed if name not in outputs]:
        raise StackOutputsError(f"The stack has no output {', '.join(missing)}: run `up` to its end.")

    def with_keys(url: str) -> Any:
        return work(PublicApi(url, outputs["langfusePublicKey"], outputs["langfuseSecretKey"]))

    async def forwarded() -> Any:
        way = kubeconfig(Aws(region), outputs["clusterName"])
        async with in_background.forwarded(way, lambda line: typer.echo(line, err=True)) as (_, url):
            return await asyncio.to_thread(with_keys, url)

    url: str = outputs["langfuseUrl"]
    return with_keys(url) if url.startswith("https://") else asyncio.run(forwarded())


def _tell(file: Path, content: Mapping[str, list[Any]], problem: str, verb: str, *, json_: bool) -> None:
    import json

    names = ("prompt versions", "datasets", "items")
    counts = dict(zip(names, map(len, content.values()), strict=True))
    if json_:
        typer.echo(json.dumps({"file": str(file), **counts, "problem": problem or None}))
        return
    typer.echo(f"{', '.join(f'{count} {name}' for name, count in counts.items())} {verb} {file}.")
