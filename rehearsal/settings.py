"""The settings of the user's stack, as the copy of the project gets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network, ip_network
from typing import Any

import yaml

from ops.recorder import OPERATOR_ADDRESS, PROJECT, ROOT
from stacks.addresses import RULES_PER_GROUP, with_own
from stacks.secrets import placeholder

_BEHIND = f"{PROJECT}:awsStack"
_COLLEAGUE = IPv4Network("198.51.100.7/32")


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """Settings of one stack: in plain by full key, as YAML has them, and secrets by path ("providerKeys.azure")."""

    stack: str
    plain: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict)


def read(stack: str, overrides: Sequence[str]) -> EngineSettings:
    """The settings with stand-ins for encrypted values; `ops.plan.stack_config` has accepted files and overrides.

    `auto` in allowedCidrs becomes a documentation address: nobody is asked where this machine is. `awsStack` becomes
    the full name that the stack has in the rehearsal's own backend, which calls every organization `organization`.
    """
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    found = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text()) or {}
    config = dict(found.get("config") or {})
    for override in overrides:
        key, _, text = override.partition("=")
        kind = (declared.get(key) or {}).get("type")
        config[key if ":" in key else f"{PROJECT}:{key}"] = text if kind == "string" else yaml.safe_load(text)
    if not is_azure(stack):
        cidrs = config.get(f"{PROJECT}:allowedCidrs", ["auto"])
        with suppress(ValueError):  # the program says what is wrong with a range
            config[f"{PROJECT}:allowedCidrs"] = list(with_own(cidrs, OPERATOR_ADDRESS))
    elif name := config.get(_BEHIND):
        config[_BEHIND] = f"organization/{PROJECT}/{name.rpartition('/')[2]}"
    secrets = {
        path: placeholder(path) for key, value in config.items() for path in _encrypted(key.rpartition(":")[2], value)
    }
    plain = {key: _without_encrypted(value) for key, value in config.items() if not _is_encrypted(value)}
    return EngineSettings(stack=stack, plain=plain, secrets=secrets)


def behind(settings: EngineSettings) -> str:
    """The stack that an Azure stack reads; empty when it has the outputs among its settings."""
    return str(settings.plain.get(_BEHIND, "")).rpartition("/")[2]


def is_azure(stack: str) -> bool:
    """Whether it is an Azure front door, as the program decides it."""
    return stack.startswith("azure")


def another(settings: EngineSettings) -> dict[str, Any]:
    """A setting that a user may change on a running day: who may enter, or where the gateway finds the key.

    Who lets everybody in, or as many as a security group takes, gets another capacity of the database instead.
    """
    config = settings.plain
    if is_azure(settings.stack):
        mode = config.get(f"{PROJECT}:keyMode", "header")
        return {f"{PROJECT}:keyMode": "keyVault" if mode == "header" else "header"}
    cidrs = config[f"{PROJECT}:allowedCidrs"]
    if any(ip_network(cidr).overlaps(_COLLEAGUE) for cidr in cidrs) or 2 * len(cidrs) + 2 >= RULES_PER_GROUP:
        return {f"{PROJECT}:auroraMaxCapacity": float(config.get(f"{PROJECT}:auroraMaxCapacity", 2)) + 1}
    return {f"{PROJECT}:allowedCidrs": [*cidrs, str(_COLLEAGUE)]}


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
