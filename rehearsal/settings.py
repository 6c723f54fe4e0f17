"""The settings of the user's stack, as the copy of the project gets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from ops.plan.stack_config import StackConfigError
from ops.recorder import OPERATOR_ADDRESS, PROJECT, ROOT
from stacks.secrets import placeholder


def read(stack: str, overrides: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Full keys with values as YAML has them, and stand-ins for encrypted values by path ("providerKeys.azure").

    `auto` in allowedCidrs becomes a documentation address: nobody is asked where this machine is.
    """
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    found = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text()) or {}
    config = dict(found.get("config") or {})
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals:
            raise StackConfigError(f"--set {override} is no assignment: write for example --set size=team.")
        kind = (declared.get(key) or {}).get("type")
        config[key if ":" in key else f"{PROJECT}:{key}"] = text if kind == "string" else yaml.safe_load(text)
    if not is_azure(stack):
        cidrs = config.get(f"{PROJECT}:allowedCidrs", ["auto"])
        config[f"{PROJECT}:allowedCidrs"] = [f"{OPERATOR_ADDRESS}/32" if cidr == "auto" else cidr for cidr in cidrs]
    secret = {
        path: placeholder(path) for key, value in config.items() for path in _encrypted(key.rpartition(":")[2], value)
    }
    return {key: _without_encrypted(value) for key, value in config.items() if not _is_encrypted(value)}, secret


def is_azure(stack: str) -> bool:
    """Whether it is an Azure front door, as the program decides it."""
    return stack.startswith("azure")


def another(stack: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """A setting that a user may change on a running day: who may enter, or where the gateway finds the key."""
    if is_azure(stack):
        mode = config.get(f"{PROJECT}:keyMode", "header")
        return {f"{PROJECT}:keyMode": "keyVault" if mode == "header" else "header"}
    return {f"{PROJECT}:allowedCidrs": [*config[f"{PROJECT}:allowedCidrs"], "198.51.100.7/32"]}


def _is_encrypted(value: Any) -> bool:
    return isinstance(value, Mapping) and list(value) == ["secure"]


def _encrypted(path: str, value: Any) -> Iterator[str]:
    if _is_encrypted(value):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _encrypted(f"{path}.{key}", item)


def _without_encrypted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_encrypted(item) for key, item in value.items() if not _is_encrypted(item)}
    return value
