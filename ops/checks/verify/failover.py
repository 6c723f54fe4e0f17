"""API Management: a pool goes on while its first deployment refuses, in whose place an API does that was made for it.

The first backend of the pool is led to that API for a minute and a half, then back, and the API is deleted. Whoever
calls the model meanwhile is served by the other deployments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

import httpx

from catalogue.pins import API_MANAGEMENT_API
from components.azure import usage
from ops.checks.verify.completions import CHAT, new_question, question
from ops.checks.verify.gateway_models import LOG_SECONDS
from ops.checks.verify.http import bearer, seen
from ops.checks.verify.polling import NotYetError, until
from ops.checks.verify.step import Step, UnprovedError
from ops.clouds.azure import Api
from ops.clouds.log_analytics import LogAnalyticsError, Workspace
from ops.stack.running_stacks import RunningGateway

REFUSING = "genai-verify"
"""Id and path of the API that answers every request with 429."""
CALLS, PAUSE = 9, 10.0
"""A change of the configuration takes up to a minute to reach the gateway, so calls are made for longer."""
_POLICY = (
    "<policies><inbound><return-response><set-status code='429' reason='Too Many Requests' /></return-response>"
    "</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"
)


class Failover:
    """The step about one model with a pool."""

    def __init__(
        self,
        gateway: RunningGateway,
        model: str,
        http: httpx.Client,
        token: Callable[[], str],
        arm: Callable[[], Api],
        workspace: Workspace,
    ) -> None:
        """`arm` may change the gateway: whoever may bring the stack up may."""
        self._gateway = gateway
        self._model = model
        self._http = http
        self._token = token
        self._arm = arm
        self._workspace = workspace
        self._question = new_question if gateway.semantic_cache_id else question
        self._leads_back = f"`pulumi up --refresh -s {gateway.stack}` leads the backend back"

    def step(self, after: str) -> Step:
        """To be taken after the step of that name, which proved that the model answers."""
        return Step(
            name=f"failover of {self._model}",
            prove=self._prove,
            after=(after,),
            means="While one deployment is out callers get its errors: see the pool of the model in the portal, APIs, "
            f"Backends. Should the API {REFUSING} still be there, this was interrupted: {self._leads_back}, and the "
            "API can be deleted",
        )

    def _prove(self) -> str:
        arm, begun = self._arm(), datetime.now(UTC)
        first = self._first_of_the_pool(arm)
        with self._refusing(arm, first):
            for call in range(CALLS):
                answer = self._http.post(
                    f"{self._gateway.models_url}{CHAT}",
                    headers=bearer(self._token()),
                    json=self._question(self._model),
                )
                if answer.status_code != httpx.codes.OK:
                    raise UnprovedError(f"call {call + 1} while {first} refuses: {seen(answer)}")
                sleep(PAUSE)
        refused = until(lambda: self._refused(begun), seconds=LOG_SECONDS, interval=20)
        return f"{CALLS} calls answered while {first} refused {refused}"

    def _first_of_the_pool(self, arm: Api) -> str:
        """The backend of the lowest priority number in the pool of the model."""
        (own,) = (set(one["deployments"]) for one in self._gateway.gateway_models if one["name"] == self._model)
        for backend in arm.values(self._url("backends")):
            members: Sequence[Mapping[str, Any]] = (backend["properties"].get("pool") or {}).get("services") or ()
            named = {str(one["id"]).rpartition("/")[2]: one.get("priority") or 0 for one in members}
            if own & set(named):
                return min(named, key=lambda name: (named[name], name))
        raise UnprovedError(f"there is no pool of {', '.join(sorted(own))}")

    @contextmanager
    def _refusing(self, arm: Api, backend: str) -> Iterator[None]:
        """Meanwhile requests to that backend are answered with 429."""
        address = arm.get(self._url(f"backends/{backend}"))["properties"]["url"]
        refusing = f"{self._gateway.gateway_url}/{REFUSING}"
        if address == refusing:
            raise UnprovedError(f"{backend} refuses since an earlier proof: {self._leads_back}")
        try:
            for path, properties in _API.items():
                arm.finish("PUT", self._url(path), {"properties": properties})
            arm.finish("PATCH", self._url(f"backends/{backend}"), {"properties": {"url": refusing}})
            yield
        finally:
            # Where this fails the API stays: without it the backend would answer 404, which no pool fails over.
            arm.finish("PATCH", self._url(f"backends/{backend}"), {"properties": {"url": address}})
            arm.finish("DELETE", self._url(f"apis/{REFUSING}", "&deleteRevisions=true"))

    def _refused(self, begun: datetime) -> int:
        """How many requests the API refused, by the logs: the only 429 without a record of a policy of ours."""
        try:
            found = self._workspace.ask(usage.query("errors"), begun, datetime.now(UTC) + timedelta(minutes=1))
        except LogAnalyticsError as error:
            raise UnprovedError(str(error)) from error
        rows = (row for row in found.rows if row["ResponseCode"] == 429 and not row["clientId"] and not row["code"])
        count = sum(int(row["requests"]) for row in rows)
        if not count:
            raise NotYetError(f"every call was answered, but in {LOG_SECONDS} s no record says that one was refused")
        return count

    def _url(self, path: str, more: str = "") -> str:
        return f"{self._gateway.gateway_id}/{path}?api-version={API_MANAGEMENT_API.version}{more}"


_API: Mapping[str, Mapping[str, Any]] = {
    f"apis/{REFUSING}": {
        "displayName": REFUSING,
        "path": REFUSING,
        "protocols": ["https"],
        "subscriptionRequired": False,
    },
    f"apis/{REFUSING}/policies/policy": {"format": "xml", "value": _POLICY},
    f"apis/{REFUSING}/operations/any": {"displayName": "any", "method": "POST", "urlTemplate": "/*"},
}
"""What the API is made of, in that order: it is never there without its policy. By path, the properties."""
