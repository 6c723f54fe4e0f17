"""Settings of the user's stack, adapted for the simulated cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network, ip_network
from typing import Any

from ops.model.recorder import OPERATOR_ADDRESS
from ops.project import PROJECT
from ops.stack.settings_file import StackConfig, is_encrypted
from stacks.addresses import RULES_PER_GROUP, with_own
from stacks.kinds import kind_of
from stacks.secrets import placeholder

_AWS_STACK, _MODELS = f"{PROJECT}:awsStack", f"{PROJECT}:models"
_COLLEAGUE = IPv4Network("198.51.100.7/32")


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """Settings of one stack: in plain by full key, as YAML has them, and secrets by path ("providerKeys.azure")."""

    stack: str
    plain: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict)


def engine_settings(config: StackConfig) -> EngineSettings:
    """The settings with stand-ins for encrypted values.

    `auto` in allowedCidrs becomes a documentation address: nobody is asked where this machine is. `awsStack` and
    `databricksStack` become the full name that the stack has in the rehearsal's own backend, which calls every
    organization `organization`.
    """
    own = dict(config.own)
    ADAPTATIONS[config.kind.name].settle(own)
    secrets = {
        path: placeholder(path) for key, value in own.items() for path in _encrypted(key.rpartition(":")[2], value)
    }
    plain = {key: _without_encrypted(value) for key, value in own.items() if not is_encrypted(value)}
    return EngineSettings(stack=config.stack, plain=plain, secrets=secrets)


def read_stack(settings: EngineSettings) -> str:
    """The stack that this one reads, such as the AWS stack of an Azure stack; empty when it reads none."""
    models = settings.plain.get(_MODELS) or []
    names = [settings.plain.get(_AWS_STACK, ""), *(model.get("databricksStack", "") for model in models)]
    return next((str(name).rpartition("/")[2] for name in names if name), "")


def needed_of_it(settings: EngineSettings) -> list[str]:
    """What must be set on the stack that this one reads: an Azure stack needs the entry for API Management."""
    return ["apimEntry=true"] if settings.plain.get(_AWS_STACK) else []


def stored_secrets(settings: EngineSettings) -> list[str]:
    """Names of the secrets of Secrets Manager that its targets refer to, which exist before the stack."""
    return sorted({target["clientSecret"] for target in settings.plain.get(f"{PROJECT}:targets", ())})


def documents(settings: EngineSettings) -> list[str]:
    """Paths of the OpenAPI documents that its targets name, from the project's folder."""
    named = {target.get("api", "drive") for target in settings.plain.get(f"{PROJECT}:targets", ())}
    return sorted(named - {"drive"})


def another(settings: EngineSettings) -> dict[str, Any]:
    """A setting that a user may change on a running stack, with its new value."""
    kind = kind_of(settings.stack, settings.plain.get(f"{PROJECT}:kind", ""))
    return ADAPTATIONS[kind.name].another(settings.plain)


@dataclass(frozen=True, kw_only=True)
class Adaptation:
    """How settings of one kind of stack are made ready for the simulated cloud, and which one changes on the way."""

    settle: Callable[[dict[str, Any]], None]
    another: Callable[[Mapping[str, Any]], dict[str, Any]]


def _settle_aws(config: dict[str, Any]) -> None:
    _settle_addresses(config)
    if models := config.get(_MODELS):
        config[_MODELS] = [
            {**model, "databricksStack": _in_own_backend(model["databricksStack"])}
            if model.get("databricksStack")
            else model
            for model in models
        ]


def _in_own_backend(stack: str) -> str:
    return f"organization/{PROJECT}/{stack.rpartition('/')[2]}"


def _settle_addresses(config: dict[str, Any]) -> None:
    cidrs = config.get(f"{PROJECT}:allowedCidrs", ["auto"])
    with suppress(ValueError):  # the program says what is wrong with a range
        config[f"{PROJECT}:allowedCidrs"] = list(with_own(cidrs, OPERATOR_ADDRESS))


def _another_range(config: Mapping[str, Any]) -> dict[str, Any]:
    """Who lets everybody in, or as many as a security group takes, gets another capacity of the database instead."""
    cidrs = config[f"{PROJECT}:allowedCidrs"]
    if any(ip_network(cidr).overlaps(_COLLEAGUE) for cidr in cidrs) or 2 * len(cidrs) + 2 >= RULES_PER_GROUP:
        return {f"{PROJECT}:auroraMaxCapacity": float(config.get(f"{PROJECT}:auroraMaxCapacity", 2)) + 1}
    return {f"{PROJECT}:allowedCidrs": [*cidrs, str(_COLLEAGUE)]}


def _settle_aws_stack(config: dict[str, Any]) -> None:
    if name := config.get(_AWS_STACK):
        config[_AWS_STACK] = _in_own_backend(name)


def _another_key_mode(config: Mapping[str, Any]) -> dict[str, Any]:
    mode = config.get(f"{PROJECT}:keyMode", "header")
    return {f"{PROJECT}:keyMode": "keyVault" if mode == "header" else "header"}


def _another_redirect(config: Mapping[str, Any]) -> dict[str, Any]:
    known = config.get(f"{PROJECT}:redirectUris", ["http://localhost"])
    return {f"{PROJECT}:redirectUris": [*known, "https://mcp-client.example.com/callback"]}


def _another_share(config: Mapping[str, Any]) -> dict[str, Any]:
    """Another limit of requests, or with two models that share the calls, one per cent more for the second."""
    models = [dict(model) for model in config[f"{PROJECT}:servedModels"]]
    sharing = [model for model in models if model["share"]]
    if len(sharing) < 2:
        return {f"{PROJECT}:requestsPerMinute": int(config.get(f"{PROJECT}:requestsPerMinute", 0)) + 1}
    sharing[0]["share"] -= 1
    sharing[1]["share"] += 1
    return {f"{PROJECT}:servedModels": models}


ADAPTATIONS: Mapping[str, Adaptation] = {
    "aws": Adaptation(settle=_settle_aws, another=_another_range),
    "azure": Adaptation(settle=_settle_aws_stack, another=_another_key_mode),
    "mcp": Adaptation(settle=lambda _: None, another=_another_redirect),
    "databricks": Adaptation(settle=lambda _: None, another=_another_share),
}
"""By the name of the kind (`stacks.kinds`)."""


def _encrypted(path: str, value: Any) -> Iterator[str]:
    if is_encrypted(value):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _encrypted(f"{path}.{key}", item)


def _without_encrypted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_encrypted(item) for key, item in value.items() if not is_encrypted(item)}
    return value
