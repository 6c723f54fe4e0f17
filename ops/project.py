"""Pulumi project: its folder, its name and the files of its stacks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PROJECT = "genaiplatform"
ROOT = Path(__file__).resolve().parent.parent


def stack_files(root: Path) -> Mapping[str, Path]:
    """The file `Pulumi.<stack>.yaml` of every stack that has one, by the name of the stack."""
    files = {file.name.removeprefix("Pulumi.").removesuffix(".yaml"): file for file in root.glob("Pulumi.*.yaml")}
    return dict(sorted(files.items()))
