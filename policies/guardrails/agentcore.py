"""CrossGuard rules about Bedrock AgentCore: who may call, what the role may use, where secrets and codes go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from pulumi_policy import PolicyResource, ResourceValidationArgs

from policies.guardrails.rule import known, mappings, of_type, referring, resource_rule, stack_rule

_GATEWAY = "aws:bedrock/agentcoreGateway:AgentcoreGateway"
_TARGET = "aws:bedrock/agentcoreGatewayTarget:AgentcoreGatewayTarget"
_PROVIDER = "aws:bedrock/agentcoreOauth2CredentialProvider:AgentcoreOauth2CredentialProvider"
_ROLE, _ROLE_POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
_APPLICATION = "azuread:index/application:Application"
_SERVICE = "bedrock-agentcore.amazonaws.com"
_MANY_TENANTS = re.compile(r"/(common|organizations|consumers)/", re.IGNORECASE)
_LOOPBACK = ("localhost", "127.0.0.1")


@resource_rule(_GATEWAY)
def gateways_answer_to_one_audience_and_role(gateway: ResourceValidationArgs) -> Iterator[str]:
    """A gateway takes tokens of one tenant, made for it, of who holds a role; any token of the tenant is not enough."""
    kind = gateway.props["authorizerType"]
    if kind != "CUSTOM_JWT":
        yield f"it lets in whoever {kind} does: set authorizerType to CUSTOM_JWT"
        return
    authorizer = known(gateway.props, "authorizerConfiguration", "customJwtAuthorizer") or {}
    discovery = known(authorizer, "discoveryUrl")
    if discovery and (not discovery.startswith("https://") or _MANY_TENANTS.search(discovery)):
        yield f"{discovery} speaks for every tenant, or to everybody: set the HTTPS address of one tenant"
    if "allowedAudiences" not in authorizer or len(authorizer["allowedAudiences"]) == 0:
        yield "it takes tokens made for other APIs: set allowedAudiences to the client id of its own"
    for name in ("allowedAudiences", "allowedClients", "allowedScopes"):
        if any("*" in str(known(authorizer, name, index)) for index in range(len(authorizer.get(name) or ()))):
            yield f"{name} holds *: name each"
    if not any(_asks_for_a_role(claim) for claim in authorizer.get("customClaims") or ()):
        yield "everybody in the tenant may call: set customClaims to ask for an app role (roles CONTAINS ...)"


def _asks_for_a_role(claim: Any) -> bool:
    match = known(claim, "authorizingClaimMatchValue") or {}
    return known(claim, "inboundTokenClaimName") == "roles" and known(match, "claimMatchOperator") in (
        "CONTAINS",
        "CONTAINS_ANY",
    )


@stack_rule
def gateway_roles_name_what_they_use(resources: Sequence[PolicyResource]) -> Iterator[tuple[PolicyResource, str]]:
    """The role of a gateway can get every user's tokens: it names each action and each ARN, and trusts its account."""
    for role in of_type(resources, _ROLE):
        if _SERVICE not in str(known(role.props, "assumeRolePolicy")):
            continue
        if "aws:SourceAccount" not in str(known(role.props, "assumeRolePolicy")):
            yield role, "a gateway of any account may take it: add aws:SourceAccount to the condition"
        for policy in referring(resources, _ROLE_POLICY, "role", role):
            document = known(policy.props, "policy")
            for statement in json.loads(document)["Statement"] if isinstance(document, str) else ():
                named = [statement.get("Action"), statement.get("Resource")]
                if "*" in json.dumps(named) or None in named:
                    yield policy, f"it allows {json.dumps(named)}: name each action and each ARN in full"


@resource_rule(_PROVIDER)
def oauth_client_secrets_stay_in_secrets_manager(provider: ResourceValidationArgs) -> Iterator[str]:
    """The secret of an OAuth client is a reference: else it passes through the program and its state."""
    for name, config in mappings(known(provider.props, "oauth2ProviderConfig")):
        if not name.endswith("Oauth2ProviderConfig"):
            continue
        if any(key in config for key in ("clientSecret", "clientSecretWo")):
            yield "the client secret is an input: put it in Secrets Manager and set clientSecretConfig"
        if known(config, "clientSecretSource") != "EXTERNAL" or "clientSecretConfig" not in config:
            yield "it refers to no secret of Secrets Manager: set clientSecretSource to EXTERNAL and clientSecretConfig"


@resource_rule(_TARGET)
def targets_bring_their_schema(target: ResourceValidationArgs) -> Iterator[str]:
    """A target that AgentCore must ask for its tools as a user hangs in CREATE_PENDING_AUTH, and blocks the evening."""
    kinds = known(target.props, "targetConfiguration", "mcp") or {}
    server = known(kinds, "mcpServer") or {}
    if server and ("mcpToolSchema" not in server or known(server, "listingMode") == "DYNAMIC"):
        yield "its tools are asked for when somebody clicks: set mcpToolSchema, and no listingMode DYNAMIC"
    schema = known(kinds, "openApiSchema")
    if schema is not None and not (
        known(schema, "s3", "uri") or known(schema, "inlinePayload", "payload") or "inlinePayload" in schema
    ):
        yield "it has no schema, so there would be no tool: set inlinePayload"
    oauth = known(target.props, "credentialProviderConfiguration", "oauth") or {}
    if known(oauth, "grantType") == "AUTHORIZATION_CODE":
        back = known(oauth, "defaultReturnUrl") if "defaultReturnUrl" in oauth else ""
        if back is not None and not _exact(back):
            yield f"a consent would return to {back!r}: set defaultReturnUrl to an exact address, HTTPS or loopback"


@resource_rule(_APPLICATION)
def logins_return_to_exact_addresses(application: ResourceValidationArgs) -> Iterator[str]:
    """A code goes to an address that is written in full, and is redeemed with PKCE; no token goes through a browser."""
    for name in ("publicClient", "web", "singlePageApplication"):
        for index in range(len(known(application.props, name, "redirectUris") or ())):
            uri = known(application.props, name, "redirectUris", index)
            if uri is not None and not _exact(uri, apps=True):
                yield f"{uri!r} is not exact, or not HTTPS: write each redirect address in full"
    implicit = known(application.props, "web", "implicitGrant") or {}
    if any(known(implicit, key) for key in ("accessTokenIssuanceEnabled", "idTokenIssuanceEnabled")):
        yield "the implicit grant hands out tokens without PKCE: take implicitGrant out"


def _exact(address: str, *, apps: bool = False) -> bool:
    at = urlsplit(address)
    if "*" in address or "#" in address or at.username is not None:
        return False
    if at.scheme == "http":
        return at.hostname in _LOOPBACK
    return (at.scheme == "https" and bool(at.hostname)) or (apps and at.scheme not in ("", "https"))
