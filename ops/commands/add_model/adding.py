"""Pulumi.<stack>.yaml with one model more: judged by the program's own rules, written by the Pulumi CLI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ops.commands.add_model.entry import EntryError, ModelEntry, as_settings, complete, with_virtual_key
from ops.commands.pulumi_cli import PulumiCli, needs_passphrase
from ops.commands.terminal import ask_passphrase, has_terminal
from ops.project import PROJECT
from ops.stack.draft import PROVIDER_KEYS, Draft, put_in_place
from ops.stack.settings_file import read
from stacks.errors import GenaiError

_MODELS, _VIRTUAL_KEYS = f"{PROJECT}:models", f"{PROJECT}:virtualKeys"


class Adding:
    """A model for the stack, and for the virtual key of that alias unless it is empty. `folder` is for the draft.

    The errors of `Draft` pass through; EntryError for a stack that serves no models.
    """

    def __init__(self, root: Path, folder: Path, stack: str, virtual_key: str) -> None:
        config = read(root, stack)
        self._folder, self._virtual_key = folder, virtual_key
        self._draft = Draft(root, folder, stack)
        self._draft.file.write_bytes(self._draft.target.read_bytes())
        settings = self._draft.settings({})
        if "models" not in type(settings).model_fields:
            raise EntryError(f"Stack {stack} is {config.kind.title} and serves no models: name the AWS stack.")
        self._models = json.loads(config.values[_MODELS]) or as_settings(settings)
        self._virtual_keys = json.loads(config.values[_VIRTUAL_KEYS])
        self.known_keys = frozenset(json.loads(config.values[PROVIDER_KEYS]))

    def problem(self, entry: ModelEntry) -> str:
        """What is missing, or what the program would refuse; empty when nothing is."""
        try:
            complete(entry, self.known_keys)
            overrides = [f"{key}={json.dumps(value)}" for key, value in self._changed(entry).items()]
            self._draft.settings(entry.keys, overrides)
        except GenaiError as error:
            return str(error)
        return ""

    def write(self, entry: ModelEntry) -> None:
        """Write it; CliError when the CLI does not, and then nothing is."""
        cli = PulumiCli(self._folder)
        if entry.keys and needs_passphrase(cli.backend()[0], [self._draft.file]):
            if not has_terminal():
                raise EntryError(
                    "Set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE) to that of the stack."
                )
            cli.passphrase = ask_passphrase(new=False)
        cli.set_plain(self._draft.stack, self._changed(entry))
        for name, value in entry.keys.items():
            cli.set_secret(self._draft.stack, f"providerKeys.{name}", value)
        put_in_place([self._draft])

    def _changed(self, entry: ModelEntry) -> dict[str, Any]:
        changed: dict[str, Any] = {_MODELS: [*self._models, entry.setting]}
        if self._virtual_key:
            first = self._models[0]["name"]
            changed[_VIRTUAL_KEYS] = with_virtual_key(self._virtual_keys, self._virtual_key, first, entry.name)
        return changed
