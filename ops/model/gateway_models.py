"""Models that API Management serves by itself, read from the recorded program: deployments, pools, breakers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.model.recorder import Recording, plain
from policies.apim.models import EMBEDDINGS_BACKEND_ID, PROVIDERS, SAFETY_BACKEND_ID

_BACKEND = "azure-native:apimanagement:Backend"


@dataclass(frozen=True, kw_only=True)
class DeploymentFacts:
    """One deployment: where it is, its part in the pool (None when it is alone), and when it is left out."""

    host: str
    name: str
    """What its address calls it; empty where the body of the request does."""
    priority: int | None
    weight: int | None
    breaker: str

    @property
    def short(self) -> str:
        """The account, with the deployment where its address names it."""
        return self.host.partition(".")[0] + (f"/{self.name}" if self.name else "")


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """A model with its deployments, in the order of the settings."""

    name: str
    provider: str
    deployments: Sequence[DeploymentFacts]

    @property
    def order(self) -> str:
        """In a pool, who is asked first and who then, with weights where a priority has several; else empty."""
        if len(self.deployments) == 1:
            return ""
        ranks: dict[int, list[DeploymentFacts]] = {}
        for one in self.deployments:
            ranks.setdefault(one.priority or 0, []).append(one)
        return ": " + ", then ".join(
            " + ".join(f"{one.short} ({one.weight})" if len(rank) > 1 else one.short for one in rank)
            for _, rank in sorted(ranks.items())
        )


def gateway_models(recording: Recording) -> Sequence[ModelFacts]:
    """What the stack exports as `gatewayModels`; empty without."""
    backends = {
        str(inputs["backendId"]): inputs for inputs in (plain(one.inputs) for one in recording.of_type(_BACKEND))
    }
    return [
        ModelFacts(
            name=model["name"],
            provider=PROVIDERS[model["provider"]].title,
            deployments=list(_deployments(model["deployments"], backends)),
        )
        for model in plain(recording.outputs).get("gatewayModels", ())
    ]


def safety_host(recording: Recording) -> str | None:
    """The host that prompts go to first; None when nobody checks them."""
    for one in recording.of_type("azure-native:resources:Deployment"):
        inputs = plain(one.inputs)
        if inputs.get("deploymentName") == SAFETY_BACKEND_ID:
            return _host(inputs["properties"]["template"]["resources"][0]["properties"]["url"])
    return None


def embeddings_host(recording: Recording) -> str | None:
    """The host that says what a question means, so that its answer can be given again; None when no answer is kept."""
    for inputs in (plain(one.inputs) for one in recording.of_type(_BACKEND)):
        if inputs["backendId"] == EMBEDDINGS_BACKEND_ID:
            return _host(inputs["url"])
    return None


def _deployments(ids: Sequence[str], backends: Mapping[str, Mapping[str, Any]]) -> Iterator[DeploymentFacts]:
    pool = backends.get(f"{ids[0].rpartition('-')[0]}-pool")
    services: Sequence[Mapping[str, Any]] = pool["pool"]["services"] if pool else [{}]
    for id_, service in zip(ids, services, strict=True):
        url, (rule,) = backends[id_]["url"], backends[id_]["circuitBreaker"]["rules"]
        named = re.search(r"/deployments/([^/]+)", url)
        yield DeploymentFacts(
            host=_host(url),
            name=named[1] if named else "",
            priority=service.get("priority"),
            weight=service.get("weight"),
            breaker=_breaker(rule),
        )


def _breaker(rule: Mapping[str, Any]) -> str:
    failures = rule["failureCondition"]["count"]
    return (
        f"left out for {_duration(rule['tripDuration'])} after {failures} failure{'s' * (failures != 1)} in "
        f"{_duration(rule['failureCondition']['interval'])}"
    )


def _duration(iso: str) -> str:
    """PT30S as 30s, as settings have it."""
    return re.sub("^PT?", "", iso).lower()


def _host(url: str) -> str:
    return re.sub(r"https://([^/:]+).*", r"\1", url)
