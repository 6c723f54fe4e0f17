"""`genai add-model`: options, exit codes and where the output goes."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.completion import stacks


def add_model(
    name: Annotated[str | None, typer.Argument(help="What users call it.")] = None,
    model: Annotated[
        str | None, typer.Argument(help="LiteLLM's id: azure/<deployment>, gemini/<model>, bedrock/<id>, ...")
    ] = None,
    stack: Annotated[str, typer.Option(help="The AWS stack that is to serve it.", autocompletion=stacks)] = "dev",
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
    import json
    import os
    import tempfile
    from pathlib import Path

    from ops.commands.add_model import entry as entries
    from ops.commands.add_model.entry import Entry, EntryError
    from ops.commands.add_model.questions import ask_model, ask_the_rest
    from ops.commands.terminal import ask_passphrase, has_terminal
    from ops.project import PROJECT, ROOT
    from ops.stack.cli import CliError, PulumiCli, needs_passphrase
    from ops.stack.draft import Draft, put_in_place
    from ops.stack.settings_file import StackConfigError, read
    from stacks.configuration import SettingsError

    models_key, keys_key = f"{PROJECT}:models", f"{PROJECT}:virtualKeys"

    def changed(entry: Entry) -> dict[str, object]:
        values: dict[str, object] = {models_key: [*there, entry.setting]}
        if virtual_key:
            values[keys_key] = entries.with_virtual_key(keys, virtual_key, there[0]["name"], entry.name)
        return values

    def problem(entry: Entry) -> str:
        try:
            entries.complete(entry, known_keys)
            draft.settings(entry.keys, [f"{key}={json.dumps(value)}" for key, value in changed(entry).items()])
        except (EntryError, StackConfigError, SettingsError) as error:
            return str(error)
        return ""

    with tempfile.TemporaryDirectory() as folder:
        try:
            config = read(ROOT, stack)
            draft = Draft(ROOT, Path(folder), stack)
            draft.file.write_bytes(draft.target.read_bytes())
            settings = draft.settings({})
            if "models" not in type(settings).model_fields:
                raise EntryError(f"Stack {stack} is {config.kind.title} and serves no models: name the AWS stack.")
            there = json.loads(config.values[models_key]) or entries.as_settings(settings)
            keys = json.loads(config.values[keys_key])
            known_keys = json.loads(config.values[f"{PROJECT}:providerKeys"]).keys()
            if key_from and not os.environ.get(key_from):
                raise EntryError(f"--key-from {key_from}: there is no such environment variable, or it is empty.")
            if (name and model) or not has_terminal():
                if not (name and model):
                    raise EntryError("There is no terminal to ask on: give a name and a model (docs/models.md).")
                found: Entry | None = Entry(
                    name=name,
                    model=model,
                    params=dict(map(entries.param, param or [])),
                    base_model=base_model or "",
                    key_name=key_name or (entries.default_key_name(model) if key_from else ""),
                    key=os.environ[key_from] if key_from else "",
                )
                if found and has_terminal():
                    ask_the_rest(found, known_keys)
                if found and (refusal := problem(found)):
                    raise EntryError(refusal)
            else:
                found = ask_model(known_keys, problem)
            if found is None:  # never: a provider must be named
                return
            cli = PulumiCli(Path(folder))
            if found.keys and needs_passphrase(cli.backend()[0]):
                if not has_terminal():
                    raise EntryError("Set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE) to the stack's.")
                cli.passphrase = ask_passphrase(new=False)
            cli.set_plain(stack, changed(found))
            for key, value in found.keys.items():
                cli.set_secret(stack, f"providerKeys.{key}", value)
            draft.settings({})
            put_in_place([draft])
        except (EntryError, StackConfigError, SettingsError, CliError) as error:
            typer.echo(error, err=True)
            raise typer.Exit(2) from error
    key_said = f", with the key {found.key_name}" if found.key_name else ""
    typer.echo(f"{draft.target.name} has the model {found.name} now{key_said}.")
    if not virtual_key:
        typer.echo(
            "No virtual key was given it. To let one use it, list it in `models` of the key under `virtualKeys`."
        )
    typer.echo(f"Next: `genai plan --stack {stack}`, then `pulumi up -s {stack}`, which restarts LiteLLM with it.")
