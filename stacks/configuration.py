"""Reads the configuration of a stack into the typed model of its kind, and tells everything that is wrong at once."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, TypeVar

import pulumi
import pulumi.runtime.config
from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from stacks import commands, provider_settings


class SettingsError(ValueError):
    """One sentence per line: what is wrong, where, and what to set instead."""


class Frozen(BaseModel):
    """A part of the settings: spelled in camelCase, without unknown keys, never changed after it was read."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)


class StackSettings(Frozen):
    """All settings of one kind of stack; every field has a default."""

    KIND: ClassVar[str]
    """What such a stack is called in messages."""
    SECRET: ClassVar[Collection[str]]
    """Settings that are refused when set in plain text, and never shown."""

    kind: str = ""


def text(pattern: str, meaning: str) -> AfterValidator:
    """Text that matches the pattern whole; `meaning` says in words what it must be."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is not {meaning}")
        return value

    return AfterValidator(check)


Name = Annotated[
    str,
    text(
        r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?",
        "a name that LiteLLM, Kubernetes and URLs can all carry: use lower-case letters, digits, . and -, at most 63, "
        "with a letter or digit at both ends",
    ),
]

TagValue = Annotated[
    str,
    text(
        r"(?!(?i:aws):)[\w.:/=+@-]([\w .:/=+@-]{0,254}[\w.:/=+@-])?",
        "a value that tags can carry: use letters, digits, spaces and _ . : / = + - @, at most 256, and another "
        "beginning than aws:",
    ),
]

Email = Annotated[
    str,
    text(
        # What `z.email()` of zod 4 takes, by which Langfuse checks LANGFUSE_INIT_USER_EMAIL (langfuse web/src/env.mjs).
        r"(?!\.)(?!.*\.\.)[A-Za-z0-9_'+.-]{0,63}[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9-]{0,62}\.)+[A-Za-z]{2,63}",
        "an e-mail address: set one such as you@example.com",
    ),
]


def unique(where: str, what: str, names: Iterable[str]) -> None:
    """Raise ValueError when two of the names, each the `what` of an entry of `where`, are the same."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{where}: two entries have the {what} {name!r}: rename one")
        seen.add(name)


def nearest(name: str, names: Iterable[str]) -> str:
    """Point to the name that is meant, or to all there are."""
    known = sorted(names)
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"the known ones are {', '.join(known)}"


S = TypeVar("S", bound=StackSettings)


def read(model: type[S], others: Sequence[type[StackSettings]], **context: str) -> S:
    """The settings of this stack; SettingsError tells everything that is wrong with them.

    A stack gets every default of `Pulumi.yaml`, those of `others`, the other kinds of stack, too: they are passed over
    as long as nobody changed them. `context` is what the model's validators have to know beside the settings.
    """
    from stacks.kinds import kind_of  # which imports this module

    commands.name_stack(pulumi.get_stack())
    config = {**pulumi.runtime.config.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
    prefix = f"{pulumi.get_project()}:"
    values = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    fields = _fields(model)
    elsewhere = {name: (other, info) for other in others for name, info in _fields(other).items()}
    kind = kind_of(pulumi.get_stack(), values.get("kind", ""))
    problems = list(provider_settings.refusals(config, kind.name, pulumi.get_stack()))
    parsed: dict[str, Any] = {}
    for name, value in values.items():
        if name in fields:
            secret = pulumi.runtime.config.is_config_secret(prefix + name)
            if name in model.SECRET and not secret and value not in ("", "{}"):
                problems.append(
                    f"{name} is set in plain text: take it out and set each value with "
                    f"{commands.set_secret(f'{name}.NAME')}"
                )
            else:
                parsed[name] = _parsed(fields[name], value)
        elif name not in elsewhere:
            problems.append(f"{name} is no setting: {nearest(name, fields)}")
        elif not _is_default(elsewhere[name][1], value):
            problems.append(f"{name} is a setting of {elsewhere[name][0].KIND}: take it out here and set it there")
    try:
        settings = model.model_validate(parsed, context=context, by_alias=True, by_name=False)
    except ValidationError as error:
        problems += [_sentence(detail, parsed, model.SECRET) for detail in error.errors()]
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


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
    "dict_type": "must be an object",
    "extra_forbidden": "is not known there: see Pulumi.yaml for what it may hold",
    "finite_number": "must be a number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le:.0f}",
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
    words = _WORDS.get(detail["type"])
    if words is None:
        message = detail["msg"].removeprefix("Value error, ")
        return f"{where}: {message}" if where else message
    if detail["type"] == "extra_forbidden" and (camel := to_camel(str(detail["loc"][-1]))) != detail["loc"][-1]:
        return f"{where} is not known there: write {camel}"
    shown = "" if detail["loc"][0] in secret or detail["type"] == "missing" else f", not {detail['input']!r}"
    if detail["type"] == "tuple_type":
        shown += f": write {_as_list(detail['input'])}" if shown else ""
    return f"{where} {words.format(**detail.get('ctx', {}))}" + ("" if ":" in words else shown)


def _where(path: Sequence[str | int], values: Any) -> str:
    """The path to a setting with the entries of lists by their names: `models[gpt].params`."""
    where = ""
    for part in path:
        values = values[part] if isinstance(values, Mapping | list) and _has(values, part) else None
        where += f"[{entry_name(values, int(part))}]" if isinstance(part, int) else f".{part}" * bool(where) or part
    return where


def _has(values: Mapping[str, Any] | Sequence[Any], part: str | int) -> bool:
    return part in values if isinstance(values, Mapping) else isinstance(part, int) and part < len(values)


def entry_name(entry: Any, index: int) -> str:
    """What an entry of a list is called in messages: its name or alias, else which one it is, counted from 1."""
    named = (entry.get("name") or entry.get("alias")) if isinstance(entry, Mapping) else None
    return named if isinstance(named, str) else f"entry {index + 1}"


def _as_list(value: Any) -> str:
    """How the value would be written as a list of one: as JSON, which YAML, `--set` and `pulumi config set` take."""
    return json.dumps([value])
