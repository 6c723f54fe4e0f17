"""Models that API Management serves without LiteLLM (`gatewayModels`): their settings, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from charts.shapes import Duration, Frozen, Name, text
from components.azure.model_backends import ModelDeployment, ServedModel
from policies.apim.models import PROVIDERS, USERS, Provider, backend_name
from stacks.fields import OpenAIAccountId, nearest
from stacks.secrets import unset

_LONGEST = 86_400
"""Seconds. The longest interval of a circuit breaker that Microsoft shows is a day (learn.microsoft.com, "Backends in
API Management")."""

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(duration: str) -> int:
    """Seconds of 30s, 5m, 1h or 1d."""
    return int(duration[:-1]) * _SECONDS[duration[-1]]


def _at_most_a_day(duration: str) -> str:
    if seconds(duration) > _LONGEST:
        raise ValueError(f"{duration!r} is longer than a day: set at most 1d")
    return duration


ShortDuration = Annotated[Duration, AfterValidator(_at_most_a_day)]
"""At most a day."""


def account_name(account: str) -> str:
    """The name in the id of an account, as its usual address has it."""
    return account.rpartition("/")[2].lower()


Endpoint = Annotated[
    str,
    text(r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{1,5})?(/[\w.~-]+)*", "an https address without / at its end"),
]


UpstreamModel = Annotated[str, text(r"[A-Za-z0-9][\w.-]{0,127}", "the name of a deployment or model")]


class CircuitBreaker(Frozen):
    """When API Management stops sending requests to a deployment, and for how long where it does not say Retry-After.

    `failures` are answers 429 and 5xx within `interval`.
    """

    failures: int | None = Field(default=None, ge=1, le=10_000)
    """None for 1 in a pool, so that the next request goes to another deployment, and 10 where there is no other."""
    interval: ShortDuration = "1m"
    trip_duration: ShortDuration = "1m"


class Deployment(Frozen):
    """Where a model runs: an Azure OpenAI account, or a provider that takes one of the `providerKeys`."""

    account: OpenAIAccountId | None = None
    key: str | None = None
    """A name under `providerKeys`."""
    model: UpstreamModel | None = None
    """What the provider calls the model there, where that is not what the entry says of all deployments."""
    endpoint: Endpoint | None = None
    """Address of the provider without the path of its API's version; None for the usual one."""
    priority: int = Field(default=1, ge=0, le=100)
    """Deployments of a higher number get requests only while every one of a lower number is out."""
    weight: int = Field(default=1, ge=1, le=100)
    """Share of the requests among those of the same priority."""

    def url(self, provider: Provider, path: str) -> str:
        """Address that takes `/chat/completions` behind it."""
        usual = PROVIDERS[provider].endpoint.format(account=account_name(self.account or ""))
        return (self.endpoint or usual) + path


class GatewayModel(Frozen):
    """One entry of `gatewayModels`: a model of one provider, with one deployment or a pool of them."""

    name: Name
    """What callers ask for."""
    provider: Provider
    model: UpstreamModel | None = None
    deployments: tuple[Deployment, ...]
    circuit_breaker: CircuitBreaker = CircuitBreaker()

    @property
    def upstreams(self) -> Sequence[str]:
        """What the provider calls it in each deployment: at Azure OpenAI the deployment's name."""
        return [one.model or self.model or self.name for one in self.deployments]

    @property
    def named_in_path(self) -> bool:
        """Whether deployments have several names: a pool chooses one after the body was written."""
        return len({*self.upstreams}) > 1

    @property
    def urls(self) -> Sequence[str]:
        """Address of each deployment, which takes `/chat/completions` behind it."""
        row = PROVIDERS[self.provider]
        path = row.named_path if self.named_in_path and row.named_path else row.path
        return [
            one.url(self.provider, path.format(deployment=upstream))
            for one, upstream in zip(self.deployments, self.upstreams, strict=True)
        ]

    @model_validator(mode="after")
    def _deployments_fit(self) -> GatewayModel:
        if problems := list(self._problems()):
            raise ValueError("\n".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        many = PROVIDERS[self.provider].deployments
        if not 1 <= len(self.deployments) <= _LARGEST_POOL:
            yield f"deployments has {len(self.deployments)} entries: name 1 to {_LARGEST_POOL}"
        if self.named_in_path and not PROVIDERS[self.provider].named_path:
            yield (
                f"deployments have the models {', '.join(sorted({*self.upstreams}))}: set one, because a pool of "
                f"{self.provider} chooses a deployment after the model was written into the request"
            )
        seen: set[tuple[str, str]] = set()
        for number, (deployment, upstream) in enumerate(zip(self.deployments, self.upstreams, strict=True), 1):
            where = f"deployments[{number}]"
            if len(self.deployments) > 1 and _of_another_provider(self.provider, deployment):
                yield f"{where} is not of {self.provider}: a pool holds one provider, so make it a model of its own"
                continue
            yield from (f"{where}{problem}" for problem in _deployment_problems(self.provider, deployment))
            known = ((deployment.account or deployment.key or "").lower(), upstream.lower())
            if known in seen:
                yield (
                    f"{where} is another one's {many} with the same model, whose quota they would share: take one of "
                    "them out"
                )
            seen.add(known)
        if len(self.deployments) == 1:
            for name in sorted({"priority", "weight"} & self.deployments[0].model_fields_set):
                yield f"{name} says how a pool is shared, and there is one deployment only: take it out, or add another"


_LARGEST_POOL = 30
"""Backends (learn.microsoft.com, "Backends in API Management", limitations of load-balanced pools)."""


def served(models: Sequence[GatewayModel]) -> Sequence[ServedModel]:
    """The models as the component takes them."""
    return [
        ServedModel(
            name=model.name,
            provider=model.provider,
            upstream=model.upstreams[0],
            deployments=[
                ModelDeployment(url=url, key=one.key, priority=one.priority, weight=one.weight)
                for one, url in zip(model.deployments, model.urls, strict=True)
            ],
            named_in_path=model.named_in_path,
            failures=model.circuit_breaker.failures or (1 if len(model.deployments) > 1 else 10),
            interval=_iso(model.circuit_breaker.interval),
            trip_duration=_iso(model.circuit_breaker.trip_duration),
        )
        for model in models
    ]


def _iso(duration: str) -> str:
    """30s as PT30S, 1d as P1D: ISO 8601, as Azure Resource Manager takes it."""
    return ("P" if duration.endswith("d") else "PT") + duration.upper()


def _of_another_provider(provider: Provider, deployment: Deployment) -> bool:
    """Whether it has what a deployment of the other kind has, and nothing of its own."""
    own, other = deployment.account, deployment.key
    if not PROVIDERS[provider].managed_identity:
        own, other = other, own
    return own is None and other is not None


def _deployment_problems(provider: Provider, deployment: Deployment) -> Iterator[str]:
    row = PROVIDERS[provider]
    if row.managed_identity:
        if deployment.account is None:
            yield f".account is missing: {provider} is called by the gateway's identity, which needs a role there"
        if deployment.key is not None:
            yield f".key is set, and {provider} is called without a key: take it out"
    else:
        if deployment.key is None:
            yield f".key is missing: name the one of providerKeys that {provider} takes"
        if deployment.account is not None:
            yield f".account is an Azure OpenAI account, which has no model of {provider}: take it out"
    if deployment.endpoint and not re.fullmatch(row.hosts, host_of(deployment.endpoint)):
        yield f".endpoint {deployment.endpoint} is no address of {provider}: set one such as {row.example}"


def host_of(endpoint: str) -> str:
    """The host of an address."""
    return re.sub(r"https://([^/:]+).*", r"\1", endpoint)


def problems(
    models: Sequence[GatewayModel],
    provider_keys: Collection[str],
    clients: Mapping[str, Sequence[str]],
    limited: Collection[str],
) -> Iterator[str]:
    """What of the models does not fit the rest of the settings.

    `clients` are the models each client may use, by its name; `limited` are the clients with a limit of tokens.
    """
    names = [model.name for model in models]
    backends: dict[str, str] = {}
    for model in models:
        other = backends.setdefault(backend_name(model.name), model.name)
        if other != model.name:
            yield f"gatewayModels: {other} and {model.name} differ in . and - alone, which backends do not: rename one"
        for deployment in model.deployments:
            if deployment.key is not None and deployment.key not in provider_keys:
                yield f"gatewayModels: {model.name} takes the provider key {unset(deployment.key)}"
    for client, wanted in clients.items():
        for name in wanted:
            if name not in names:
                yield f"clients: {client} names the model {name!r}, which is none of gatewayModels: " + (
                    nearest(name, names) if names else "add it there, or take it out here"
                )
    if models and USERS in clients:
        yield f"clients: {USERS} is how the model gateway calls people with a token of their own: rename the client"
    if not models:
        for client in limited:
            yield f"clients: {client} has a limit of tokens, and there are no gatewayModels to limit: take it out"
