"""`genai add-model`: options, exit codes and where the output goes."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.commands.options import stack_option


def add_model(
    name: Annotated[str | None, typer.Argument(help="What users call it.")] = None,
    model: Annotated[
        str | None, typer.Argument(help="LiteLLM's id: azure/<deployment>, gemini/<model>, bedrock/<id>, ...")
    ] = None,
    stack: Annotated[str, stack_option("The AWS stack that is to serve it.")] = "dev",
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A parameter of LiteLLM's, such as api_base=https://..."),
    ] = None,
    base_model: Annotated[
        str | None, typer.Option(help="Whose price applies, where the id does not tell: azure/gpt-6-luna.")
    ] = None,
    key_name: Annotated[
        str | None, typer.Option(help="Name of its key under providerKeys; by default the provider's word.")
    ] = None,
    key_from: Annotated[
        str | None,
        typer.Option(metavar="VARIABLE", help="Take the key from this environment variable, without asking."),
    ] = None,
    virtual_key: Annotated[
        str | None, typer.Option(metavar="ALIAS", help="Let this virtual key use it; a new one if there is none.")
    ] = None,
) -> None:
    """Add a model of Azure OpenAI, Gemini, OpenAI, Bedrock or another provider to a stack.

    Writes it into Pulumi.<stack>.yaml, and its key as a secret. What is missing is asked for on a terminal, the key
    without echo. Needs the Pulumi CLI and a stack that exists; `pulumi up` then brings it to LiteLLM.

    Exit codes: 0 written, 2 refused: nothing was written.
    """
    # Imported here: `genai --help` must not wait for Pulumi.
    import os
    import tempfile
    from pathlib import Path

    from ops.commands.add_model import entry as entries
    from ops.commands.add_model.adding import Adding
    from ops.commands.add_model.questions import ask_model, ask_the_rest
    from ops.commands.terminal import has_terminal
    from ops.project import ROOT

    try:
        if key_from and not os.environ.get(key_from):
            raise entries.EntryError(f"--key-from {key_from}: there is no such environment variable, or it is empty.")
        with tempfile.TemporaryDirectory() as folder:
            adding = Adding(ROOT, Path(folder), stack, virtual_key or "")
            if name and model:
                entry = entries.ModelEntry(
                    name=name,
                    model=model,
                    params=dict(map(entries.param, param or [])),
                    base_model=base_model or "",
                    key_name=key_name or (entries.default_key_name(model) if key_from else ""),
                    key=os.environ[key_from] if key_from else "",
                )
                if has_terminal():
                    ask_the_rest(entry, adding.known_keys)
                if problem := adding.problem(entry):
                    raise entries.EntryError(problem)
            elif has_terminal():
                entry = ask_model(adding.known_keys, adding.problem)
            else:
                raise entries.EntryError("There is no terminal to ask on: give a name and a model (docs/models.md).")
            adding.write(entry)
    except (KeyboardInterrupt, typer.Abort) as error:
        typer.echo("\nInterrupted: nothing was written.", err=True)
        raise typer.Exit(2) from error
    with_key = f", with the key {entry.key_name}" if entry.key_name else ""
    typer.echo(f"Pulumi.{stack}.yaml has the model {entry.name} now{with_key}.")
    if not virtual_key:
        typer.echo("No virtual key may use it yet: list it in `models` of an entry of `virtualKeys` (docs/models.md).")
    typer.echo(f"Next: `genai plan --stack {stack}`, then `pulumi up -s {stack}`, which restarts LiteLLM with it.")
