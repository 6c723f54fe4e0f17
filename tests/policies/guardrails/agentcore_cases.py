"""For each rule about Bedrock AgentCore the defects that must trip it, and the good twin that must not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi_aws as aws
import pulumi_azuread as azuread

from tests.policies.guardrails.good import TAGS

Program = Callable[[], Any]
DISCOVERY = "https://login.microsoftonline.com/{}/v2.0/.well-known/openid-configuration"
ROLES: Mapping[str, Any] = {
    "inbound_token_claim_name": "roles",
    "inbound_token_claim_value_type": "STRING_ARRAY",
    "authorizing_claim_match_value": {
        "claim_match_operator": "CONTAINS",
        "claim_match_value": {"match_value_string": "mcp.invoke"},
    },
}


def gateway(authorizer_type: str = "CUSTOM_JWT", tenant: str = "14f696cc", **authorizer: Any) -> None:
    jwt = {
        "discovery_url": DISCOVERY.format(tenant),
        "allowed_audiences": ["api"],
        "custom_claims": [ROLES],
        **authorizer,
    }
    given: Any = {"custom_jwt_authorizer": {key: value for key, value in jwt.items() if value is not None}}
    aws.bedrock.AgentcoreGateway(
        "gateway",
        role_arn="arn:aws:iam::123456789012:role/r",
        authorizer_type=authorizer_type,
        authorizer_configuration=given if authorizer_type == "CUSTOM_JWT" else None,
        tags=TAGS,
    )


def role(
    action: Any = "bedrock-agentcore:GetWorkloadAccessToken", resource: Any = "arn:a", account: bool = True
) -> None:
    trust: dict[str, Any] = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "bedrock-agentcore.amazonaws.com"},
    }
    if account:
        trust["Condition"] = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    made = aws.iam.Role(
        "gateway", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}), tags=TAGS
    )
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    aws.iam.RolePolicy(
        "gateway", role=made.name, policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )


def provider(**config: Any) -> None:
    kept = {
        "client_id": "c",
        "client_secret_source": "EXTERNAL",
        "client_secret_config": {"secret_id": "arn:aws:secretsmanager:::s", "json_key": "client_secret"},
        **config,
    }
    given: Any = {"google_oauth2_provider_config": {key: value for key, value in kept.items() if value is not None}}
    aws.bedrock.AgentcoreOauth2CredentialProvider(
        "google", credential_provider_vendor="GoogleOauth2", oauth2_provider_config=given, tags=TAGS
    )


def target(mcp: Any = None, **oauth: Any) -> None:
    grant = {
        "provider_arn": "arn:p",
        "scopes": ["s"],
        "grant_type": "AUTHORIZATION_CODE",
        "default_return_url": "https://app.example.com/consent",
        **oauth,
    }
    given: Any = {"oauth": {key: value for key, value in grant.items() if value is not None}}
    configuration: Any = {"mcp": mcp or {"open_api_schema": {"inline_payload": {"payload": "{}"}}}}
    aws.bedrock.AgentcoreGatewayTarget(
        "drive",
        gateway_identifier="gw-1a2b3c4d5e",
        target_configuration=configuration,
        credential_provider_configuration=given,
    )


def server(**more: Any) -> None:
    target({"mcp_server": {"endpoint": "https://mcp.example.com", **more}})


def client(uri: str = "http://localhost", **more: Any) -> None:
    azuread.Application("client", display_name="client", public_client={"redirect_uris": [uri]}, **more)


DEFECTS: Mapping[str, Mapping[str, Program]] = {
    "gateways-answer-to-one-audience-and-role": {
        "nobody is asked": lambda: gateway("NONE"),
        "any token of anybody": lambda: gateway("AUTHENTICATE_ONLY"),
        "people of every tenant": lambda: gateway(tenant="common"),
        "people of every company": lambda: gateway(tenant="organizations"),
        "without TLS": lambda: gateway(discovery_url="http://login.example.com/.well-known/openid-configuration"),
        "any audience": lambda: gateway(allowed_audiences=None),
        "no audience": lambda: gateway(allowed_audiences=[]),
        "every client": lambda: gateway(allowed_clients=["*"]),
        "every audience": lambda: gateway(allowed_audiences=["*"]),
        "no role": lambda: gateway(custom_claims=None),
        "another claim": lambda: gateway(custom_claims=[{**ROLES, "inbound_token_claim_name": "tid"}]),
    },
    "gateway-roles-name-what-they-use": {
        "every token": lambda: role(resource="*"),
        "every provider": lambda: role(resource=["arn:a", "arn:aws:bedrock-agentcore:::token-vault/default/*"]),
        "every action on one": lambda: role(action="bedrock-agentcore:*"),
        "the gateway of anybody": lambda: role(account=False),
    },
    "oauth-client-secrets-stay-in-secrets-manager": {
        "in plain": lambda: provider(client_secret="x", client_secret_source=None, client_secret_config=None),
        "in plain beside a reference": lambda: provider(client_secret="x"),
        "written only": lambda: provider(client_secret_wo="x", client_secret_source=None, client_secret_config=None),
        "managed": lambda: provider(client_secret_source="MANAGED"),
        "no reference": lambda: provider(client_secret_config=None),
    },
    "targets-bring-their-schema": {
        "a server without its tools": server,
        "a server that is asked each time": lambda: server(
            listing_mode="DYNAMIC", mcp_tool_schema={"inline_payload": {"payload": "{}"}}
        ),
        "an API without its document": lambda: target({"open_api_schema": {}}),
        "no page to return to": lambda: target(default_return_url=None),
        "a page that anybody has": lambda: target(default_return_url="https://app.example.com/*"),
        "a page without TLS": lambda: target(default_return_url="http://app.example.com/consent"),
    },
    "logins-return-to-exact-addresses": {
        "any host": lambda: client("https://*.example.com/back"),
        "any path": lambda: client("https://example.com/*"),
        "without TLS": lambda: client("http://example.com/back"),
        "a fragment": lambda: client("https://example.com/#back"),
        "a page of the web": lambda: client(web={"redirect_uris": ["https://example.com/*"]}),
        "a page with a script": lambda: client(single_page_application={"redirect_uris": ["http://example.com/"]}),
        "tokens through the browser": lambda: client(
            web={"implicit_grant": {"access_token_issuance_enabled": True, "id_token_issuance_enabled": False}}
        ),
    },
}


def _all_good() -> None:
    gateway()
    role()
    provider()
    target()
    client("cursor://anysphere.cursor-mcp/oauth/callback", web={"redirect_uris": ["https://example.com/back"]})


GOOD: Mapping[str, Program] = {
    "an MCP gateway": _all_good,
    "an MCP server with its tools": lambda: server(mcp_tool_schema={"inline_payload": {"payload": "{}"}}),
    "a shared resource": lambda: target(grant_type="CLIENT_CREDENTIALS", default_return_url=None),
}
