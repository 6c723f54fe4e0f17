"""Requests to AWS, made from the inputs of a Pulumi resource and checked against botocore's models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.package import RefusedError

Names = Mapping[str, str]
"""Inputs that AWS spells differently: by Pulumi's name, AWS's; `A.B` puts it as B into a structure A."""


class NoMappingError(RefusedError):
    """The table of types does not say what becomes of an input: a gap in the rehearsal, not in the program."""


def fit(shape: Any, value: Any, names: Names, where: str = "") -> Any:
    """The value in the spelling and the types of the shape."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        result: dict[str, Any] = {}
        for key, item in value.items():
            if item is not None:
                _put(result, shape, names.get(key, key), item, names, f"{where}.{key}".lstrip("."))
        return result
    if shape.type_name == "list" and isinstance(value, list):
        return [fit(shape.member, item, names, f"{where}[{index}]") for index, item in enumerate(value)]
    if shape.type_name in ("integer", "long"):
        return int(value)
    if shape.type_name == "string" and not isinstance(value, str):
        return str(value)
    if shape.type_name in ("float", "double"):
        return float(value)
    return value


def _put(result: dict[str, Any], shape: Any, name: str, item: Any, names: Names, where: str) -> None:
    head, _, rest = name.partition(".")
    member = _member(shape, head)
    if member is None:
        raise NoMappingError(f"the rehearsal has no mapping for {where}: {shape.name} has no {head}")
    if rest:
        _put(result.setdefault(member, {}), shape.members[member], rest, item, names, where)
    else:
        result[member] = fit(shape.members[member], item, names, where)


def _member(shape: Any, name: str) -> str | None:
    return next((member for member in shape.members if member.lower() == name.lower()), None)


def known(shape: Any, inputs: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Those of the inputs that the operation takes."""
    return {key: item for key, item in inputs.items() if _member(shape, names.get(key, key).partition(".")[0])}


def at(answer: Any, path: str) -> Any:
    """What stands at a path of an answer, whatever its capitals: "vpcs.0.vpcId"; `*` is every element of a list.

    None where there is nothing.
    """
    head, _, rest = path.partition(".")
    if not head or answer is None:
        return answer
    if head == "*":
        return [at(item, rest) for item in answer]
    if isinstance(answer, list):
        return at(answer[int(head)], rest) if int(head) < len(answer) else None
    return at(next((item for key, item in answer.items() if key.lower() == head.lower()), None), rest)


def unfit(answer: Any, declared: Any, names: Names) -> Any:
    """The other way of `fit`: what AWS answers, in the form of the input, as far as the program said something."""
    if answer in (None, "", [], {}) and not declared:
        return declared
    if isinstance(declared, Mapping) and isinstance(answer, Mapping):
        read = {key: unfit(at(answer, names.get(key, key)), item, names) for key, item in declared.items()}
        return {key: item for key, item in read.items() if item is not None}
    if isinstance(declared, list) and isinstance(answer, list):
        if sorted(map(str, answer)) == sorted(map(str, declared)):  # in any order: most are sets
            return declared
        return [
            unfit(item, declared[min(index, len(declared) - 1)] if declared else item, names)
            for index, item in enumerate(answer)
        ]
    if isinstance(declared, str) and isinstance(answer, Mapping):  # botocore has read the JSON of a policy
        return declared if json.loads(declared) == answer else json.dumps(answer)
    if isinstance(declared, bool):
        return str(answer).lower() == "true"
    if isinstance(declared, int | float) and answer is not None:
        return float(answer)
    return answer


def problems(shape: Any, value: Any, where: str = "") -> Iterator[str]:
    """What the service refuses and botocore lets pass: patterns, enumerations, ranges and lengths."""
    if isinstance(value, Mapping) and shape.type_name == "structure":
        for key, item in value.items():
            yield from problems(shape.members[key], item, f"{where}.{key}".lstrip("."))
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from problems(shape.member, item, f"{where}[{index}]")
    limits = shape.metadata
    if isinstance(value, str):
        if "enum" in limits and value not in limits["enum"]:
            yield f"{where} is {value!r}, not one of {', '.join(limits['enum'])}"
        if "pattern" in limits and not _matches(limits["pattern"], value):
            yield f"{where} is {value!r}, which does not match {limits['pattern']}"
    if isinstance(value, bool) or not isinstance(value, str | list | int | float):
        return
    size = len(value) if isinstance(value, str | list) else value
    if ("min" in limits and size < limits["min"]) or ("max" in limits and size > limits["max"]):
        kind = "of length " if isinstance(value, str | list) else ""
        yield f"{where} is {kind}{size}, not within {limits.get('min', '')} to {limits.get('max', '')}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(rf"^(?:{pattern})$", value, re.DOTALL) is not None
    except re.error:  # a few are written for Java
        return True
