"""Reads the configuration of a stack from its YAML files, as the Pulumi engine would pass it to the program."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stacks import provider_settings, secrets
from stacks.kinds import Kind, kind_of


class StackConfigError(ValueError):
    """The files or the overrides cannot be read; the message says what to write instead."""


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """Configuration of one stack: full keys ("genaiplatform:size") and values as text, lists and objects as JSON."""

    stack: str
    values: Mapping[str, str]
    secret_keys: tuple[str, ...]
    """Keys with an encrypted part. It cannot be decrypted here; a placeholder of the right shape stands in."""

    @property
    def kind(self) -> Kind:
        """What kind of stack it is; SettingsError when nothing says it."""
        return kind_of(self.stack, self.values.get("genaiplatform:kind", ""))


def read(root: Path, stack: str, overrides: Sequence[str] = ()) -> StackConfig:
    """Merge `Pulumi.yaml`, `Pulumi.<stack>.yaml` and `overrides` ("key=value"), the later ones winning.

    StackConfigError for a stack without a file, a file that is no YAML, of another shape or with imports of Pulumi ESC,
    a key of no known namespace that nearly is one, a setting of a provider that would not reach all who ask the cloud,
    and an override that is no assignment.
    """
    files = sorted(root.glob("Pulumi.*.yaml"))
    stacks = {path.name.removeprefix("Pulumi.").removesuffix(".yaml"): path for path in files}
    if stack not in stacks:
        raise StackConfigError(
            f"There is no stack {stack!r}: there is no file Pulumi.{stack}.yaml. "
            f"Use --stack with one of: {', '.join(stacks) or 'none, write the file first'}."
        )
    project = _load(root / "Pulumi.yaml")
    name = project["name"]
    declared = {key: _declared(entry) for key, entry in (project.get("config") or {}).items()}
    own = _load(stacks[stack])
    if own.get("environment"):
        raise StackConfigError(
            f"{stacks[stack].name} imports environments of Pulumi ESC, whose settings and variables only Pulumi sees: "
            "write the settings below `config:`, and give credentials to every command with "
            "`pulumi env run <environment> -- genai …`."
        )
    merged = {
        **{_full(name, key): value for key, value in declared.items() if value is not None},
        **{_full(name, key): value for key, value in (own.get("config") or {}).items()},
    }
    for key in merged:
        _refuse_misspelled_namespace(name, key)
    texts = {key: (_text(key, value), _has_secret(value)) for key, value in merged.items()}
    for override in overrides:
        key, value = _assignment(override)
        texts[_full(name, key)] = (value, False)
    if problems := provider_settings.refusals(texts, stack):
        raise StackConfigError("\n".join(problems))
    return StackConfig(
        stack=stack,
        values={key: text for key, (text, _) in texts.items()},
        secret_keys=tuple(key for key, (_, secret) in texts.items() if secret),
    )


def _load(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError) as error:
        raise StackConfigError(f"{path.name} cannot be read: {error}.") from error
    except yaml.YAMLError as error:
        raise StackConfigError(f"{path.name} is no valid YAML: {error}") from error
    config = loaded.get("config") or {} if isinstance(loaded, dict) else None
    if not isinstance(config, dict) or not all(isinstance(key, str) for key in config):
        raise StackConfigError(
            f"{path.name} does not hold settings by name: write them below `config:`, each as a line such as "
            "`genaiplatform:size: day`."
        )
    return dict(loaded)


def _refuse_misspelled_namespace(project: str, key: str) -> None:
    """Pulumi leaves alone what belongs to no package here, so a slip would only show as a default."""
    known = (project, "aws", "azure-native", "azuread", "kubernetes")
    namespace, _, name = key.partition(":")
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


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and list(value) == ["secure"] and isinstance(value["secure"], str)


def _has_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return _is_secret(value) or any(map(_has_secret, value.values()))
    return isinstance(value, list) and any(map(_has_secret, value))


def _without_secrets(path: str, value: Any) -> Any:
    if _is_secret(value):
        return secrets.placeholder(path)
    if isinstance(value, dict):
        return {key: _without_secrets(f"{path}.{key}", item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(f"{path}[{index}]", item) for index, item in enumerate(value)]
    return value


def _text(key: str, value: Any) -> str:
    """Text stays as it is; anything else becomes JSON (sdk/go/common/resource/config/object.go, MarshalString)."""
    opened = _without_secrets(key.partition(":")[2], value)
    return opened if isinstance(opened, str) else json.dumps(opened, default=str)


def _assignment(override: str) -> tuple[str, str]:
    key, equals, value = override.partition("=")
    if not key or not equals:
        raise StackConfigError(f"--set {override} is no assignment: write for example --set size=team.")
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise StackConfigError(f"--set {key}: {value} is neither a YAML scalar nor JSON ({error}).") from error
    # A scalar is passed as typed, as `pulumi config set` does: 1.40 stays 1.40.
    return key, json.dumps(parsed) if isinstance(parsed, dict | list) else value
