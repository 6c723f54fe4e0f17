"""Terminal questions of `genai init`: each explained in a line, and asked again until the program takes the answer."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

import typer

from ops.commands.add_model.entry import EntryError, ModelEntry, complete
from ops.commands.add_model.questions import ask_another
from ops.commands.init.answers import AWS, AZURE, Answers
from ops.project import PROJECT

Problem = Callable[[Answers], str]
"""What is wrong with the answers so far; empty when nothing is."""

_ECHO = {"name": "echo", "model": "openai/echo", "params": {"mock_response": "pong"}}


def ask(
    answers: Answers, explained: Mapping[str, str], problem: Problem, default_models: Callable[[], list[Any]]
) -> None:
    """Ask for everything but the state. `default_models` are those of the region, of which there may be none."""
    models = f"{PROJECT}:models"
    # Until there are others: one that every region has.
    answers.aws[models] = [_ECHO]

    def setting(name: str, into: dict[str, Any], default: Any, split: bool = False, text: str = "") -> None:
        key = name if ":" in name else f"{PROJECT}:{name}"
        asked = "region" if key in (AWS.region_key, AZURE.region_key) else name
        if into is answers.azure:
            asked = f"azure.{asked}"
        typer.echo(f"\n{text or explained[key]}")
        while True:
            shown = " ".join(default) if split else default
            said = typer.prompt(asked, default=shown, show_default=bool(shown)).strip()
            into[key] = re.split(r"[\s,]+", said) if split else said
            if not (found := problem(answers)):
                break
            typer.echo(found)

    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    setting(AWS.region_key, answers.aws, region, text="The AWS region, such as us-east-1 or ap-northeast-1 (Tokyo).")
    setting("size", answers.aws, "day")
    setting("owner", answers.aws, PROJECT)
    setting("domain", answers.aws, "")
    setting("allowedCidrs", answers.aws, ["auto"], split=True)
    setting("langfuseEmail", answers.aws, "admin@example.com")
    _ask_models(answers, problem, default_models)
    typer.echo(
        "\nEntra ID and API Management of Azure can stand in front of LiteLLM, as a second stack (docs/azure.md)."
    )
    if typer.confirm("Also Azure?", default=False):
        answers.azure = {}
        near = (
            "The Azure region of the gateway, best near the AWS region: eastus2 is near us-east-1, japaneast is Tokyo."
        )
        setting(AZURE.region_key, answers.azure, "eastus2", text=near)
        setting("publisherEmail", answers.azure, "")


def _ask_models(answers: Answers, problem: Problem, default_models: Callable[[], list[Any]]) -> None:
    key, virtual = f"{PROJECT}:models", f"{PROJECT}:virtualKeys"
    there = default_models()
    names = [model["name"] for model in there]
    typer.echo(f"\nModels that need no key: {', '.join(names)}. Add those of other providers, as many as you like.")
    added: list[ModelEntry] = []

    def refusal(entry: ModelEntry) -> str:
        before = dict(answers.provider_keys)
        answers.aws[key] = [*there, *(one.setting for one in added), entry.setting]
        answers.provider_keys.update(entry.keys)
        try:
            complete(entry, answers.provider_keys)
            found = problem(answers)
        except EntryError as error:
            found = str(error)
        if found:
            answers.provider_keys.clear()
            answers.provider_keys.update(before)
        return found

    while entry := ask_another(answers.provider_keys, refusal, "Provider (Enter: no more)"):
        added.append(entry)
    if added:
        answers.aws[key] = [*there, *(one.setting for one in added)]
        allowed = [*names[:1], *(one.name for one in added)]
        answers.aws[virtual] = [{"alias": "demo", "models": allowed}]
    elif len(there) > 1:
        del answers.aws[key]  # the default follows the region
    else:
        answers.aws[key] = there
