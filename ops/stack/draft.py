"""Pulumi.<stack>.yaml as a draft in a copy of the project: judged by the program's own rules, put in place whole."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from ops.model.recorder import record
from ops.project import PROJECT
from ops.stack import settings_file
from stacks.fields import StackSettings

PROVIDER_KEYS = f"{PROJECT}:providerKeys"


class Draft:
    """The file of one stack. `folder` is the copy of the project in `root`, which several drafts may share."""

    def __init__(self, root: Path, folder: Path, stack: str) -> None:
        shutil.copy(root / "Pulumi.yaml", folder)
        self.stack, self.folder = stack, folder
        name = f"Pulumi.{stack}.yaml"
        self.file, self.target = folder / name, root / name

    def settings(self, provider_keys: Mapping[str, str], overrides: Sequence[str] = ()) -> StackSettings:
        """What the program would read from it, with these keys of providers besides those that it has.

        StackConfigError and SettingsError say what the program would refuse.
        """
        config = settings_file.read(self.folder, self.stack, overrides)
        text = config.values.get(PROVIDER_KEYS, "{}")
        in_file = json.loads(text or "{}")
        in_plain = bool(in_file) and PROVIDER_KEYS not in config.secret_keys
        read: list[StackSettings] = []
        record(
            lambda: read.append(config.kind.load()),
            stack=self.stack,
            config={**config.values, PROVIDER_KEYS: text and json.dumps({**in_file, **provider_keys})},
            secret_keys=[*config.secret_keys, *([] if in_plain else [PROVIDER_KEYS])],
        )
        return read[0]


def put_in_place(drafts: Sequence[Draft]) -> None:
    """Give each draft's text to the file that it is a draft of, all or none."""
    new = {draft.target: draft.target.with_name(f".{draft.target.name}.new") for draft in drafts}
    for draft in drafts:
        shutil.copyfile(draft.file, new[draft.target])
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C between two of them comes too late
    try:
        for target, beside in new.items():
            beside.replace(target)
    finally:
        signal.signal(signal.SIGINT, before)
