"""Pulumi settings of a stack, read from its YAML files as the engine would pass them to the program."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ops.project import PROJECT, stack_files
from stacks import provider_settings, secrets
from stacks.aws import regions
from stacks.errors import GenaiError, SettingsError
from stacks.kinds import Kind, kind_of

_AWS_REGION = "aws:region"


class StackConfigError(GenaiError):
    """The files or the overrides cannot be read; the message says what to write instead."""


class RefusedStackError(StackConfigError):
    """The files can be read, and what they say must not be worked with, not even to take the stack down."""


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """Configuration of one stack: full keys ("genaiplatform:size") and values as text, lists and objects as JSON."""

    stack: str
    values: Mapping[str, str]
    secret_keys: tuple[str, ...]
    """Keys with an encrypted part. It cannot be decrypted here; a placeholder of the right shape stands in."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """What the stack's file and the overrides say, without the project's defaults and as YAML has it."""

    @property
    def kind(self) -> Kind:
        """What kind of stack it is."""
        return kind_of(self.stack, self.setting("kind"))

    def setting(self, name: str) -> str:
        """One of the project's own settings; empty when it is not set."""
        return self.values.get(f"{PROJECT}:{name}", "")


def read(root: Path, stack: str, overrides: Sequence[str] = ()) -> StackConfig:
    """Merge `Pulumi.yaml`, `Pulumi.<stack>.yaml` and `overrides` ("key=value"), the later ones winning.

    StackConfigError for a stack without a file, a file that is no YAML, of another shape or with imports of Pulumi ESC,
    a value that Pulumi could not pass on, a key of no known namespace that nearly is one, a setting of a provider that
    would not reach all who ask the cloud, an override that is no assignment, a stack of no known kind, and one in no
    region of AWS.
    """
    stacks = stack_files(root)
    if stack not in stacks:
        raise StackConfigError(
            f"There is no stack {stack!r}: there is no file Pulumi.{stack}.yaml. "
            f"Use --stack with one of: {', '.join(stacks) or 'none, write the file first'}."
        )
    name, defaults = _project(root)
    loaded = _load(stacks[stack])
    if loaded.get("environment"):
        raise RefusedStackError(
            f"{stacks[stack].name} imports environments of Pulumi ESC, whose settings and variables only Pulumi sees: "
            "write the settings below `config:`, and give credentials to every command with "
            "`pulumi env run <environment> -- genai …`."
        )
    written = loaded.get("config") or {}
    own = {_full(name, key): value for key, value in written.items()}
    if twice := [key for key in written if ":" not in key and _full(name, key) in written]:
        raise StackConfigError(
            f"{stacks[stack].name} sets {twice[0]} twice, also as {_full(name, twice[0])}: leave one out."
        )
    merged = {**defaults, **own}
    for key in merged:
        _refuse_misspelled_namespace(name, key)
    texts = {key: (_text(key, value), _has_secret(value)) for key, value in merged.items()}
    for override in overrides:
        key, value = _assignment(override)
        _refuse_misspelled_namespace(name, key)
        own[_full(name, key)] = value
        texts[_full(name, key)] = (value if isinstance(value, str) else json.dumps(value), False)
    try:
        kind = kind_of(stack, texts.get(f"{name}:kind", ("", False))[0])
    except SettingsError as error:
        raise RefusedStackError(str(error)) from error
    if problems := provider_settings.refusals(texts, kind.name, stack):
        raise RefusedStackError("\n".join(problems))
    if kind.region_key == _AWS_REGION and _AWS_REGION in texts and (problem := regions.problem(texts[_AWS_REGION][0])):
        raise StackConfigError(f"{_AWS_REGION}: {problem}" + "." * (not problem.endswith("?")))
    return StackConfig(
        stack=stack,
        values={key: text for key, (text, _) in texts.items()},
        secret_keys=tuple(key for key, (_, secret) in texts.items() if secret),
        own=own,
    )


def read_project(root: Path) -> Mapping[str, str]:
    """What `Pulumi.yaml` gives to every stack, as the values of `StackConfig`."""
    return {key: _text(key, value) for key, value in _project(root)[1].items()}


def _project(root: Path) -> tuple[str, dict[str, Any]]:
    """The project's name, and by full key what it declares for every stack."""
    project = _load(root / "Pulumi.yaml")
    name = project.get("name")
    if not isinstance(name, str) or not name:
        raise StackConfigError("Pulumi.yaml does not name the project: write `name: genaiplatform` into it.")
    declared = {key: _declared(entry) for key, entry in (project.get("config") or {}).items()}
    return name, {_full(name, key): value for key, value in declared.items() if value is not None}


def load_yaml(path: Path) -> Any:
    """What the YAML file holds, as Pulumi would read it; StackConfigError, which shows nothing of it, for another."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506  a SafeLoader
    except OSError as error:
        raise StackConfigError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise StackConfigError(f"{path.name} cannot be read: {error}. Save it as UTF-8.") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # ValueError: a date or a number that cannot be
        raise StackConfigError(f"{path.name} is no valid YAML: {_without_text(error)}") from error
    except RecursionError as error:
        raise StackConfigError(f"{path.name} is nested too deeply: write it flat.") from error


def _load(path: Path) -> dict[str, Any]:
    loaded = load_yaml(path) or {}
    config = loaded.get("config") or {} if isinstance(loaded, dict) else None
    if not isinstance(config, dict) or not all(isinstance(key, str) for key in config):
        raise StackConfigError(
            f"{path.name} does not hold settings by name: write them below `config:`, each as a line such as "
            "`genaiplatform:size: day`."
        )
    for key, value in config.items():
        _refuse_what_is_no_json(f"{path.name}: {key}", value, _Walk())
    return dict(loaded)


class Loader(yaml.SafeLoader):
    """Reads as Pulumi does (gopkg.in/yaml.v3): a key that stands twice is refused, and text is text where PyYAML sees
    a truth value (yes, off), a time of day in seconds (1:30), or no number (1e-6).
    """

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        """The number, a whole one as JSON in Go has it: 1.0 is 1."""
        found: float = super().construct_yaml_float(node)
        return int(found) if found.is_integer() and abs(found) < 2**53 else found

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping, if its keys differ."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if (key.tag, key.value) in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key.value!r} stands twice: leave one out", key.start_mark
                    )
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


def _without_text(error: Exception) -> str:
    """What is wrong and where, without the lines themselves, which may hold a secret."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return str(error)
    mark = error.problem_mark
    return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"


_NUMBER = r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?"
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":null", ":merge", ":timestamp"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)", "-+0123456789"),
    ("float", rf"{_NUMBER}|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+.0123456789"),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_first))
Loader.add_constructor("tag:yaml.org,2002:float", Loader.construct_number)

_LARGEST = 10_000
"""Parts of one setting; an alias counts as often as it stands."""
_DEEPEST = 50
"""Lists and objects inside each other."""


@dataclass
class _Walk:
    """How much of a value was seen."""

    parts: int = 0


def _refuse_what_is_no_json(where: str, value: Any, walk: _Walk, depth: int = 0) -> None:
    """Refuse what is no JSON: YAML knows dates, sets, bytes, endless numbers, and anchors to themselves."""
    walk.parts += 1
    if walk.parts > _LARGEST or depth > _DEEPEST:
        raise StackConfigError(
            f"{where[:200]} is too large or holds itself (by an anchor): write it out, without `&` and `*`."
        )
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise StackConfigError(f"{where}: the key {_shown(key)} is no text but {_kind(key)}: put it in quotes.")
            _refuse_what_is_no_json(f"{where}.{key}", item, walk, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_what_is_no_json(f"{where}[{index}]", item, walk, depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise StackConfigError(
            f"{where} is {value}, which is no number that can be passed on: write another, or quotes."
        )
    elif isinstance(value, int) and abs(value) >= 2**64:
        raise StackConfigError(f"{where} is a number of more than 64 bits: put it in quotes if it is meant.")
    elif not isinstance(value, str | int | float | None):
        raise StackConfigError(f"{where} is no text but {_kind(value)}: put it in quotes.")


def _kind(value: Any) -> str:
    kinds = {"date": "a date", "datetime": "a time", "bool": "a truth value", "int": "a number", "float": "a number"}
    return kinds.get(type(value).__name__, f"of the kind {type(value).__name__}")


def _shown(value: Any) -> str:
    return "of 64 bits or more" if isinstance(value, int) and abs(value) >= 2**64 else str(value)[:60]


def _refuse_misspelled_namespace(project: str, key: str) -> None:
    """Pulumi leaves alone what belongs to no package here, so a slip would only show as a default."""
    known = (project, "aws", "azure-native", "azuread", "databricks", "kubernetes")
    namespace, colon, name = key.partition(":")
    if not colon:
        return
    near = difflib.get_close_matches(namespace, known, n=1, cutoff=0.8)
    if near and namespace not in (*known, "awsx", "azure"):  # these two are packages of their own
        raise StackConfigError(f"{key} belongs to nothing here: did you mean {near[0]}:{name}?")


def _declared(entry: Any) -> Any:
    """The value that a project-level declaration gives; the default wins, as in Pulumi (pkg/workspace/config.go)."""
    if not isinstance(entry, dict):
        return entry
    return entry.get("default", entry.get("value"))


def _full(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def is_encrypted(value: Any) -> bool:
    """Whether it is a value that only Pulumi can read."""
    return isinstance(value, dict) and list(value) == ["secure"] and isinstance(value["secure"], str)


def _has_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return is_encrypted(value) or any(map(_has_secret, value.values()))
    return isinstance(value, list) and any(map(_has_secret, value))


def _without_secrets(path: str, value: Any) -> Any:
    if is_encrypted(value):
        return secrets.placeholder(path)
    if isinstance(value, dict):
        return {key: _without_secrets(f"{path}.{key}", item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(f"{path}[{index}]", item) for index, item in enumerate(value)]
    return value


def _text(key: str, value: Any) -> str:
    """Text stays as it is; anything else becomes JSON (sdk/go/common/resource/config/object.go, MarshalString).

    Nothing at all is an empty text to the engine, which says so in a warning.
    """
    if value is None:
        return ""
    opened = _without_secrets(key.partition(":")[2], value)
    return opened if isinstance(opened, str) else json.dumps(opened)


def _assignment(override: str) -> tuple[str, Any]:
    key, equals, value = override.partition("=")
    if not key or not equals:
        raise StackConfigError(f"--set {override} is no assignment: write for example --set size=team.")
    try:
        parsed = yaml.load(value, Loader)  # noqa: S506  a SafeLoader
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise StackConfigError(f"--set {key}: what is set is neither a YAML scalar nor JSON.") from error
    if isinstance(parsed, dict | list):
        _refuse_what_is_no_json(f"--set {key}", parsed, _Walk())
    # A scalar is passed as typed, as `pulumi config set` does: 1.40 stays 1.40.
    return key, parsed if isinstance(parsed, dict | list) else value
