"""An entry of the setting `models`, with the key that its provider asks for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from ops.commands.add_model.providers import PROVIDERS, word_of
from ops.stack.settings_file import Loader
from stacks.errors import GenaiError
from stacks.fields import StackSettings


class EntryError(GenaiError):
    """The entry is not complete; the message says what to give."""


@dataclass(kw_only=True)
class ModelEntry:
    """One model as it is asked for. `key` is secret, and empty where the provider's is set already or not needed."""

    name: str
    model: str
    params: dict[str, Any] = field(default_factory=dict)
    base_model: str = ""
    key_name: str = ""
    key: str = field(default="", repr=False)

    @property
    def setting(self) -> dict[str, Any]:
        """As `models` has it."""
        return {
            "name": self.name,
            "model": self.model,
            **({"params": self.params} if self.params else {}),
            **({"providerKey": self.key_name} if self.key_name else {}),
            **({"baseModel": self.base_model} if self.base_model else {}),
        }

    @property
    def keys(self) -> Mapping[str, str]:
        """What to add to `providerKeys`."""
        return {self.key_name: self.key} if self.key else {}


def not_called(entry: ModelEntry) -> bool:
    """Whether LiteLLM answers itself, or the parameters say where the key is: then nothing else is needed."""
    return not {"mock_response", "api_key"}.isdisjoint(entry.params)


def default_key_name(model: str) -> str:
    """What the key of the model's provider is called under `providerKeys`."""
    return word_of(model).replace("_", "-")


def complete(entry: ModelEntry, known_keys: Collection[str]) -> None:
    """Name the key of the entry's provider where it names none; EntryError when that, or a parameter, is missing."""
    provider = PROVIDERS.get(word_of(entry.model))
    if provider is None or not_called(entry):
        return
    for name, example in provider.params.items():
        if name not in entry.params:
            raise EntryError(f"{entry.model} needs {name}: give `--param {name}={example}`")
    if provider.key and not entry.key_name:
        entry.key_name = default_key_name(entry.model)
    if entry.key_name and not entry.key and entry.key_name not in known_keys:
        raise EntryError(
            f"{entry.model} needs a key of {provider.title} ({provider.key}): put it into an environment variable and "
            "name that with `--key-from VARIABLE`"
        )


def param(text: str) -> tuple[str, Any]:
    """A parameter as it is typed, name=value, the value as YAML; EntryError when it is no such thing."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise EntryError(f"--param {text} is no assignment: write for example --param max_tokens=1000")
    try:
        parsed = yaml.load(value, Loader)  # noqa: S506  a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise EntryError(f"--param {name}: the value is neither a YAML scalar nor JSON") from error
    # A date such as api_version=2025-04-01 is meant as it is typed.
    return name, parsed if isinstance(parsed, bool | int | float | list | dict) else value


def as_settings(settings: StackSettings) -> list[dict[str, Any]]:
    """The models that a stack has, as `models` would have them; the default ones where it names none."""
    dumped = settings.model_dump(mode="json", by_alias=True, exclude_defaults=True, include={"models"})
    return list(dumped["models"])


def with_virtual_key(keys: Sequence[Mapping[str, Any]], alias: str, first: str, model: str) -> list[dict[str, Any]]:
    """`virtualKeys` with the model among those that the key of that alias may use; a new key where there is none.

    A key that names no models may use the `first` one, and still may.
    """
    changed = [dict(key) for key in keys]
    for key in changed:
        if key.get("alias") == alias:
            key["models"] = [*(key.get("models") or [first]), model]
            return changed
    return [*changed, {"alias": alias, "models": [model]}]
