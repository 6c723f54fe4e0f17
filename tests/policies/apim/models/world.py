"""Entra ID, clients and model providers around the policy of the model gateway."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from policies.apim.models import (
    EMBEDDINGS_BACKEND_ID,
    HARMS,
    SAFETY_BACKEND_ID,
    ClientAccess,
    ContentSafety,
    RoutedModel,
    SemanticCache,
    load,
    model_clients,
)
from tests.policies.apim import world as litellm
from tests.policies.apim.elements import check
from tests.policies.apim.expressions import Expressions
from tests.policies.apim.models.backends import Backends
from tests.policies.apim.walker import Headers, Response, Walker
from tests.policies.apim.world import API, CLIENT_A, CLIENT_B, TENANT

IDENTITY = "1de27175-5b1c-4f2d-8e3a-6c9d0b1a2f34"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
STRANGER = "c0c0c0c0-1b2c-4d3e-8f40-5a6b7c8d9e0f"
GEMINI_KEY = "AIza-key-of-the-gateway"
CHAT, EMBEDDINGS, RESPONSES, MODELS = "/v1/chat/completions", "/v1/embeddings", "/v1/responses", "/v1/models"

GPT, SMALL, FLASH, TWIN = "gpt-5-mini", "small", "gemini-2.5-flash", "twin"
ROUTES = (
    RoutedModel(
        name=GPT, provider="azureOpenAI", upstream="gpt-5-mini-2025", backend_id="model-gpt-5-mini-pool", deployments=4
    ),
    RoutedModel(name=SMALL, provider="azureOpenAI", upstream=SMALL, backend_id="model-small-1", deployments=1),
    RoutedModel(name=FLASH, provider="gemini", upstream=FLASH, backend_id="model-gemini-2-5-flash-1", deployments=1),
)
NAMED_ROUTES = (
    RoutedModel(
        name=GPT,
        provider="azureOpenAI",
        upstream="provisioned",
        backend_id="model-gpt-5-mini-pool",
        deployments=2,
        named_in_path=True,
    ),
    *ROUTES[1:],
)
"""With a pool whose deployments have names of their own."""
CLIENTS = (
    ClientAccess(name="chat", models=(GPT, FLASH), tokens_per_minute=20, tokens_per_day=60),
    ClientAccess(name="batch"),
)
CLIENT_IDS = {CLIENT_A: "chat", CLIENT_B: "batch", AZURE_CLI: "users"}
NAMED_VALUES = {
    "tenant-id": TENANT,
    "api-client-id": API,
    "model-clients": model_clients(CLIENT_IDS),
    "model-identity-client-id": IDENTITY,
    "gemini-provider-key": f"Bearer {GEMINI_KEY}",
}
TOKENS = {
    **litellm.TOKENS,
    "stranger": {**litellm.TOKENS["client-a"], "azp": STRANGER},
    "user": {**litellm.TOKENS["client-a"], "azp": AZURE_CLI, "sub": "sub-of-a-person"},
    "another-user": {**litellm.TOKENS["client-a"], "azp": AZURE_CLI, "sub": "sub-of-another-person"},
    "nobody": {name: value for name, value in litellm.TOKENS["client-b"].items() if name != "sub"},
}
"""Entra ID sends `sub` always: for a person one value an application (access token claims reference)."""


def _single(number: int, model: str, url: str, failures: int, **more: Any) -> dict[str, dict[str, Any]]:
    ranges = [{"min": 429, "max": 429}, {"min": 500, "max": 599}]
    condition = {"count": failures, "interval": "PT1M", "statusCodeRanges": ranges}
    rule = {
        "name": "failures",
        "acceptRetryAfter": True,
        "tripDuration": "PT30S",
        "failureCondition": condition,
    }
    inputs = {"type": "Single", "url": url, "circuitBreaker": {"rules": [rule]}, **more}
    return {f"model-{model}-{number}": inputs}


_JSON = {"Content-Type": ["application/json"]}
POOL = {"east": (1, 1), "west": (2, 1), "north": (2, 3), "south": (3, 1)}
"""Accounts of the pool with priority and weight."""
BACKENDS: Mapping[str, Mapping[str, Any]] = {
    **{
        id_: inputs
        for number, account in enumerate(POOL, 1)
        for id_, inputs in _single(number, "gpt-5-mini", f"https://{account}.openai.azure.com/openai/v1", 1).items()
    },
    "model-gpt-5-mini-pool": {
        "type": "Pool",
        "pool": {
            "services": [
                {"id": f"/backends/model-gpt-5-mini-{number}", "priority": priority, "weight": weight}
                for number, (priority, weight) in enumerate(POOL.values(), 1)
            ]
        },
    },
    **_single(1, "small", "https://east.openai.azure.com/openai/v1", 10),
    **_single(
        1,
        "gemini-2-5-flash",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        10,
        credentials={"header": {"Authorization": ["{{gemini-provider-key}}"]}},
    ),
}
"""As the program makes them from `SETTINGS` in test_the_program.py."""


SAFETY = ContentSafety(threshold=4, shield_prompt=True)
SAFETY_URL = "https://safety.cognitiveservices.azure.com"
SAFETY_BACKEND: Mapping[str, Any] = {
    "type": "Single",
    "url": SAFETY_URL,
    "protocol": "http",
    "tls": {"validateCertificateChain": True, "validateCertificateName": True},
    "credentials": {
        "managedIdentity": {"clientId": IDENTITY, "resource": "https://cognitiveservices.azure.com"},
    },
}
"""As Resource Manager makes it of the template (tests/stacks/azure/test_model_gateway.py)."""


CACHE = SemanticCache(score_threshold=0.05, seconds=300)
EMBEDDINGS_URL = "https://embeddings.openai.azure.com/openai/deployments/text-embedding-3-small/embeddings"
EMBEDDINGS_BACKEND: Mapping[str, Any] = {
    "type": "Single",
    "url": EMBEDDINGS_URL,
    "protocol": "http",
    "tls": {"validateCertificateChain": True, "validateCertificateName": True},
}
"""Without credentials: `llm-semantic-cache-lookup` shows its own."""
DIMENSIONS = 32
LONGEST_EMBEDDED = 8192
"""Tokens (learn.microsoft.com, "Azure OpenAI embeddings"), here of one byte each, which none is shorter than."""


LITELLM_ENTRY: Mapping[str, Any] = {
    "name": "gpt-of-the-gateway",
    "model": f"azure/{GPT}",
    "baseModel": "azure/gpt-5-mini",
    "params": {
        "api_base": "https://genai-gateway1a2b3c4d.azure-api.net",
        "api_version": "v1",
        "tenant_id": TENANT,
        "client_id": CLIENT_B,
        "client_secret": "os.environ/PROVIDER_KEY_GATEWAY",
        "azure_scope": f"api://{API}/.default",
        "max_retries": 0,
    },
}
"""An entry of the AWS stack's `models` that points to the gateway, as in docs/model-gateway.md."""


def policy(
    edit: Callable[[str], str] = lambda text: text,
    routes: Sequence[RoutedModel] = ROUTES,
    safety: ContentSafety | None = None,
    cache: SemanticCache | None = None,
) -> ET.Element:
    """The policy of an API as API Management saves it, by default that of all models: checked, values pasted in."""
    text = re.sub(r"\{\{([\w-]+)\}\}", lambda name: NAMED_VALUES[name[1]], edit(load(routes, CLIENTS, safety, cache)))
    saved = ET.fromstring(text)
    check(saved)
    return saved


def cached_policy(edit: Callable[[str], str] = lambda text: text) -> ET.Element:
    """One with a semantic cache, behind Content Safety; "twin" is another name for what "small" is."""
    twin = RoutedModel(name=TWIN, provider="azureOpenAI", upstream=SMALL, backend_id="model-small-1", deployments=1)
    return policy(edit, (*ROUTES, twin), SAFETY, CACHE)


def completion(text: str = "pong", tokens: int = 8) -> str:
    """What a provider answers."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 3, "completion_tokens": tokens - 3, "total_tokens": tokens}
    return json.dumps(
        {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    )


class ModelWorld(Walker):
    """A gateway with its policy, and providers in the state of a good day."""

    def __init__(self, policy: ET.Element, expressions: Expressions) -> None:
        backends = {**BACKENDS, SAFETY_BACKEND_ID: SAFETY_BACKEND, EMBEDDINGS_BACKEND_ID: EMBEDDINGS_BACKEND}
        self.backends_ = Backends(backends, NAMED_VALUES, self._provider, lambda: self.clock)
        super().__init__(policy, expressions, tokens=TOKENS, backends=self.backends_.all(), send=_nobody)
        self.answers: dict[str, Callable[[], Response]] = {}
        """What an account, or Gemini, answers in place of a completion."""
        self.upstream: Callable[[str, Headers, str], Response] = lambda *_: Response(200, _JSON, completion())
        """A provider that knows who is calling."""
        self.harm: tuple[str, str, int] = ("nothing", "Hate", 0)
        """A word, its category and its severity, as Content Safety finds it."""
        self.checked: list[tuple[str, str]] = []
        """Operation and text of each request to Content Safety."""
        self.near: dict[str, tuple[str, float]] = {}
        """How far a text is away from another one; all others have nothing in common."""
        self.embedded: list[str] = []
        """The text of each request for an embedding."""
        self.forwarded: list[tuple[str, Headers, dict[str, Any]]] = []
        """Address, headers in lower case, and body of each request that reached a provider."""

    def call(
        self,
        token: str | None = "client-b",
        *,
        model: object = GPT,
        headers: Mapping[str, str] | None = None,
        url: str | None = None,
        operation: str = CHAT,
        body: str | None = "",
        **more: Any,
    ) -> Response:
        """One request of a client; `body` in place of the usual one, with `more` in it."""
        sent: Headers = {
            "Content-Type": ["application/json"],
            **{name: [text] for name, text in (headers or {}).items()},
        }
        if token is not None:
            sent["Authorization"] = [f"Bearer {token}"]
        if body == "":
            said = {"messages": [{"role": "user", "content": "ping"}]}
            body = json.dumps({"model": model, **said, **more}, ensure_ascii=False)
        return self.handle(sent, "203.0.113.7", url or operation, operation, None if operation == MODELS else body)

    def passed(self, token: str = "client-b", **call: Any) -> tuple[str, Headers, dict[str, Any]]:
        """A call that a provider answers; what it got."""
        before = len(self.forwarded)
        response = self.call(token, **call)
        assert response.status == 200, response
        assert len(self.forwarded) > before
        assert not response.buffered
        return self.forwarded[-1]

    def refused(self, status: int, code: str, token: str | None = "client-b", **call: Any) -> Response:
        """A call that the gateway answers itself before any provider sees it, giving nothing away."""
        before, traces = len(self.forwarded), len(self.traces)
        response = self.call(token, **call)
        litellm.answer(response, status, code)
        assert len(self.forwarded) == before, "a provider was reached"
        self._give_nothing_away(response, traces, code)
        return response

    def failed(self, status: int, code: str, **call: Any) -> Response:
        """A call that a provider does not answer, or not for the caller."""
        traces = len(self.traces)
        response = self.call(**call)
        litellm.answer(response, status, code)
        self._give_nothing_away(response, traces, code)
        return response

    def _give_nothing_away(self, response: Response, traces: int, code: str) -> None:
        told = json.dumps([response.headers, response.body])
        assert CLIENT_A not in told
        assert CLIENT_B not in told
        for secret in (GEMINI_KEY, "Bearer", TENANT, API, IDENTITY, "openai.azure.com", "googleapis"):
            assert secret not in (told.replace("Bearer error=", "") + json.dumps(self.traces[traces:])), secret
        assert self.traces[-1]["code"] == code

    def _provider(self, address: str, headers: Headers, _url: str, body: str) -> Response:
        seen = {name.lower(): list(values) for name, values in headers.items()}
        host = address.removeprefix("https://").partition(".")[0]
        wanted = f"Bearer token of {IDENTITY} for https://cognitiveservices.azure.com"
        if address.startswith(SAFETY_URL):
            return self._safety(address.rpartition(":")[2], json.loads(body), seen.get("authorization") == [wanted])
        if address == EMBEDDINGS_URL:
            return self._embed(
                json.loads(body)["input"], seen.get("authorization") == ["Bearer token of system-assigned"]
            )
        self.forwarded.append((address, seen, json.loads(body) if body else {}))
        if host in self.answers:
            return self.answers[host]()
        if seen.get("authorization") != [f"Bearer {GEMINI_KEY}" if host == "generativelanguage" else wanted]:
            return Response(401, {}, '{"error": {"message": "no access"}}')
        return self.upstream(address, seen, body)

    def _safety(self, operation: str, body: Mapping[str, str], known: bool) -> Response:
        """Content Safety: text:analyze and text:shieldPrompt of its API."""
        (text,) = body.values()
        self.checked.append((operation, text))
        if "safety" in self.answers:
            return self.answers["safety"]()
        if not known:
            return Response(401, {}, '{"error": {"code": "401"}}')
        if operation == "shieldPrompt":
            return Response(200, _JSON, json.dumps({"userPromptAnalysis": {"attackDetected": "your rules" in text}}))
        word, harm, severity = self.harm
        found = [{"category": one, "severity": severity if one == harm and word in text else 0} for one in HARMS]
        return Response(200, _JSON, json.dumps({"categoriesAnalysis": found}))

    def _embed(self, text: str, known: bool) -> Response:
        """Embeddings of Azure OpenAI: one direction a text, between two for one that is near to another."""
        self.embedded.append(text)
        if "embeddings" in self.answers:
            return self.answers["embeddings"]()
        if not known:
            return Response(401, {}, '{"error": {"code": "PermissionDenied"}}')
        if not text.strip() or len(text.encode()) > LONGEST_EMBEDDED:
            return Response(400, {}, '{"error": {"message": "$.input is invalid"}}')
        other, distance = self.near.get(text, (text, 0.0))
        texts = list(dict.fromkeys(one for said in self.embedded for one in (self.near.get(said, (said,))[0], said)))
        vector = [0.0] * DIMENSIONS
        vector[texts.index(text)] = math.sqrt(1 - (1 - distance) ** 2)
        vector[texts.index(other)] = 1 - distance
        return Response(200, _JSON, json.dumps({"data": [{"index": 0, "embedding": vector}]}))


def _nobody(*_: object) -> Response:
    raise ConnectionError("the model gateway asks nobody else")
