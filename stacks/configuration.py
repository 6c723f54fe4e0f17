"""Pulumi configuration of a stack as the typed settings of its kind, with everything that is wrong told at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import pulumi
import pulumi.runtime.config
from pydantic import TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from stacks import commands, provider_settings
from stacks.errors import SettingsError
from stacks.fields import StackSettings, nearest
from stacks.kinds import KINDS, Kind
from stacks.secrets import hidden

S = TypeVar("S", bound=StackSettings)


def read(model: type[S], **context: str) -> S:
    """The settings of this stack, whose kind has that model; SettingsError tells everything that is wrong with them.

    `context` is what the model's validators have to know beside the settings.
    """
    config = {**pulumi.runtime.config.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
    prefix = f"{pulumi.get_project()}:"
    values = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    (own,) = (kind for kind in KINDS.values() if kind.settings() is model)
    problems = [
        *provider_settings.refusals(config, own.name, pulumi.get_stack()),
        *_in_plain_text(model, values, lambda name: pulumi.runtime.config.is_config_secret(prefix + name)),
        *_misplaced(own, values),
    ]
    try:
        settings = validated(model, values, **context)
    except SettingsError as error:
        problems.append(str(error))
    if problems:
        raise SettingsError(commands.for_stack(pulumi.get_stack(), "\n".join(problems)))
    return settings


def place(namespace: str, key: str, example: str, problem: Callable[[str], str | None]) -> str:
    """The provider's setting that says where the stack is, which has no default; SettingsError when it cannot be there.

    `problem` says why not, or None.
    """
    where = pulumi.Config(namespace).get(key)
    name = f"{namespace}:{key}"
    if not where:
        command = commands.for_stack(pulumi.get_stack(), commands.set_config(f"{name} {example}"))
        raise SettingsError(f"{name} is not set: {command}")
    if said := problem(where):
        raise SettingsError(f"{name}: {said}")
    return where


def validated(model: type[S], values: Mapping[str, str], **context: str) -> S:
    """The settings among these values, which are text by name as the engine passes them; what is missing is default.

    SettingsError, as `read`, for those that are wrong; other names are passed over.
    """
    fields = _fields(model)
    parsed = {name: _parsed(fields[name], value) for name, value in values.items() if name in fields}
    try:
        return model.model_validate(parsed, context=context, by_alias=True, by_name=False)
    except ValidationError as error:
        secret = model.secret_names()
        said = "\n".join(_sentence(detail, parsed, secret) for detail in error.errors())
        raise SettingsError(hidden(said)) from None


def _in_plain_text(
    model: type[StackSettings], values: Mapping[str, str], encrypted: Callable[[str], bool]
) -> Iterator[str]:
    for name in model.secret_names():
        if values.get(name, "") not in ("", "{}") and not encrypted(name):
            yield (
                f"{name} is set in plain text: take it out and set each value with "
                f"{commands.set_secret(f'{name}.NAME')}"
            )


def _misplaced(own: Kind, values: Mapping[str, str]) -> Iterator[str]:
    """What is no setting of this kind of stack.

    A stack gets every default of `Pulumi.yaml`, those of the other kinds too: they are passed over as long as nobody
    changed them.
    """
    known = _fields(own.settings())
    elsewhere = {name: (kind, info) for kind in KINDS.values() for name, info in _fields(kind.settings()).items()}
    for name, value in values.items():
        if name in known:
            continue
        if name not in elsewhere:
            yield f"{name} is no setting: {nearest(name, known)}"
        elif not _is_default(elsewhere[name][1], value):
            yield f"{name} is a setting of {elsewhere[name][0].title}: take it out here and set it there"


def _fields(model: type[StackSettings]) -> Mapping[str, FieldInfo]:
    return {to_camel(name): info for name, info in model.model_fields.items()}


def _parsed(field: FieldInfo, value: str) -> Any:
    try:
        return value if field.annotation is str else json.loads(value)
    except (ValueError, RecursionError):
        # Text where a list, number or flag belongs, a number of thousands of digits, or brackets without end: the
        # model says which.
        return value


def _is_default(field: FieldInfo, value: str) -> bool:
    try:
        parsed = TypeAdapter(field.rebuild_annotation()).validate_python(_parsed(field, value))
    except ValidationError:
        return False
    return bool(parsed == field.get_default(call_default_factory=True))


_WORDS = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be an object",
    "extra_forbidden": "is not known there: see Pulumi.yaml for what it may hold",
    "finite_number": "must be a number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt:.15g}",
    "greater_than_equal": "must be at least {ge:.15g}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le:.15g}",
    "literal_error": "must be {expected}",
    "missing": "is missing",
    "model_type": "must be an object",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_type": "must be text",
    "tuple_type": "must be a list",
}
"""pydantic's kinds of error in our own words."""


def _sentence(detail: ErrorDetails, values: Mapping[str, Any], secret: Collection[str]) -> str:
    """One error of pydantic as a sentence that names the setting, and its value unless that may be secret."""
    where = _where(detail["loc"], values)
    template = _WORDS.get(detail["type"])
    if template is None:
        message = detail["msg"].removeprefix("Value error, ")
        return f"{where}: {message}" if where else message
    if detail["type"] == "extra_forbidden" and (camel := to_camel(str(detail["loc"][-1]))) != detail["loc"][-1]:
        return f"{where} is not known there: write {camel}"
    said = f"{where} {template.format(**detail.get('ctx', {}))}"
    if detail["loc"][0] in secret or detail["type"] in ("missing", "extra_forbidden"):
        return said
    said += f", not {_shown(detail['input'])}"
    if detail["type"] == "tuple_type":
        return f"{said}: {_as_list(detail['input'])}"
    return said


def _shown(value: Any) -> str:
    """The value as messages show it; what an object or a list holds may be a credential."""
    if isinstance(value, Mapping | list):
        return "an object" if isinstance(value, Mapping) else "a list"
    return repr(value) if isinstance(value, str) else json.dumps(value)


def _as_list(value: Any) -> str:
    """How to write a list instead."""
    if value is None or value in ("", {}):
        return "take it out, or write a list"
    if isinstance(value, Mapping):
        return "write - in front of the entry"
    return f"write {json.dumps([value])}"  # which YAML, `--set` and `pulumi config set` take


def _where(path: Sequence[str | int], values: Any) -> str:
    """The path to a setting with the entries of lists by their names: `models[gpt].params`."""
    where = ""
    for part in path:
        values = _inside(values, part)
        where += f"[{entry_name(values, int(part))}]" if isinstance(part, int) else f".{part}" * bool(where) or part
    return where


def _inside(values: Any, part: str | int) -> Any:
    if isinstance(values, Mapping):
        return values.get(part)
    return values[part] if isinstance(values, list) and isinstance(part, int) and part < len(values) else None


def entry_name(entry: Any, index: int) -> str:
    """What an entry of a list is called in messages: its name or alias, else which one it is, counted from 1."""
    named = (entry.get("name") or entry.get("alias")) if isinstance(entry, Mapping) else None
    return named if isinstance(named, str) else f"entry {index + 1}"
