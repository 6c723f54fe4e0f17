"""What the Pulumi SDK's own types say a value may be: the engine passes any text on."""

from __future__ import annotations

import enum
import functools
import importlib
import re
from collections.abc import Iterator
from typing import Any


@functools.cache
def _allowed(type_token: str) -> dict[str, frozenset[str]]:
    """Values by input, for those inputs that the SDK declares as an enumeration."""
    package, module, name = re.fullmatch(r"([\w-]+):(\w+)(?:/\w+)?:(\w+)", type_token).groups()  # type: ignore[union-attr]  # a type token
    if package != "azure-native":
        return {}
    sdk = importlib.import_module(f"pulumi_azure_native.{module}")
    enums = importlib.import_module(f"pulumi_azure_native.{module}._enums") if hasattr(sdk, "_enums") else sdk
    arguments = getattr(sdk, f"{name}Args", None) or getattr(sdk, f"{name}InitArgs", None)
    found = {}
    for key, annotation in getattr(arguments.__init__, "__annotations__", {}).items() if arguments else ():
        for word in re.findall(r"'(\w+)'", str(annotation)):
            declared = getattr(enums, word, None)
            if isinstance(declared, enum.EnumMeta):
                camel = re.sub(r"_(\w)", lambda match: match[1].upper(), key)
                found[camel] = frozenset(str(member.value) for member in declared)  # type: ignore[var-annotated]  # an enumeration
    return found


def problems(type_token: str, inputs: dict[str, Any]) -> Iterator[str]:
    """Inputs (lists too) that are none of the declared values."""
    for key, allowed in _allowed(type_token).items():
        values = inputs.get(key)
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, str) and value not in allowed:
                yield f"{key} is {value!r}, not one of {', '.join(sorted(allowed))}"
