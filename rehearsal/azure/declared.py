"""Checks inputs against the types of the Pulumi SDK: required properties and enumerations, at every depth."""

from __future__ import annotations

import enum
import functools
import importlib
import inspect
import re
import types
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from typing import Any, Union, get_args, get_origin

import pulumi
from pulumi._types import input_type_py_to_pulumi_names, input_type_types, is_input_type

from rehearsal.package import Properties
from rehearsal.wire import has_unknown


def problems(type_token: str, inputs: Properties) -> Iterator[str]:
    """At every depth: properties that are required and missing, and values that an enumeration does not have."""
    yield from _in_object(_arguments(type_token), inputs, "")


@functools.cache
def _arguments(type_token: str) -> type:
    package, module, name = re.fullmatch(r"([\w-]+):(\w+)(?:/\w+)?:(\w+)", type_token).groups()  # type: ignore[union-attr]  # a type token
    sdk = importlib.import_module(f"pulumi_{package.replace('-', '_')}.{module}".removesuffix(".index"))
    # InitArgs where an object that some input holds has the name already.
    found: type = getattr(sdk, f"{name}InitArgs", None) or getattr(sdk, f"{name}Args")
    return found


@functools.cache
def _properties(arguments: type) -> Mapping[str, tuple[Any, bool]]:
    """Type, and whether it is required, by Pulumi's name: `__init__` has a default for what is not."""
    parameters, hints = inspect.signature(arguments).parameters, input_type_types(arguments)
    return {
        name: (hints[name], parameters[python_name].default is inspect.Parameter.empty)
        for python_name, name in input_type_py_to_pulumi_names(arguments).items()
    }


@functools.cache
def _choices(hint: Any) -> tuple[Any, ...]:
    """The members of a union, without those that stand for a value to come and for none."""
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(choice for member in get_args(hint) for choice in _choices(member))
    return () if hint is types.NoneType or get_origin(hint) in (Awaitable, pulumi.Output) else (hint,)


def _in_object(arguments: type, inputs: Properties, where: str) -> Iterator[str]:
    for name, (hint, required) in _properties(arguments).items():
        if inputs.get(name) is not None:
            yield from _in_value(hint, inputs[name], f"{where}{name}")
        elif required:
            yield f"{where}{name} is missing"


def _in_value(hint: Any, value: Any, where: str) -> Iterator[str]:
    choices = _choices(hint)
    allowed = [member.value for choice in choices if isinstance(choice, enum.EnumMeta) for member in choice]  # type: ignore[var-annotated]  # an enumeration
    if allowed:
        # Where the SDK takes text beside the enumeration, its members are still what Azure documents.
        if value not in allowed and not has_unknown(value):
            yield f"{where} is {value!r}, not one of {', '.join(sorted(map(str, allowed)))}"
    elif isinstance(value, list):
        for item_hint in _of(Sequence, choices):
            for number, item in enumerate(value):
                yield from _in_value(item_hint, item, f"{where}[{number}]")
    elif isinstance(value, dict):
        for item_hint in _of(Mapping, choices):
            for key, item in value.items():
                yield from _in_value(item_hint, item, f"{where}.{key}")
        objects = [list(_in_object(choice, value, f"{where}.")) for choice in choices if is_input_type(choice)]
        yield from min(objects, key=len, default=[])  # of several the one that was meant


def _of(container: type, choices: tuple[Any, ...]) -> list[Any]:
    return [get_args(choice)[-1] for choice in choices if get_origin(choice) is container]
