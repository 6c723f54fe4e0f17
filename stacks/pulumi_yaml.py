"""Pulumi project file: writes the settings of every kind of stack into `config:` of Pulumi.yaml, from their models.

`python -m stacks.pulumi_yaml` writes the file; a test holds it to be current.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from stacks.fields import StackSettings
from stacks.kinds import KINDS

FILE = Path(__file__).resolve().parent.parent / "Pulumi.yaml"
_BLOCK = re.compile(r"(?<=  # Written by `make pulumi-yaml` from stacks/\*/settings\.py\n).*", re.DOTALL)

_TYPES = {"number": "string"}
"""Pulumi.yaml knows string, boolean, integer, array and object (pulumi sdk/go/common/workspace/project.json)."""


def with_current_settings(project: str) -> str:
    """The text of Pulumi.yaml with every setting of every kind of stack. A setting that two kinds share stands once.

    Settings that may not be in plain text are not declared `secret: true`: Pulumi refuses such a key with the plain
    default `{}`, and without a default it has to be set (pulumi pkg/workspace/config.go, validateStackConfigValue).
    """
    return _BLOCK.sub(lambda _: "".join(_blocks()), project)


def _blocks() -> Iterator[str]:
    written = set(StackSettings.model_fields)
    yield from _entries("every stack", StackSettings.model_fields)
    for kind in KINDS.values():
        fields = {name: info for name, info in kind.settings().model_fields.items() if name not in written}
        written |= fields.keys()
        yield from _entries(f"{kind.title} (kind {kind.name})", fields)


def _entries(whose: str, fields: Mapping[str, FieldInfo]) -> Iterator[str]:
    yield f"  # Settings of {whose}\n"
    for name, info in fields.items():
        entry = yaml.safe_dump({to_camel(name): _entry(info)}, sort_keys=False, allow_unicode=True, width=10_000)
        yield textwrap.indent(entry, "  ")


def _entry(info: FieldInfo) -> dict[str, Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(info.rebuild_annotation())
    schema = adapter.json_schema()
    default = adapter.dump_python(
        info.get_default(call_default_factory=True), mode="json", by_alias=True, exclude_unset=True
    )
    return {
        "type": _TYPES.get(schema["type"], schema["type"]),
        **({"items": {"type": schema["items"].get("type", "object")}} if schema["type"] == "array" else {}),
        "default": f"{default:g}" if schema["type"] == "number" else default,
        "description": info.description,
    }


if __name__ == "__main__":
    FILE.write_text(with_current_settings(FILE.read_text(encoding="utf-8")), encoding="utf-8")
