"""API Management backends of models: one for each deployment, with a circuit breaker, and pools of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import apimanagement

from components.azure.guarded_api import ServicePlace
from policies.apim.models import TRIPPING, Provider, RoutedModel, backend_name


@dataclass(frozen=True, kw_only=True)
class ModelDeployment:
    """Where requests go: `url` takes `/chat/completions` behind itself. `key` names the key that calls carry, if any.

    Of `priority` the lowest number gets requests first; `weight` is the share among the same number.
    """

    url: str
    key: str | None = None
    priority: int = 1
    weight: int = 1


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A model with its deployments, of which more than one form a pool.

    A deployment is left out for `trip_duration` after `failures` answers 429 or 5xx within `interval` (ISO 8601). With
    `named_in_path` each `url` names its deployment.
    """

    name: str
    provider: Provider
    upstream: str
    deployments: Sequence[ModelDeployment]
    failures: int
    interval: str
    trip_duration: str
    named_in_path: bool = False

    @property
    def backend_ids(self) -> Sequence[str]:
        """The backend of each deployment."""
        return [f"{backend_name(self.name)}-{number}" for number in range(1, len(self.deployments) + 1)]

    @property
    def route(self) -> RoutedModel:
        """The model as the policy knows it."""
        pool = f"{backend_name(self.name)}-pool"
        return RoutedModel(
            name=self.name,
            provider=self.provider,
            upstream=self.upstream,
            backend_id=pool if len(self.deployments) > 1 else self.backend_ids[0],
            deployments=len(self.deployments),
            named_in_path=self.named_in_path,
        )


def key_value(key: str) -> str:
    """The named value that holds the provider key of that name."""
    return f"{key}-provider-key"


def create(
    model: ServedModel, keys: Mapping[str, apimanagement.NamedValue], place: ServicePlace
) -> Sequence[apimanagement.Backend]:
    """The backends of a model, its pool last. `keys` are the named values of provider keys, by name of the key."""
    singles = [
        _single(backend_id, model, deployment, keys, place)
        for backend_id, deployment in zip(model.backend_ids, model.deployments, strict=True)
    ]
    if len(singles) == 1:
        return singles
    pool = apimanagement.BackendBaseParametersPoolArgs(
        services=[
            apimanagement.BackendPoolItemArgs(id=single.id, priority=deployment.priority, weight=deployment.weight)
            for single, deployment in zip(singles, model.deployments, strict=True)
        ]
    )
    # It takes neither url nor protocol (Azure/bicep#14097).
    pooled = _backend(model.route.backend_id, place, *singles, type=apimanagement.BackendType.POOL, pool=pool)
    return [*singles, pooled]


def _single(
    backend_id: str,
    model: ServedModel,
    deployment: ModelDeployment,
    keys: Mapping[str, apimanagement.NamedValue],
    place: ServicePlace,
) -> apimanagement.Backend:
    key = deployment.key
    authorization = {"Authorization": [f"{{{{{key_value(key)}}}}}"]} if key else None
    return _backend(
        backend_id,
        place,
        *([keys[key]] if key else []),
        type=apimanagement.BackendType.SINGLE,
        url=deployment.url,
        protocol=apimanagement.BackendProtocol.HTTP,  # for https URLs too (Azure/bicep#14093)
        tls=apimanagement.BackendTlsPropertiesArgs(validate_certificate_chain=True, validate_certificate_name=True),
        credentials=apimanagement.BackendCredentialsContractArgs(header=authorization) if authorization else None,
        circuit_breaker=apimanagement.BackendCircuitBreakerArgs(rules=[_rule(model)]),
    )


def _backend(backend_id: str, place: ServicePlace, *after: pulumi.Resource, **inputs: Any) -> apimanagement.Backend:
    return apimanagement.Backend(
        f"{place.name}-{backend_id}",
        resource_group_name=place.resource_group_name,
        service_name=place.service_name,
        backend_id=backend_id,
        **inputs,
        opts=place.inside(*after),
    )


def _rule(model: ServedModel) -> apimanagement.CircuitBreakerRuleArgs:
    """One is the most that a backend takes (learn.microsoft.com, "Backends in API Management")."""
    return apimanagement.CircuitBreakerRuleArgs(
        name="failures",
        trip_duration=model.trip_duration,
        accept_retry_after=True,
        failure_condition=apimanagement.CircuitBreakerFailureConditionArgs(
            count=model.failures,
            interval=model.interval,
            status_code_ranges=[
                apimanagement.FailureStatusCodeRangeArgs(min=least, max=most) for least, most in TRIPPING
            ],
        ),
    )
