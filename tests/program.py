"""The whole program, recorded once for each way of running it."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ops.model.recorder import Recording, Resource, Secret, record

DAY: Mapping[str, Any] = {}
TEAM: Mapping[str, Any] = {"size": "team"}
WITH_DOMAIN: Mapping[str, Any] = {"domain": "genai.example.com", "apimEntry": True}
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "day": DAY,
    "team": TEAM,
    "day with a domain": WITH_DOMAIN,
    "team with a domain": {**TEAM, **WITH_DOMAIN},
    "day with an entry for API Management and provider keys": {
        "apimEntry": True,
        "providerKeys": {"azure": "provider-key-in-config"},
        "models": [
            {"name": "gpt", "model": "azure/deployment", "providerKey": "azure", "params": {"api_base": "https://x"}},
            {"name": "profile", "model": "bedrock/us.amazon.nova-lite-v1:0"},
        ],
    },
}


@functools.cache
def recorded(variant: str = "day", *, preview: bool = False) -> Recording:
    """The AWS day in one of `VARIANTS`; cached, so treat it as read-only."""
    values = VARIANTS[variant]
    config = {
        f"genaiplatform:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in values.items()
    }
    return record(config=config, secret_keys=["genaiplatform:providerKeys"], preview=preview)


def ancestors(recording: Recording, resource: Resource) -> set[str]:
    """URNs of everything that must exist before the resource does: dependencies, parents, providers, and theirs."""
    by_urn = recording.by_urn()
    found: set[str] = set()
    waiting = [resource]
    while waiting:
        current = waiting.pop()
        direct = {*current.dependencies, current.parent, current.provider} & by_urn.keys()
        waiting += [by_urn[urn] for urn in direct - found]
        found |= direct
    return found


def plaintext(value: Any) -> Iterator[str]:
    """Every string in a recorded value that is not inside a `Secret`."""
    if isinstance(value, Secret):
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from plaintext(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from plaintext(item)
    elif isinstance(value, str):
        yield value
