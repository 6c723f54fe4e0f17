"""Databricks: the fallback answers for a provider that fails, on a copy of the gateway with a model that nobody serves.

The copy has the fallback of the gateway itself and is deleted at the end, whatever happens. Callers notice nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from components.databricks.model import CHAT
from ops.checks.verify.http import ask, seen
from ops.checks.verify.polling import NotYetError, until
from ops.checks.verify.step import UnprovedError

NOBODY = "https://genai-verify.invalid/v1"
"""A host that no name server knows (RFC 2606). That Databricks takes it for a failure only a workspace can prove."""
SECONDS = 180
"""A new service answers 403 and 404 for some seconds (public notes of 2026); an endpoint has to become ready first."""

Call = Callable[[str], httpx.Response]
"""Ask the model of that name for a completion, as whoever runs this."""


class Fallback:
    """Proof for one gateway. `http` carries the token of whoever runs this and has the workspace for its base."""

    def __init__(self, http: httpx.Client, served_model: str, call: Call) -> None:
        """`served_model` is `catalog.schema.model`, or the name of an endpoint."""
        self._http, self._served_model, self._call = http, served_model, call
        self._name = f"genai_verify_{uuid.uuid4().hex[:8]}"

    def of_service(self) -> str:
        """The model that answers for a model service whose first destination fails; UnprovedError when none does."""
        unity, schema = "/api/2.1/unity-catalog", self._served_model.rpartition(".")[0]
        original = self._ask("GET", f"{unity}/model-services/{self._served_model}")["config"]["routing"]
        with self._made(
            f"{unity}/model-provider-services",
            {"parent": f"schemas/{schema}", "model_provider_service_id": f"{self._name}_provider"},
            {
                "config": {
                    "provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_CUSTOM",
                    "targets": [{"model": "nobody", "native_api_types": [CHAT]}],
                    "custom": {"direct": {"base_url": NOBODY, "api_key": {"plaintext": "none"}}},
                }
            },
            lambda made: f"{unity}/{made['name']}",
        ) as provider:
            nobody = {
                "name": "nobody",
                "destination_type": "DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL",
                "external_model_config": {"model_provider_service": provider["name"], "target": {"model": "nobody"}},
                "traffic_percentage": 100,
            }
            with self._made(
                f"{unity}/model-services",
                {"parent": f"schemas/{schema}", "model_service_id": self._name},
                {"config": {"routing": {"destinations": [nobody], "fallback": original["fallback"]}}},
                lambda made: f"{unity}/{made['name']}",
            ):
                return self._answered(f"{schema}.{self._name}")

    def of_endpoint(self, fallbacks: Collection[str]) -> str:
        """The same for a serving endpoint; `fallbacks` are the names of the models without a share."""
        endpoints = "/api/2.0/serving-endpoints"
        served = self._ask("GET", f"{endpoints}/{self._served_model}")["config"]["served_entities"]
        copied = [
            {"name": one["name"], "external_model": one["external_model"]} for one in served if one["name"] in fallbacks
        ]
        nobody = {
            "name": "nobody",
            "external_model": {
                "name": "nobody",
                "provider": "custom",
                "task": "llm/v1/chat",
                "custom_provider_config": {
                    "custom_provider_url": f"{NOBODY}/chat/completions",
                    "bearer_token_auth": {"token_plaintext": "none"},
                },
            },
        }
        shares = {"nobody": 100, **{one["name"]: 0 for one in copied}}
        body = {
            "name": self._name,
            "config": {
                "served_entities": [nobody, *copied],
                "traffic_config": {
                    "routes": [
                        {"served_model_name": name, "traffic_percentage": share} for name, share in shares.items()
                    ]
                },
            },
            "ai_gateway": {"fallback_config": {"enabled": True}},
        }
        with self._made(endpoints, {}, body, lambda made: f"{endpoints}/{made['name']}"):
            return self._answered(self._name)

    def _answered(self, model: str) -> str:
        def answer() -> str:
            found = self._call(model)
            if found.status_code != httpx.codes.OK:
                raise NotYetError(f"no fallback answered in {SECONDS} s: {seen(found)}")
            return str(found.json()["model"])

        return until(answer, seconds=SECONDS, interval=5)

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        return ask(self._http, method, path, **more).json()

    @contextmanager
    def _made(
        self, path: str, query: Mapping[str, str], body: Mapping[str, Any], where: Callable[[Mapping[str, Any]], str]
    ) -> Iterator[Mapping[str, Any]]:
        made = self._ask("POST", path, params=query, json=body)
        try:
            yield made
        finally:
            gone = self._http.delete(where(made))
            if gone.status_code not in (httpx.codes.OK, httpx.codes.NOT_FOUND):
                raise UnprovedError(f"{where(made)} is still there: {seen(gone)}")
