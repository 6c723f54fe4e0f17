"""Terminal questions about one model: provider, name, parameters, and the key without echo."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import typer

from ops.commands.add_model.entry import ModelEntry, default_key_name, not_called
from ops.commands.add_model.providers import PROVIDERS, word_of

_WORDS = ", ".join(f"{word} ({provider.title})" for word, provider in PROVIDERS.items())


def ask_model(known_keys: Collection[str], problem: Callable[[ModelEntry], str]) -> ModelEntry:
    """Ask for a model until `problem` finds none."""
    while not (entry := ask_another(known_keys, problem, "Provider")):
        pass
    return entry


def ask_another(known_keys: Collection[str], problem: Callable[[ModelEntry], str], text: str) -> ModelEntry | None:
    """The same, or None when no provider is named; `text` asks for it."""
    while True:
        typer.echo(f"\nProviders: {_WORDS}, or another word of LiteLLM's (docs.litellm.ai/docs/providers).")
        word = typer.prompt(text, default="", show_default=False).strip()
        if not word:
            return None
        known = PROVIDERS.get(word)
        asks, example = (known.asks, known.example) if known else ("model", "its-name")
        identifier = typer.prompt(f"{asks[0].upper()}{asks[1:]}, such as {example}").strip().removeprefix(f"{word}/")
        suggested = re.sub(r"[^a-z0-9.-]+", "-", identifier.rpartition("/")[2].lower()).strip("-.")
        name = typer.prompt("Name that users call it by", default=suggested or None).strip()
        entry = ModelEntry(name=name, model=f"{word}/{identifier}")
        ask_the_rest(entry, known_keys)
        if not (found := problem(entry)):
            return entry
        typer.echo(f"{found}\nOnce more:")


def ask_the_rest(entry: ModelEntry, known_keys: Collection[str]) -> None:
    """Ask for what the provider needs and the entry has not."""
    if not_called(entry):
        return
    provider = PROVIDERS.get(word_of(entry.model))
    for parameter, example in (provider.params if provider else {}).items():
        if parameter not in entry.params:
            entry.params[parameter] = typer.prompt(f"{parameter}, such as {example}").strip()
    if provider and provider.base_model and not entry.base_model:
        hint = f"Model behind it, for its price, such as {provider.word}/gpt-6-luna (Enter: none)"
        entry.base_model = typer.prompt(hint, default="", show_default=False).strip()
    if not entry.key:
        _ask_key(entry, known_keys)


def _ask_key(entry: ModelEntry, known_keys: Collection[str]) -> None:
    provider = PROVIDERS.get(word_of(entry.model))
    if provider and not provider.key:
        return
    name = entry.key_name or default_key_name(entry.model)
    if name in known_keys:
        typer.echo(f"The key {name} is there already and is used.")
    elif provider:
        entry.key = typer.prompt(f"Key of {provider.title}, not shown ({provider.key})", hide_input=True).strip()
    else:
        shown = f"Key of {word_of(entry.model) or 'its provider'}, not shown (Enter: it needs none)"
        entry.key = typer.prompt(shown, default="", show_default=False, hide_input=True).strip()
    if entry.key or name in known_keys:
        entry.key_name = name
