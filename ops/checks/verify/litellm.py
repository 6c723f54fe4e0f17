"""LiteLLM: health, its pages, its models, and the models of each virtual key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import httpx

from ops.checks.verify.administrator import Administrator
from ops.checks.verify.http import ask, bearer, seen
from ops.checks.verify.step import Step, UnprovedError
from ops.stack.running_stacks import RunningAwsStack

READY = "LiteLLM"
"""Name of the step that every other about LiteLLM needs."""
LOGS = "`kubectl --namespace genai-platform logs deployment/litellm`"


class LiteLLMSteps:
    """The steps that cost no completion."""

    def __init__(self, stack: RunningAwsStack, http: httpx.Client, administrator: Administrator) -> None:
        """Nothing is asked before the first step is taken."""
        self._stack = stack
        self._http = http
        self._administrator = administrator

    def steps(self) -> list[Step]:
        """In the order they are to be taken."""
        return [
            Step(
                name=READY,
                prove=self._ready,
                means="LiteLLM or its database is not there, or this address may not enter (allowedCidrs): see "
                f"`kubectl --namespace genai-platform get pods` and {LOGS}",
            ),
            Step(
                name="OpenAPI page",
                prove=self._openapi_page,
                after=(READY,),
                means=f"Users cannot read LiteLLM's API: open litellmUrl in a browser, then see {LOGS}",
            ),
            Step(
                name="admin UI",
                prove=self._admin_ui,
                after=(READY,),
                means="The administration would be an empty page: open /ui/ of litellmUrl and look at the network tab; "
                "an image (litellmImageTag) may lack files",
            ),
            Step(
                name="models",
                prove=self._models,
                after=(READY,),
                means="LiteLLM does not serve what the settings say: if they have changed since, run "
                f"`pulumi up -s {self._stack.stack}`; then see {LOGS}",
            ),
            Step(
                name="virtual keys",
                prove=self._virtual_keys,
                after=(READY,),
                means="LiteLLM does not know a key, or lets it use other models than the settings say: if they have "
                f"changed since, run `pulumi up -s {self._stack.stack}`; then see Virtual Keys in LiteLLM's UI",
            ),
        ]

    def _ready(self) -> str:
        answer = ask(self._http, "GET", f"{self._stack.litellm_url}/health/readiness")
        # LiteLLM answers 200 as well when it was started without a database.
        if answer.json()["db"] != "connected":
            raise UnprovedError(f"its database is not connected: {seen(answer)}")
        return "ready, its database connected"

    def _openapi_page(self) -> str:
        page = ask(self._http, "GET", f"{self._stack.litellm_url}/")
        if "swagger-ui" not in page.text:
            raise UnprovedError(f"no Swagger page: {seen(page)}")
        document = ask(self._http, "GET", f"{self._stack.litellm_url}/openapi.json").json()
        if "/v1/chat/completions" not in document["paths"]:
            raise UnprovedError(f"openapi.json lists {len(document['paths'])} paths without /v1/chat/completions")
        return f"{document['info']['title']}, {len(document['paths'])} paths"

    def _admin_ui(self) -> str:
        page = ask(self._http, "GET", f"{self._stack.litellm_url}/ui/")
        found = re.search(r'(?:href|src)="([^"]+\.(?:css|js))"', page.text)
        if not found:
            raise UnprovedError(f"it names no style sheet and no script: {seen(page)}")
        asset = ask(self._http, "GET", str(page.url.join(found[1])))
        kind = asset.headers.get("Content-Type", "")
        # A server that answers every path with the page itself answers 200 too.
        if not re.search("css|javascript", kind):
            raise UnprovedError(f"{asset.url.path} is {kind or 'of no type'}, no style sheet and no script")
        return f"the page and {asset.url.path.rpartition('/')[2]}"

    def _models(self) -> str:
        served = _ids(self._administrator.ask("GET", "/v1/models"))
        if missing := [model for model in self._stack.models if model not in served]:
            raise UnprovedError(f"LiteLLM lists {_names(served)}, but not {_names(missing)}")
        return _names(served)

    def _virtual_keys(self) -> str:
        for alias, models in self._stack.key_models.items():
            if (listed := self._listed(self._stack.virtual_keys[alias])) != set(models):
                raise UnprovedError(f"the key {alias} may use {_names(listed)}, not {_names(models)}")
        return (
            "; ".join(f"{alias}: {_names(models)}" for alias, models in self._stack.key_models.items()) or "none is set"
        )

    def _listed(self, key: str) -> set[str]:
        answer = ask(self._http, "GET", f"{self._stack.litellm_url}/v1/models", headers=bearer(key))
        return _ids(answer.json())


def _ids(answer: Mapping[str, Iterable[Mapping[str, str]]]) -> set[str]:
    return {item["id"] for item in answer["data"]}


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
