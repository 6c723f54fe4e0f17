"""Models that API Management serves by itself: accounts, deployments and quota of Azure, and the key of Gemini.

And what is asked before a model: Content Safety, and the embeddings of the semantic cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from catalogue.pins import COGNITIVE_SERVICES_API, PERMISSIONS_API
from components.azure.content_safety import SafetyService
from ops.checks.check import Check, Outcome, State, bad, fine, note, once
from ops.checks.preflight.azure import missing_actions
from ops.checks.preflight.model_calls import provider_keys
from ops.clouds.azure import Api, short_names
from policies.apim.models import PROVIDERS
from stacks.azure.gateway_models import GatewayModel
from stacks.azure.settings import AzureSettings

_GIVE_ROLES = "Microsoft.Authorization/roleAssignments/write"


def gateway_model_checks(settings: AzureSettings, arm: Callable[[], Api], stack: str) -> Mapping[str, Check]:
    """Nothing without `gatewayModels`. None of them calls a model, so none costs money."""
    models = settings.gateway_models
    accounts = {account.lower(): account for account in settings.model_accounts}
    keys = once(lambda: provider_keys(stack))
    checks: dict[str, Check] = {}
    names = short_names(accounts)
    for key, id_ in accounts.items():
        checks[f"account {names[key]}"] = partial(_account, arm, id_, _urls(models, id_))
        checks[f"rights on the account {names[key]}"] = partial(_rights, arm, id_)
    if models and (safety := settings.content_safety.service):
        checks["Content Safety"] = partial(_safety, arm, safety)
        if safety.account.lower() not in accounts:
            checks["rights on Content Safety"] = partial(_rights, arm, safety.account)
    if models and (embeddings := settings.semantic_cache.service):
        checks["account of embeddings"] = partial(_account, arm, embeddings.account, [embeddings.url], "semanticCache")
        if embeddings.account.lower() not in {*accounts, (settings.content_safety.account or "").lower()}:
            checks["rights on the account of embeddings"] = partial(_rights, arm, embeddings.account)
        checks["embeddings"] = partial(_embeddings, arm, settings)
    for model in models:
        for deployment, upstream, url in zip(model.deployments, model.upstreams, model.urls, strict=True):
            if deployment.account:
                called = f"{model.name} as {upstream}" if model.named_in_path else model.name
                checks[f"{called} in {names[deployment.account.lower()]}"] = partial(
                    _deployment, arm, deployment.account, upstream
                )
            elif deployment.key:
                title = PROVIDERS[model.provider].title
                checks[f"{model.name} with the key {deployment.key}"] = partial(
                    _key, f"{url}/models", keys, deployment.key, upstream, title
                )
        if any(deployment.account for deployment in model.deployments):
            checks[f"quota of {model.name}"] = partial(_quota, arm, model, _limits(settings, model.name))
    return checks


def _name(account: str) -> str:
    return account.rpartition("/")[2]


def _urls(models: Sequence[GatewayModel], account: str) -> Sequence[str]:
    """Where the gateway would call that account."""
    found = (
        url
        for model in models
        for one, url in zip(model.deployments, model.urls, strict=True)
        if (one.account or "").lower() == account.lower()
    )
    return sorted({*found})


def _safety(arm: Callable[[], Api], service: SafetyService) -> Outcome:
    """Whether it is an account that checks texts, and the gateway can call it."""
    try:
        kind = _get(arm(), service.account).get("kind", "")
    except LookupError:
        kind = ""
    if kind and kind not in _CHECKING:
        return bad(
            f"{_name(service.account)} is of kind {kind}, which checks no texts",
            f"name an account of kind {' or '.join(_CHECKING)} in contentSafety",
        )
    return _account(arm, service.account, [service.url], "contentSafety")


_CHECKING = ("ContentSafety", "AIServices", "CognitiveServices")
"""Kinds of account with Content Safety (learn.microsoft.com, "What is Azure AI Content Safety?")."""


def _account(arm: Callable[[], Api], account: str, urls: Iterable[str], setting: str = "gatewayModels") -> Outcome:
    """Whether the gateway, which has no network of its own, can call the account with a token of its identity."""
    try:
        found = _get(arm(), account)
    except LookupError:
        return bad("there is none", f"correct account in {setting}: `az cognitiveservices account list` shows the ids")
    properties = found["properties"]
    own = properties.get("customSubDomainName") or ""
    if not own:
        return bad(
            "it has no subdomain of its own, without which it takes no token of an identity",
            f"`az cognitiveservices account update --ids {account} --custom-domain {_name(account).lower()}`",
        )
    wrong = [url for url in urls if httpx.URL(url).host.partition(".")[0] != own.lower()]
    if wrong:
        return bad(
            f"its subdomain is {own}, and the gateway would call {', '.join(wrong)}",
            f"set its endpoint in {setting} to https://{own}.{httpx.URL(wrong[0]).host.partition('.')[2]}",
        )
    if properties.get("publicNetworkAccess") == "Disabled":
        return bad(
            "it answers in private networks only, and the gateway is in none", "enable its public network access"
        )
    if (properties.get("networkAcls") or {}).get("defaultAction") == "Deny":
        return note("it answers to networks on its list only", "let the gateway's addresses in, once it is up")
    return fine(f"{found.get('kind', 'an account')} in {found['location']}")


def _rights(arm: Callable[[], Api], account: str) -> Outcome:
    """Whether `up` may give the gateway's identity its role there."""
    permissions = arm().values(
        f"{account}/providers/Microsoft.Authorization/permissions?api-version={PERMISSIONS_API.version}"
    )
    if missing_actions(list(permissions), [_GIVE_ROLES]):
        return bad(
            f"not held: {_GIVE_ROLES}, with which `up` lets the gateway call it",
            "have Role Based Access Control Administrator assigned on the account",
        )
    return fine("`up` may let the gateway call it")


_CORRECT = "correct model (by default the name) or account in gatewayModels"


def _deployment(arm: Callable[[], Api], account: str, name: str, correct: str = _CORRECT) -> Outcome:
    """Whether it is there and ready, and how much it gives in a minute; `correct` is what to do otherwise."""
    try:
        found = _get(arm(), f"{account}/deployments/{name}")
    except LookupError:
        url = f"{account}/deployments?api-version={COGNITIVE_SERVICES_API.version}"
        there = ", ".join(sorted(one["name"] for one in arm().values(url))) or "none"
        return bad(
            f"{_name(account)} has no deployment {name}: it has {there}",
            f"deploy it there, or {correct}",
        )
    state = found["properties"]["provisioningState"]
    if state != "Succeeded":
        return bad(f"the deployment is {state}", "wait, or deploy it anew")
    model, sku = found["properties"].get("model", {}), found.get("sku", {})
    what = f"{model.get('name', name)} {model.get('version', '')}".strip()
    return fine(f"{what}, {sku.get('name', 'deployed')}, {_tokens_a_minute(found):,} tokens a minute")


def _embeddings(arm: Callable[[], Api], settings: AzureSettings) -> Outcome:
    """Whether the deployment of the semantic cache makes embeddings, as many in a minute as clients may ask for."""
    account, name = settings.semantic_cache.account or "", settings.semantic_cache.model or ""
    correct = "correct model or account in semanticCache"
    outcome = _deployment(arm, account, name, correct)
    if outcome.state != State.FINE:
        return outcome
    found = _get(arm(), f"{account}/deployments/{name}")
    capabilities, model = found["properties"].get("capabilities") or {}, found["properties"].get("model") or {}
    # The API has "true" as a text; a model of another maker may have no such line.
    if capabilities.get("embeddings") != "true" and "embed" not in model.get("name", ""):
        return bad(f"{name} is {outcome.says}, which makes no embeddings", correct)
    tokens = _tokens_a_minute(found)
    if not tokens:
        return bad("it has a capacity of 0 tokens a minute", "raise its capacity in Azure OpenAI")
    if (allowed := sum(one.tokens_per_minute or 0 for one in settings.clients)) > tokens:
        return note(
            f"{outcome.says}, and clients may use {allowed:,}: what is beyond could be answered 503 cache_failed",
            "raise its capacity, or lower tokensPerMinute of clients",
        )
    free = [one.name for one in settings.clients if one.tokens_per_minute is None]
    return fine(f"{outcome.says}; without a limit of their own: {', '.join(free)}") if free else outcome


def _quota(arm: Callable[[], Api], model: GatewayModel, limits: Mapping[str, int | None]) -> Outcome:
    """What the deployments of a model give in a minute, beside what its clients may use in one."""
    api, tokens = arm(), 0
    try:
        for deployment, upstream in zip(model.deployments, model.upstreams, strict=True):
            if deployment.account:
                tokens += _tokens_a_minute(_get(api, f"{deployment.account}/deployments/{upstream}"))
    except LookupError:
        return Outcome(state=State.SKIPPED, says="not every deployment is there")
    if not tokens:
        return bad("its deployments have a capacity of 0 tokens a minute", "raise their capacity in Azure OpenAI")
    free = [name for name, limit in limits.items() if limit is None]
    allowed = sum(limit or 0 for limit in limits.values())
    says = f"{tokens:,} tokens a minute in {len(model.deployments)} deployment{'s' * (len(model.deployments) != 1)}"
    if allowed > tokens:
        return note(
            f"{says}, and clients may use {allowed:,}: together they would be answered 429 by Azure OpenAI",
            "lower tokensPerMinute of clients, or raise the capacity of the deployments",
        )
    without = f"; without a limit of their own: {', '.join(free)}" if free else ""
    return fine(f"{says}, of which clients may use {allowed:,}{without}")


def _limits(settings: AzureSettings, model: str) -> Mapping[str, int | None]:
    """Tokens a minute of each client that may use the model; None is no limit."""
    return {one.name: one.tokens_per_minute for one in settings.clients if not one.models or model in one.models}


def _tokens_a_minute(deployment: Mapping[str, Any]) -> int:
    """By its rate limits, or else by its capacity, whose unit are 1,000 tokens a minute (Azure OpenAI, "Quota")."""
    for limit in deployment["properties"].get("rateLimits") or ():
        if limit.get("key") == "token":
            return int(limit["count"] * 60 / limit["renewalPeriod"])
    return int(deployment.get("sku", {}).get("capacity") or 0) * 1000


def _key(url: str, keys: Callable[[], Mapping[str, str]], name: str, model: str, title: str) -> Outcome:
    """Whether the provider takes the key, by its list of models, which costs nothing and names the model."""
    answer = httpx.get(url, headers={"Authorization": f"Bearer {keys()[name]}"}, timeout=30)
    if answer.status_code in (httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return bad(f"{title} refuses the key ({answer.status_code})", f"set providerKeys.{name} anew")
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return bad(f"{title} takes the key, but its quota is used up", "wait, or raise the quota there")
    if not answer.is_success:
        raise RuntimeError(f"{title} answered {answer.status_code}: {answer.text[:200]}")
    listed = {str(one["id"]).removeprefix("models/") for one in answer.json()["data"]}
    if model not in listed:
        return bad(
            f"{title} takes the key, and lists no {model}", "correct model (by default the name) in gatewayModels"
        )
    return fine(f"{title} takes it, and lists {model}")


def _get(arm: Api, resource: str) -> Mapping[str, Any]:
    """The resource; LookupError when there is none."""
    if not (found := arm.find(f"{resource}?api-version={COGNITIVE_SERVICES_API.version}")):
        raise LookupError(resource)
    return found
