"""Reads schema.prisma, the language in which LiteLLM and Langfuse describe their tables.

The grammar is that of prisma.io/docs/orm/reference/prisma-schema-reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ops.schema.tables import SchemaError

_STRING = r'"(?:[^"\\]|\\.)*"'
_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_BLOCK = re.compile(r"^[ \t]*(\w+)[ \t]+(\w+)[ \t]*\{[ \t]*$", re.MULTILINE)
_FIELD = re.compile(rf"(\w+)\s+(\w+|Unsupported\({_STRING}\))(\[\]|\?|)(?:\s+|$)(?=@|$)")
_ATTRIBUTE = re.compile(r"@@?([\w.]+)(\()?\s*")
_NAMED = re.compile(r"(\w+)\s*:\s*")


@dataclass(frozen=True)
class Attribute:
    """`@name(...)` or `@@name(...)`: its arguments as they are written, those without a name by their position."""

    name: str
    arguments: Mapping[str, str]

    def text(self, name: str, position: str = "0") -> str:
        """The string of an argument, without quotes; empty when it is not there."""
        return unquote(self.arguments.get(name, self.arguments.get(position, "")))

    def fields(self, name: str = "fields") -> tuple[str, ...]:
        """The names of an argument that lists fields, without how each is sorted."""
        listed = self.arguments.get(name, self.arguments.get("0", "[]"))
        return tuple(item.partition("(")[0] for item in items(listed))


@dataclass(frozen=True, kw_only=True)
class Field:
    """One line of a model."""

    name: str
    type: str
    list: bool
    optional: bool
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True, kw_only=True)
class PrismaModel:
    """A `model` or a `view`."""

    name: str
    view: bool
    fields: Mapping[str, Field]
    attributes: tuple[Attribute, ...]
    """Those of the whole model (`@@`)."""


@dataclass(frozen=True, kw_only=True)
class Enum:
    """An enumerated type, with its name in the database."""

    name: str
    values: Mapping[str, str]
    """Prisma's name of each value, and the database's."""


@dataclass(frozen=True)
class Schema:
    """What a schema.prisma holds, by the names that Prisma gives it."""

    models: Mapping[str, PrismaModel]
    enums: Mapping[str, Enum]


def parse(text: str) -> Schema:
    """Read a whole schema.prisma. SchemaError names the line that cannot be read."""
    text = _COMMENT.sub(lambda found: found[1] or "", text)
    models: dict[str, PrismaModel] = {}
    enums: dict[str, Enum] = {}
    for block in _BLOCK.finditer(text):
        kind, name = block.groups()
        lines = list(_lines(text, block.end()))
        whole = tuple(attribute for line in lines if line.startswith("@@") for attribute in _attributes(line))
        own = [line for line in lines if not line.startswith("@@")]
        if kind in ("model", "view"):
            fields = (_field(line, name) for line in own)
            models[name] = PrismaModel(
                name=name, view=kind == "view", fields={field.name: field for field in fields}, attributes=whole
            )
        elif kind == "enum":
            entries = (line.split(None, 1) for line in own)
            values = {value: _mapped(_attributes("".join(rest))) or value for value, *rest in entries}
            enums[name] = Enum(name=_mapped(whole) or name, values=values)
    if not models:
        raise SchemaError("There is no model in it: name a schema.prisma.")
    return Schema(models, enums)


def _lines(text: str, start: int) -> Iterator[str]:
    """What stands between braces, each line whole: brackets may go over several."""
    line, depth = "", 0
    for token in re.finditer(rf"{_STRING}|[()\[\]{{}}\n]|[^\"()\[\]{{}}\n]+", text[start:]):
        word = token[0]
        if depth == 0 and word in "\n}":
            if line.strip():
                yield line.strip()
            line = ""
            if word == "}":
                return
            continue
        depth += {**dict.fromkeys("([{", 1), **dict.fromkeys(")]}", -1)}.get(word, 0)
        line += " " if word == "\n" else word
    raise SchemaError("A block has no closing brace: the file is not whole.")


def _field(line: str, model: str) -> Field:
    found = _FIELD.match(line)
    if found is None:
        raise SchemaError(f"Model {model}: `{line}` is no field of a schema.prisma.")
    name, type_, arity = found.groups()
    attributes = {attribute.name: attribute for attribute in _attributes(line[found.end() :])}
    return Field(name=name, type=type_, list=arity == "[]", optional=arity == "?", attributes=attributes)


def _attributes(text: str) -> Iterator[Attribute]:
    place = 0
    while found := _ATTRIBUTE.search(text, place):
        place = found.end()
        arguments: dict[str, str] = {}
        if found[2]:
            parts = list(_parts(text, place))
            place += sum(len(part) + 1 for part in parts)
            for position, part in enumerate(part.strip() for part in parts):
                named = _NAMED.match(part)
                if part:
                    arguments[named[1] if named else str(position)] = part[named.end() :] if named else part
        yield Attribute(found[1], arguments)


def _parts(text: str, start: int) -> Iterator[str]:
    """What commas separate from `start` up to the bracket that closes."""
    part, depth = "", 0
    for token in re.finditer(rf"{_STRING}|[()\[\],]|[^\"()\[\],]+", text[start:]):
        word = token[0]
        if depth == 0 and word in ",)]":
            yield part
            part = ""
            if word != ",":
                return
            continue
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(word, 0)
        part += word


def items(listed: str) -> tuple[str, ...]:
    """The items of `[a, b]`; of anything else, itself."""
    if not listed.startswith("["):
        return (listed,)
    return tuple(part.strip() for part in _parts(listed, 1) if part.strip())


def unquote(text: str) -> str:
    """A string without its quotes."""
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _mapped(attributes: Iterable[Attribute]) -> str:
    return next((attribute.text("name") for attribute in attributes if attribute.name == "map"), "")
