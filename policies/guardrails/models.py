"""CrossGuard rules about models behind API Management: pools leave out what fails, an identity is there when needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, ResourceValidationArgs

from policies.apim.models import PROVIDERS
from policies.guardrails.rule import known, of_type, resource_rule, stack_rule

_BACKEND = "azure-native:apimanagement:Backend"
_POLICY = "azure-native:apimanagement:ApiPolicy"
_CALLS_WITH_IT = re.compile("<(authentication-managed-identity|llm-content-safety|llm-semantic-cache-lookup)\\b")
"""Content Safety is called by the backend that its policy names, which shows the identity."""
_LOOKUP = re.compile(r"<(?:llm|azure-openai)-semantic-cache-lookup\b(.*?)(?:/>|</)", re.DOTALL)


@stack_rule
def pools_leave_out_what_fails(resources: Sequence[PolicyResource]) -> Iterator[tuple[PolicyResource, str]]:
    """Each backend of a pool has a circuit breaker: without one, a pool goes on sending requests to what fails."""
    for pool in of_type(resources, _BACKEND):
        for member in pool.property_dependencies.get("pool", []):
            if not known(member.props, "circuitBreaker", "rules"):
                yield member, "the pool keeps sending requests to it when it fails: give it circuitBreaker.rules"


@resource_rule(_BACKEND)
def azure_openai_is_called_without_a_key(backend: ResourceValidationArgs) -> Iterator[str]:
    """The gateway's identity calls Azure OpenAI: a key of an account may do everything with it, and has no end."""
    host = re.sub(r"https://([^/:]+).*", r"\1", backend.props.get("url") or "")
    if re.fullmatch(PROVIDERS["azureOpenAI"].hosts, host) and backend.props.get("credentials"):
        yield f"{host} would be called with a key: take credentials out, and give the gateway's identity its role"


@stack_rule
def gateways_have_an_identity_only_to_call_with(
    resources: Sequence[PolicyResource],
) -> Iterator[tuple[PolicyResource, str]]:
    """What a gateway may do, whoever may change its policies may do too."""
    policies = [known(policy.props, "value") for policy in of_type(resources, _POLICY)]
    for service in of_type(resources, "azure-native:apimanagement:ApiManagementService"):
        identity = known(service.props, "identity", "type") or "None"
        if identity != "None" and not any(policy is None or _CALLS_WITH_IT.search(policy) for policy in policies):
            yield service, "it has an identity that no policy calls with: set identity.type to None"


@stack_rule
def every_way_to_a_model_checks_prompts_or_none(
    resources: Sequence[PolicyResource],
) -> Iterator[tuple[PolicyResource, str]]:
    """Where one API has its prompts checked by Content Safety, a caller would take the one that has not."""
    ways = [
        (policy, text)
        for policy in of_type(resources, _POLICY)
        if "<llm-" in (text := known(policy.props, "value") or "")
    ]
    if any("<llm-content-safety" in text for _, text in ways):
        for policy, text in ways:
            if "<llm-content-safety" not in text:
                yield policy, "prompts reach models through it unchecked: put llm-content-safety into its inbound"


@stack_rule
def gateways_have_one_of_their_own_only_for_embeddings(
    resources: Sequence[PolicyResource],
) -> Iterator[tuple[PolicyResource, str]]:
    """Whoever may write a policy may ask any backend as it (learn.microsoft.com, "llm-semantic-cache-lookup")."""
    policies = [known(policy.props, "value") for policy in of_type(resources, _POLICY)]
    for service in of_type(resources, "azure-native:apimanagement:ApiManagementService"):
        own = "SystemAssigned" in (known(service.props, "identity", "type") or "")
        if own and not any(policy is None or "semantic-cache-lookup" in policy for policy in policies):
            yield service, "no policy asks for embeddings as its own identity: take SystemAssigned out of identity.type"


@resource_rule(_POLICY)
def cached_answers_are_not_shared(policy: ResourceValidationArgs) -> Iterator[str]:
    """Without vary-by an answer that was meant for one caller is given to all."""
    if any("<vary-by>" not in lookup for lookup in _LOOKUP.findall(policy.props["value"])):
        yield "everybody gets everybody's answers: put the caller into vary-by of the semantic cache"


@resource_rule("azure-native:redisenterprise:Database")
def caches_of_answers_are_encrypted(database: ResourceValidationArgs) -> Iterator[str]:
    """Answers and questions travel to Redis through the internet."""
    if database.props.get("clientProtocol") == "Plaintext":
        yield "answers travel in plain text: set clientProtocol to Encrypted"
