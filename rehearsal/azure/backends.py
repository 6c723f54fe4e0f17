"""API Management backends as Azure accepts them: single ones with one rule of a circuit breaker, and pools of those."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.package import Properties

EXISTING_ACCOUNT = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.CognitiveServices/accounts/[^/]+", re.IGNORECASE
)
"""An Azure OpenAI account, which is there before the stack and stays."""


def refusals(id_: str, inputs: Properties, resources: Mapping[str, Properties]) -> Iterator[str]:
    """What Azure refuses of a backend (Azure/bicep#14097; learn.microsoft.com, "Backends in API Management")."""
    if inputs.get("type") != "Pool":
        rules = (inputs.get("circuitBreaker") or {}).get("rules") or []
        if len(rules) > 1:
            yield f"ValidationError: {id_} has {len(rules)} rules of a circuit breaker, one is the most"
        for rule in rules:
            for duration in (rule["tripDuration"], rule["failureCondition"]["interval"]):
                if not re.fullmatch(r"P(\d+D|T(\d+H)?(\d+M)?(\d+S)?)", duration):
                    yield f"ValidationError: {duration!r} is no duration of ISO 8601"
        return
    for name in ("url", "protocol"):
        if inputs.get(name):
            yield f"ValidationError: {name.title()} is not supported for backend pool"
    for service in members(inputs):
        if resources.get(service["id"], {}).get("type") != "Single":
            yield f"ValidationError: {service['id']} is no single backend of this gateway"
        for name in ("priority", "weight"):
            if not 0 <= service.get(name, 0) <= 100:
                yield f"ValidationError: {name} {service[name]} is not between 0 and 100"


def members(inputs: Properties) -> list[dict[str, Any]]:
    """The backends of a pool."""
    return list((inputs.get("pool") or {}).get("services") or [])


def pools_of(id_: str, resources: Mapping[str, Properties]) -> list[str]:
    """The pools that a backend is in."""
    return [pool for pool, inputs in resources.items() if id_ in [one["id"] for one in members(inputs)]]


def deployed(resources: Mapping[str, Properties]) -> Iterator[str]:
    """Ids of the backends that ARM templates brought: those are named after the parameter `service`."""
    for id_, inputs in resources.items():
        group, found, _ = id_.partition("/providers/Microsoft.Resources/deployments/")
        properties = inputs["properties"] if found else {}
        for one in properties.get("template", {}).get("resources", ()):
            if one["type"] == "Microsoft.ApiManagement/service/backends":
                service = properties["parameters"]["service"]["value"]
                name = one["name"].partition("/")[2].partition("'")[0]
                yield f"{group}/providers/Microsoft.ApiManagement/service/{service}/backends/{name}"
