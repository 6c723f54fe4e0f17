"""API Management's backends as their resources describe them: circuit breakers, pools, and the credentials they add.

After learn.microsoft.com, "Backends in API Management". A backend whose breaker is open answers 503, and so does a pool
in which every one is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.policies.apim.walker import Headers, Response

SECONDS = {"S": 1, "M": 60, "H": 3600, "D": 86_400}

Provider = Callable[[str, Headers, str, str], Response]
"""What answers: told the address of the backend and of the operation, the headers, and the body."""


class Backends:
    """The backends of one gateway, by id; `inputs` are in the shape of the API."""

    def __init__(
        self,
        inputs: Mapping[str, Mapping[str, Any]],
        named_values: Mapping[str, str],
        provider: Provider,
        clock: Callable[[], float],
    ) -> None:
        self.inputs, self.named_values, self.provider, self.clock = inputs, named_values, provider, clock
        self.asked: list[str] = []
        """The single backend that each request went to."""
        self._failures: dict[str, list[float]] = {}
        self._open_until: dict[str, float] = {}
        self._given: dict[str, int] = {}

    def all(self) -> dict[str, Callable[[Headers, str, str], Response]]:
        """What a walker takes."""
        return {id_: lambda *request, id_=id_: self._answer(id_, *request) for id_ in self.inputs}

    def _answer(self, id_: str, headers: Headers, url: str, body: str) -> Response:
        single = self._member(id_)
        if single is None:
            return Response(503, body='{"statusCode": 503, "message": "temporarily unavailable"}')
        self.asked.append(single)
        inputs = self.inputs[single]
        added = {
            name: [re.sub(r"\{\{([\w-]+)\}\}", lambda value: self.named_values[value[1]], value) for value in values]
            for name, values in ((inputs.get("credentials") or {}).get("header") or {}).items()
        }
        if identity := (inputs.get("credentials") or {}).get("managedIdentity"):
            added["Authorization"] = [f"Bearer token of {identity['clientId']} for {identity['resource']}"]
        kept = {name: values for name, values in headers.items() if name.lower() not in map(str.lower, added)}
        response = self.provider(inputs["url"] + url, {**kept, **added}, url, body)
        if "circuitBreaker" in inputs:
            self._watch(single, inputs["circuitBreaker"]["rules"], response)
        return response

    def _member(self, id_: str) -> str | None:
        """The backend itself, or the one of a pool whose turn it is; None when its breaker is open."""
        if self.inputs[id_]["type"] == "Single":
            return id_ if self._closed(id_) else None
        services = [
            (service["id"].rpartition("/")[2], service["priority"], service["weight"])
            for service in self.inputs[id_]["pool"]["services"]
        ]
        there = [service for service in services if self._closed(service[0])]
        first = [service for service in there if service[1] == min(priority for _, priority, _ in there)]
        if not first:
            return None
        chosen = str(min(first, key=lambda service: (self._given.get(service[0], 0) + 1) / service[2])[0])
        self._given[chosen] = self._given.get(chosen, 0) + 1
        return chosen

    def is_open(self, id_: str) -> bool:
        """Whether its circuit breaker keeps requests away."""
        return not self._closed(id_)

    def _closed(self, id_: str) -> bool:
        return self.clock() >= self._open_until.get(id_, 0)

    def _watch(self, id_: str, rules: list[Any], response: Response) -> None:
        (rule,) = rules  # one is the most
        condition = rule["failureCondition"]
        if not any(one["min"] <= response.status <= one["max"] for one in condition["statusCodeRanges"]):
            return
        now, failures = self.clock(), self._failures.setdefault(id_, [])
        failures[:] = [*(at for at in failures if at > now - _seconds(condition["interval"])), now]
        if len(failures) >= condition["count"]:
            told = response.headers.get("Retry-After") if rule["acceptRetryAfter"] else None
            self._open_until[id_] = now + (int(told[0]) if told else _seconds(rule["tripDuration"]))


def _seconds(duration: str) -> int:
    match = re.fullmatch(r"P(?:(\d+)(D)|T(\d+)([SMH]))", duration)
    assert match, f"{duration} is no duration that we write"
    return int(match[1] or match[3]) * SECONDS[match[2] or match[4]]
