"""`genai schema`: options, report and exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.commands.options import stack_option


def schema(
    stack: Annotated[str, stack_option("Whose pods are asked: the name in Pulumi.<stack>.yaml.")] = "dev",
    litellm: Annotated[
        Path | None,
        typer.Option(
            help="Ask no pods: the wheel of litellm-proxy-extras, or the folder it is installed in.", exists=True
        ),
    ] = None,
    langfuse: Annotated[
        Path | None, typer.Option(help="Ask no pods: a folder with Langfuse's source (needs chdb).", exists=True)
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="The folder of the pages, docs/database unless it is given.", file_okay=False)
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing, say whether the pages are still true.")
    ] = False,
    diff: Annotated[
        Path | None,
        typer.Option(
            help="Write nothing, say what is different since the pages of this folder.", exists=True, file_okay=False
        ),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="The result as data.")] = False,
) -> None:
    """Write the tables of LiteLLM and Langfuse as pages with diagrams and SQL.

    From the running pods, which needs `kubectl` and `aws`; with --litellm or --langfuse from files, without an account.

    Exit codes: 0 written, or nothing differs, 1 with --check: something differs, 2 the input is wrong, or the tables
    cannot be read.
    """
    # Imported here: `genai --help` must not wait for the cloud SDKs.
    import datetime
    import json

    from ops.clouds.aws import Aws
    from ops.clouds.kubeconfig import kubeconfig
    from ops.project import ROOT
    from ops.schema import page_reader, pages, pods, sources
    from ops.schema.differences import differences
    from ops.schema.hints import hints
    from ops.schema.stores import STORES
    from ops.schema.tables import DescribedDatabase, SchemaError
    from ops.stack.outputs import read_outputs
    from ops.stack.settings_file import read

    def find() -> pods.Deployed:
        if litellm or langfuse:
            found: dict[str, DescribedDatabase] = {"litellm": sources.litellm(litellm)} if litellm else {}
            return pods.Deployed(databases=found | (sources.langfuse(langfuse) if langfuse else {}), drift=())
        region = read(ROOT, stack).values["aws:region"]
        outputs = read_outputs(stack)
        if "clusterName" not in outputs:
            raise SchemaError(f"Stack {stack} has no output clusterName: name the stack of an AWS day, and run `up`.")
        return pods.read(kubeconfig(Aws(region), outputs["clusterName"]))

    def compare() -> list[str]:
        return [
            f"{name}: {line}"
            for name, database in found.databases.items()
            for line in (differences(known[name], database) if name in known else ["no page tells of it"])
        ]

    def write() -> list[str]:
        databases = {name: database for name in STORES if (database := {**known, **found.databases}.get(name))}
        written = pages.render(databases, hints(), datetime.datetime.now(datetime.UTC).date())
        pages.write(folder, written)
        for problem in hints().problems(databases):
            typer.echo(problem, err=True)
        return [str(folder / name) for name in written]

    compares = check or diff is not None
    folder = diff or to or ROOT / "docs" / "database"
    if check and diff:
        raise SchemaError("--check compares with the pages of --to, --diff with those of another folder: name one.")
    known = page_reader.read(folder)
    if compares and not known:
        raise SchemaError(f"{folder} has no pages that `genai schema` wrote: name the folder where they are.")
    found = find()
    result = compare() if compares else write()

    versions = {name: database.version for name, database in found.databases.items()}
    if json_:
        before = {name: database.version for name, database in known.items() if name in versions}
        outcome = {"before": before, "differences": result} if compares else {"written": result}
        typer.echo(json.dumps({"versions": versions, **outcome, "drift": found.drift}))
    else:
        of = ", ".join(f"{name} {version}" for name, version in versions.items())
        if compares:
            for line in result:
                typer.echo(line)
            typer.echo(f"{len(result)} difference{'s' * (len(result) != 1)} between {folder} and {of}.")
        else:
            typer.echo(f"{len(result)} pages in {folder}: {of}.")
    for line in found.drift:
        typer.echo(f"The running database is not what its version describes: {line}", err=True)
    if check and (result or found.drift):
        raise typer.Exit(1)
