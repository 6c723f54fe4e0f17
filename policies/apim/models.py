"""API Management policy of the model gateway: which model goes where, who may use it, and within which limits.

One policy an API, written from `models.xml` and the fragments it shares with the policies in front of LiteLLM. Whoever
deploys it creates, before it: the named values in `named_values`; a backend, or a pool, for each model, with a
`ContentSafety` the backend `SAFETY_BACKEND_ID`, and with a `SemanticCache` the backend `EMBEDDINGS_BACKEND_ID` and an
external cache; and gives the identity the role `OPENAI_USER` on each account of models and `COGNITIVE_SERVICES_USER` on
that of Content Safety, and the gateway's system-assigned identity the role `OPENAI_USER` on that of embeddings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from catalogue.pins import AZURE_OPENAI_API
from policies import apim

Provider = Literal["azureOpenAI", "gemini"]
Operation = Literal["chat-completions", "responses", "embeddings", "models"]

OPERATIONS: Mapping[Operation, tuple[str, str]] = {
    "chat-completions": ("POST", "/v1/chat/completions"),
    "responses": ("POST", "/v1/responses"),
    "embeddings": ("POST", "/v1/embeddings"),
    "models": ("GET", "/v1/models"),
}
"""Method and path, as OpenAI has them."""

OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
"""The role Cognitive Services OpenAI User (learn.microsoft.com, "Azure built-in roles for AI + machine learning")."""

COGNITIVE_SERVICES_USER = "a97b65f3-24c7-4388-baec-2e87135dc908"
"""The role Cognitive Services User, which Content Safety wants (learn.microsoft.com, "llm-content-safety policy")."""

COGNITIVE_SERVICES = "https://cognitiveservices.azure.com"
"""What tokens for Azure OpenAI and Content Safety are for."""

SAFETY_BACKEND_ID = "content-safety"
"""The backend by which `llm-content-safety` asks, which shows the gateway's identity there."""

EMBEDDINGS_BACKEND_ID = "embeddings"
"""The backend by which `llm-semantic-cache-lookup` asks for the embedding of a prompt."""

HARMS = ("Hate", "SelfHarm", "Sexual", "Violence")
"""The categories of Content Safety."""

RETRIES = 2
"""The most times that a request goes to another deployment of its pool."""

TRIPPING = ((429, 429), (500, 599))
"""Answers that a circuit breaker counts, and that send a request to another deployment of its pool."""


@dataclass(frozen=True, kw_only=True)
class ProviderRow:
    """What the gateway knows of a provider. `endpoint` takes `/chat/completions` behind itself and `path`."""

    title: str
    api_path: str
    endpoint: str
    """Usual address; `{account}` is the account's name."""
    path: str
    hosts: str
    """A regular expression that matches the whole host of an address that its credentials may be sent to."""
    managed_identity: bool
    """Whether the gateway's identity calls it. Else it takes a key in `Authorization`."""
    responses: bool
    """Whether it has OpenAI's Responses API."""
    named_path: str | None = None
    """Path that names the deployment, in place of `path`, for a pool whose deployments have several names."""
    deployments: str
    """What a deployment is there, in words."""

    @property
    def example(self) -> str:
        """An address for messages."""
        return self.endpoint.format(account="<account name in small letters>")


PROVIDERS: Mapping[Provider, ProviderRow] = {
    "azureOpenAI": ProviderRow(
        title="Azure OpenAI",
        api_path="azure-openai",
        endpoint="https://{account}.openai.azure.com",
        # learn.microsoft.com, "Azure OpenAI in Azure AI Foundry Models v1 API": no api-version, `model` in the body.
        path="/openai/v1",
        hosts=r"[a-z0-9-]+\.(openai\.azure\.com|cognitiveservices\.azure\.com|services\.ai\.azure\.com)",
        managed_identity=True,
        responses=True,
        named_path="/openai/deployments/{deployment}",
        deployments="account",
    ),
    "gemini": ProviderRow(
        title="Gemini",
        api_path="gemini",
        endpoint="https://generativelanguage.googleapis.com",
        path="/v1beta/openai",  # ai.google.dev/gemini-api/docs/openai
        hosts=r"generativelanguage\.googleapis\.com",
        managed_identity=False,
        responses=False,
        deployments="key",
    ),
}

UNIFIED_PATH = "openai"
"""Path of the API of all models: `https://<gateway>/openai/v1` is what clients of OpenAI and Azure OpenAI expect."""

USERS = "users"
"""The client that people are who call with a token of the Azure CLI: they may use every model."""

MODEL_CLIENTS = "model-clients"
"""The named value that says which client of the settings a client id is, from `model_clients`."""

IDENTITY_CLIENT_ID = "model-identity-client-id"
"""The named value with the client id of the identity that calls providers without a key."""

CACHE_FAILED = "cache_failed"
"""What no policy without a `SemanticCache` refuses with."""

REFUSALS: Mapping[str, str] = {
    "client_unknown": "403 permission_error This application is no client of the model gateway.",
    "model_missing": "400 invalid_request_error The body is no JSON object with the name of a model in model.",
    "model_not_found": "404 invalid_request_error This API has no model of that name: GET /v1/models lists them.",
    "model_not_allowed": "403 permission_error This application may not use this model: GET /v1/models lists its own.",
    "operation_not_supported": "400 invalid_request_error This model has no such operation.",
    "content_filter": "400 invalid_request_error Content Safety objects to this prompt, or it is too long to check.",
    "content_not_checked": "503 api_error This prompt could not be checked by Content Safety: try again shortly.",
    CACHE_FAILED: "503 api_error The semantic cache could not be used: try again shortly.",
    "token_rate_limited": "429 rate_limit_error This application used up its tokens of the minute: wait as long as "
    "Retry-After says.",
    "token_quota_exceeded": "403 permission_error This application used up its tokens of the day.",
    "no_deployment_available": "503 api_error No deployment of this model takes requests now: try again shortly.",
    "provider_refused": "502 api_error The provider did not accept the identity or key of the gateway: tell its "
    "operator the request_id.",
    "provider_unreachable": "502 api_error The provider of this model cannot be reached.",
    "provider_timeout": "504 api_error The provider of this model did not answer in time.",
}
"""Status, type and message of each code that the policies in front of LiteLLM do not have."""


@dataclass(frozen=True, kw_only=True)
class RoutedModel:
    """A model and the backend, or pool, that its requests go to; `upstream` is what the provider calls it.

    With `named_in_path` the addresses of its backends say which deployment is meant, and not the body.
    """

    name: str
    provider: Provider
    upstream: str
    backend_id: str
    deployments: int
    named_in_path: bool = False

    @property
    def responses(self) -> bool:
        """Whether it has OpenAI's Responses API, which names the model in the body alone."""
        return PROVIDERS[self.provider].responses and not self.named_in_path


@dataclass(frozen=True, kw_only=True)
class ContentSafety:
    """How prompts are checked: from which severity (2 low, 4 medium, 6 high) on, and for attacks, they are refused."""

    threshold: int
    shield_prompt: bool


@dataclass(frozen=True, kw_only=True)
class SemanticCache:
    """When an answer is given again: to a question at most `score_threshold` away, 0 being the same, for `seconds`."""

    score_threshold: float
    seconds: int


@dataclass(frozen=True, kw_only=True)
class ClientAccess:
    """What a client may use; no models means all of them, and None means no limit."""

    name: str
    models: Sequence[str] = ()
    tokens_per_minute: int | None = None
    tokens_per_day: int | None = None


def backend_name(model: str) -> str:
    """Where the ids of a model's backends begin: letters, digits and - only."""
    return "model-" + re.sub(r"[^a-z0-9-]", "-", model)


def model_clients(client_ids: Mapping[str, str]) -> str:
    """The named value `model-clients`: each client id with the client's name.

    ValueError for more than a named value holds.
    """
    value = ",".join(f"{client_id}:{name}" for client_id, name in client_ids.items()) or "none"
    if len(value) > apim.NAMED_VALUE_LENGTH:
        raise ValueError(
            f"{len(client_ids)} clients fill {len(value)} characters, and a named value holds "
            f"{apim.NAMED_VALUE_LENGTH}: make fewer clients, or give them shorter names"
        )
    return value


def named_values(models: Sequence[RoutedModel]) -> Sequence[str]:
    """The names that the policy for these models refers to."""
    names = ["tenant-id", "api-client-id", MODEL_CLIENTS]
    return [*names, IDENTITY_CLIENT_ID] if with_identity(models) else names


def operations(models: Sequence[RoutedModel], safety: ContentSafety | None = None) -> Mapping[str, tuple[str, str]]:
    """What callers of an API of these models may do.

    `llm-content-safety` checks completions and chat completions (learn.microsoft.com, its usage notes), so where it
    checks prompts there are no responses: they would be a way round it.
    """
    responses = safety is None and any(model.responses for model in models)
    return {name: operation for name, operation in OPERATIONS.items() if name != "responses" or responses}


def load(
    models: Sequence[RoutedModel],
    clients: Sequence[ClientAccess],
    safety: ContentSafety | None = None,
    cache: SemanticCache | None = None,
) -> str:
    """The policy of an API of these models as one well-formed XML document (ARM format `xml`)."""
    names = [model.name for model in models]
    routes = [
        f'case "{model.name}": return "{model.provider} {model.upstream} {model.backend_id} '
        f'{min(RETRIES, model.deployments - 1)}";'
        for model in models
    ]
    allowed = [
        f'case "{client.name}": return "{" ".join(name for name in names if name in client.models)}";'
        for client in clients
        if client.models
    ]
    without_responses = [model.name for model in models if not model.responses]
    named_in_path = [model.name for model in models if model.named_in_path]
    parts: Mapping[str, Sequence[str]] = {
        "allowed": [*allowed, f'default: return "{" ".join(names)}";'],
        "routes": [*routes, 'default: return "";'],
        "chat-only": [" ".join(without_responses)],
        "named-in-path": [" ".join(named_in_path)],
        "api-version": [AZURE_OPENAI_API.version],
        "safety": _choose(_checked(safety) if safety else []),
        "answer-from-cache": _cached("answer-from-cache", cache),
        "keep-answer": _cached("keep-answer", cache),
        "tell-of-cache": _cached("tell-of-cache", cache),
        "cache-failed": [_CACHE_FAILED] if cache else [],
        "forward": _choose(_FORWARD_TO_KEEP) if cache else [_FORWARD],
        "limits": _choose([line for client in clients for line in _limit(client)]),
        "identity": _choose(_IDENTITY if with_identity(models) else []),
        "retried": [" || ".join(_between(*statuses) for statuses in TRIPPING)],
    }
    refusals = {code: answer for code, answer in REFUSALS.items() if cache or code != CACHE_FAILED}
    policy = _with_refusals(apim.read("models.xml"), refusals)
    policy = re.sub(r"( *)\[\[([a-z-]+)\]\]", lambda place: _at(place[1], parts[place[2]]), policy)
    return re.sub(r"\n *(?=\n)", "", policy)


_IDENTITY = [
    """<when condition='@(((string)context.Variables["route"]).StartsWith("azureOpenAI "))'>""",
    f'  <authentication-managed-identity resource="{COGNITIVE_SERVICES}" client-id="{{{{{IDENTITY_CLIENT_ID}}}}}" />',
    "</when>",
]


def with_identity(models: Sequence[RoutedModel]) -> bool:
    """Whether the gateway's identity calls one of them."""
    return any(PROVIDERS[model.provider].managed_identity for model in models)


def _limit(client: ClientAccess) -> Sequence[str]:
    limits = []
    if client.tokens_per_minute is not None:
        limits.append(f'tokens-per-minute="{client.tokens_per_minute}"')
    if client.tokens_per_day is not None:
        limits.append(f'token-quota="{client.tokens_per_day}" token-quota-period="Daily"')
    if not limits:
        return []
    counter = """counter-key='@("tokens:" + (string)context.Variables["client"])'"""
    told = 'estimate-prompt-tokens="false" retry-after-variable-name="retryAfter"'
    return [
        f"""<when condition='@((string)context.Variables["client"] == "{client.name}")'>""",
        f'  <llm-token-limit id="token-limit-{client.name}" {counter} {" ".join(limits)} {told} />',
        "</when>",
    ]


def _checked(safety: ContentSafety) -> Sequence[str]:
    """An embedding answers nothing, and `llm-content-safety` does not read one's text."""
    return [
        """<when condition='@(context.Operation.UrlTemplate != "/v1/embeddings")'>""",
        f'  <llm-content-safety backend-id="{SAFETY_BACKEND_ID}" shield-prompt="{str(safety.shield_prompt).lower()}">',
        '    <categories output-type="FourSeverityLevels">',
        *(f'      <category name="{harm}" threshold="{safety.threshold}" />' for harm in HARMS),
        "    </categories>",
        "  </llm-content-safety>",
        "</when>",
    ]


_FORWARD = '<forward-request timeout="230" buffer-request-body="true" buffer-response="false" />'
_FORWARD_TO_KEEP = [
    """<when condition='@(context.Variables.GetValueOrDefault&lt;string>("cache", "") == "miss")'>""",
    "  <!-- No stream, and kept as a whole. -->",
    f"  {_FORWARD.replace('false', 'true')}",
    "</when>",
    "<otherwise>",
    f"  {_FORWARD}",
    "</otherwise>",
]
_CACHE_FAILED = f"""if ((error.Source ?? "").StartsWith("llm-semantic-cache")) {{ return "{CACHE_FAILED}"; }}"""


def _cached(fragment: str, cache: SemanticCache | None) -> Sequence[str]:
    """A fragment of the semantic cache; nothing where no answer is kept."""
    if cache is None:
        return []
    values = {
        "score-threshold": str(cache.score_threshold),
        "embeddings-backend-id": EMBEDDINGS_BACKEND_ID,
        "seconds": str(cache.seconds),
    }
    return re.sub(r"\[\[([a-z-]+)\]\]", lambda place: values[place[1]], apim.fragment(fragment)).splitlines()


def _choose(branches: Sequence[str]) -> Sequence[str]:
    return ["<choose>", *(f"  {line}" for line in branches), "</choose>"] if branches else []


def _between(least: int, most: int) -> str:
    return f"status == {least}" if least == most else f"status &gt;= {least} &amp;&amp; status &lt;= {most}"


def _at(indent: str, lines: Sequence[str]) -> str:
    return "\n".join(indent + line for line in lines)


_REFUSED_MODEL = (
    """<metadata name="model" value='@(context.Variables.GetValueOrDefault&lt;string>("route", "") == "" ? "-" """
    """: (string)context.Variables["model"])' />"""
)


def _with_refusals(policy: str, refusals: Mapping[str, str]) -> str:
    """Our codes beside those of the policies in front of LiteLLM; a limit of tokens tells its wait as they do."""
    policy = apim.with_refusals(policy, refusals)
    # Logs count errors by model: a configured one only, else callers would choose what stands there.
    policy = re.sub(
        r'(?m)^( *)<metadata name="clientId" .*\n(?= *<metadata name="code")', rf"\g<0>\1{_REFUSED_MODEL}\n", policy
    )
    waits = '(string)context.Variables["code"] == "rate_limited"'
    return policy.replace(waits, '((string)context.Variables["code"]).EndsWith("rate_limited")')
