"""Properties as protobuf between the Pulumi engine and a provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

from ops.model.recorder import SECRET, SIGNATURE

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a string not known before `up` (pulumi sdk/go/common/resource/plugin/rpc.go)."""
_UNKNOWNS = {
    UNKNOWN,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a flag
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
}


def plain(value: Any) -> Any:
    """A protobuf value as Python data, whole numbers as int, secrets unwrapped."""
    if isinstance(value, struct_pb2.Struct | dict):
        fields = dict(value)
        if fields.get(SIGNATURE) == SECRET:
            return plain(fields["value"])
        return {key: plain(item) for key, item in fields.items()}
    if isinstance(value, struct_pb2.ListValue | list):
        return [plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """The other way; what is None is left out."""
    result = struct_pb2.Struct()
    result.update({key: value for key, value in properties.items() if value is not None})
    return result


def has_unknown(value: Any) -> bool:
    """Whether some part of a value is not known yet."""
    if isinstance(value, Mapping):
        return any(map(has_unknown, value.values()))
    if isinstance(value, list):
        return any(map(has_unknown, value))
    return isinstance(value, str) and value in _UNKNOWNS
