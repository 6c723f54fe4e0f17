"""CrossGuard rules about API Management: tokens are required, LiteLLM alone gets keys, logs hold no secret."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy import PolicyResource, ResourceValidationArgs

from policies.apim import APIM_ENTRY_PORT
from policies.guardrails.rule import known, of_type, referring, resource_rule, stack_rule

_API = "azure-native:apimanagement:Api"
_API_POLICY = "azure-native:apimanagement:ApiPolicy"
_OPERATION = "azure-native:apimanagement:ApiOperation"
_OPERATION_POLICY = "azure-native:apimanagement:ApiOperationPolicy"
_DIAGNOSTICS = ("azure-native:apimanagement:Diagnostic", "azure-native:apimanagement:ApiDiagnostic")
_DEPLOYMENT = "azure-native:resources:Deployment"
_DIAGNOSTIC_TEMPLATE = re.compile(r"Microsoft\.ApiManagement/service/(apis/)?diagnostics", re.IGNORECASE)
_TOKEN_CHECK = re.compile(r"<inbound>.*<validate-(azure-ad-token|jwt)\b.*</inbound>", re.DOTALL)
_INHERITS = re.compile(r"<inbound>.*<base\s*/>.*</inbound>", re.DOTALL)
_MODEL_IN_PATH = re.compile(r"/(deployments|engines|models?)/\{", re.IGNORECASE)

SELF_SIGNED_ENTRY = re.compile(rf"https://[\w.-]+\.elb\.amazonaws\.com:{APIM_ENTRY_PORT}")
"""Exempt from the check of certificates: the entry for API Management of an AWS stack without a domain. No authority
vouches for such a name, so its certificate can only be self-signed; `insecureBackend` has said that this is fine."""


@stack_rule
def apis_ask_for_a_token(resources: Sequence[PolicyResource]) -> Iterator[tuple[PolicyResource, str]]:
    """Each API has a policy that validates a token: no subscription key is asked for. No operation undoes that.

    One that answers every GET by itself, and can lead nowhere, needs none: clients learn from it where tokens are had.
    """
    for api in of_type(resources, _API):
        policies = [known(policy.props, "value") for policy in referring(resources, _API_POLICY, "apiId", api)]
        if policies and all(policy is not None and _answers_by_itself(policy) for policy in policies):
            for operation in referring(resources, _OPERATION, "apiId", api):
                if operation.props["method"] != "GET":
                    yield operation, "the operation is open, and does more than to answer a question: make it a GET"
        elif not any(policy is None or _TOKEN_CHECK.search(policy) for policy in policies):
            yield api, "whoever finds the address may call: give the API a policy with validate-azure-ad-token"
    for policy in of_type(resources, _OPERATION_POLICY):
        if not _INHERITS.search(known(policy.props, "value") or "<inbound><base /></inbound>"):
            yield policy, "the operation is open, it leaves out the policy of its API: begin inbound with <base />"


def _answers_by_itself(policy: str) -> bool:
    """Whether the policy ends each request with an answer of its own, before anybody behind it is asked."""
    try:
        root = ElementTree.fromstring(policy)  # noqa: S314  our own program's
    except ElementTree.ParseError:
        return False
    inbound = [element.tag for element in root.iterfind("inbound/*")]
    return inbound[-1:] == ["return-response"] and not set(inbound[:-1]) - {"base", "rate-limit-by-key"}


@resource_rule(_API)
def apis_lead_nowhere_by_themselves(api: ResourceValidationArgs) -> Iterator[str]:
    """Only the policy knows the backend: an API with a service URL is open until its policy exists. It speaks HTTPS."""
    if api.props.get("serviceUrl"):
        yield "requests go through until the policy exists: take serviceUrl out, the policy selects the backend"
    protocols = list(api.props.get("protocols") or ())
    if protocols != ["https"]:
        yield f"protocols are {', '.join(protocols) or 'left open'}: set https alone"


@resource_rule(_OPERATION)
def operations_are_named_one_by_one(operation: ResourceValidationArgs) -> Iterator[str]:
    """A wildcard would publish LiteLLM's administration; a model in the path is one that no key is asked for."""
    template, method = operation.props["urlTemplate"], operation.props["method"]
    if method != "GET" and _MODEL_IN_PATH.search(template):
        yield f"{method} {template} lets callers name a model past their key (litellm#41810): take the operation out"
    if "*" in template + method:
        yield f"{method} {template} covers more than one path and method: add an operation for each that callers need"


@resource_rule("azure-native:apimanagement:Backend")
def backends_show_a_valid_certificate(backend: ResourceValidationArgs) -> Iterator[str]:
    """Keys and prompts go to LiteLLM over TLS, and to nobody who only claims to be LiteLLM."""
    url = backend.props.get("url") or ""  # a pool has none, its members have
    if url and not url.startswith("https://"):
        yield f"keys and prompts cross the internet in clear to {url}: use https"
    for check in ("validateCertificateChain", "validateCertificateName"):
        if known(backend.props, "tls", check) is False and not SELF_SIGNED_ENTRY.fullmatch(url):
            yield f"whoever steps in between reads keys and prompts: set tls.{check} to true"


@resource_rule(*_DIAGNOSTICS, _DEPLOYMENT)
def gateway_logs_hold_no_headers_and_no_bodies(resource: ResourceValidationArgs) -> Iterator[str]:
    """Headers carry tokens and keys, bodies prompts: a diagnostic says that it takes neither."""
    for diagnostic in _diagnostics(resource):
        if not diagnostic.get("verbosity"):
            yield "the policy's traces may be missing from the logs: set verbosity"
        if diagnostic.get("logClientIp") is not False:
            yield "addresses of callers are logged: set logClientIp to false"
        for side in ("frontend", "backend"):
            for way in ("request", "response"):
                headers, body = known(diagnostic, side, way, "headers"), known(diagnostic, side, way, "body", "bytes")
                if headers is None or len(headers) or body != 0:
                    yield f"headers or bodies are logged: set {side}.{way} to headers [] and body.bytes 0"


def _diagnostics(resource: ResourceValidationArgs) -> Iterator[Mapping[str, Any]]:
    """The settings of a diagnostic, and of each that an ARM template brings along."""
    if resource.resource_type != _DEPLOYMENT:
        yield resource.props
        return
    for nested in known(resource.props, "properties", "template", "resources") or ():
        if _DIAGNOSTIC_TEMPLATE.fullmatch(known(nested, "type") or ""):
            yield nested["properties"]
