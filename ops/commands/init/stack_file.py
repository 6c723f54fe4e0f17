"""Pulumi.<stack>.yaml as text: each setting with what Pulumi.yaml says about it as a comment."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ops.project import PROJECT
from stacks.kinds import KINDS


def descriptions(root: Path) -> Mapping[str, str]:
    """By full key, what Pulumi.yaml says about each setting; of the regions it says nothing."""
    declared = yaml.safe_load((root / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    told = {f"{PROJECT}:{key}": str(entry["description"]) for key, entry in declared.items() if "description" in entry}
    return {kind.region_key: "Where the stack is" for kind in KINDS.values()} | told


def text(title: str, values: Mapping[str, Any], explained: Mapping[str, str], kept: Mapping[str, str]) -> str:
    """The file of a stack; `kept` is what Pulumi must find again beside the settings, or the
    passphrase of the stack would be another one.
    """
    lines = [
        f"# {title[0].upper()}{title[1:]}, written by `genai init`.",
        "# Every other setting with its default stands in Pulumi.yaml; what is written here wins.",
        "config:",
    ]
    for key, value in values.items():
        lines += textwrap.wrap(explained.get(key, ""), 118, initial_indent="  # ", subsequent_indent="  # ")
        dumped = yaml.safe_dump({key: value}, allow_unicode=True, sort_keys=False, width=10_000)
        lines.append(textwrap.indent(dumped, "  ").rstrip())
    lines += [f"{key}: {value}" for key, value in kept.items()]
    return "\n".join(lines) + "\n"
