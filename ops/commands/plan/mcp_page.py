"""Page of the documentation with the Mermaid picture of an MCP stack, drawn from the recorded program."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ops.model.recorder import Recording, Resource, plain
from ops.project import ROOT
from ops.stack.plan import Plan

FILE = ROOT / "docs" / "mcp-architecture.md"

_APPLICATION = "azuread:index/application:Application"
_ASSIGNMENT = "azuread:index/appRoleAssignment:AppRoleAssignment"
_GATEWAY = "aws:bedrock/agentcoreGateway:AgentcoreGateway"
_PROVIDER = "aws:bedrock/agentcoreOauth2CredentialProvider:AgentcoreOauth2CredentialProvider"
_ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
_TARGET = "aws:bedrock/agentcoreGatewayTarget:AgentcoreGatewayTarget"
_WHOSE = {"AUTHORIZATION_CODE": "token of this user", "CLIENT_CREDENTIALS": "token of the application"}

_COLOURS = (
    "classDef person fill:cornsilk,stroke:goldenrod,color:black; classDef entry fill:navajowhite,stroke:chocolate,"
    "color:black; classDef workload fill:lightblue,stroke:navy,color:black; classDef store fill:thistle,stroke:purple,"
    "color:black; classDef provider fill:palegreen,stroke:darkgreen,color:black"
)

_PAGE = """# The MCP stack

Drawn from the program itself: `genai plan -s mcp --write-docs` runs it, with the settings of the stack, and writes this
page. A test fails when it no longer shows what the program builds. [mcp.md](mcp.md) says how it is used.

```mermaid
{mermaid}
```

| target | tools | whose data | asked for |
|---|---|---|---|
{targets}

The gateway's role (`{role}`) allows what stands here and nothing else:

| action | on |
|---|---|
{rights}
"""


def write(plan: Plan) -> None:
    """Draw it anew."""
    FILE.write_text(page(plan), encoding="utf-8")


def page(plan: Plan) -> str:
    """The text of `docs/mcp-architecture.md`."""
    recording = plan.recording
    role = recording.one(_ROLE_POLICY)
    statements = json.loads(plain(role.inputs["policy"]))["Statement"]
    rights = [f"| {_code(one['Action'])} | {_code(map(_resource, one['Resource']))} |" for one in statements]
    return _PAGE.format(
        mermaid=mermaid(plan), targets="\n".join(_rows(recording)), rights="\n".join(rights), role=role.name
    )


def mermaid(plan: Plan) -> str:
    """The flow chart in Mermaid's language."""
    recording = plan.recording
    authorizer = plain(recording.one(_GATEWAY).inputs["authorizerConfiguration"])["customJwtAuthorizer"]
    role = authorizer["customClaims"][0]["authorizingClaimMatchValue"]["claimMatchValue"]["matchValueString"]
    hosts: dict[str, str] = {}
    boxes, arrows = list[str](), list[str]()
    for target in _by_name(recording, _TARGET):
        node = f"target-{target.name}"
        host = str(urlsplit(_document(target.inputs)["servers"][0]["url"]).hostname)
        api = hosts.setdefault(host, f"api{len(hosts)}")
        boxes.append(f'        {node}["target {target.name}, {len(_tools(target.inputs))} tools"]:::workload')
        arrows.append(f"    gateway --> {node} -->|{_WHOSE[_oauth(target.inputs)['grantType']]}| {api}")
    for number, secret in enumerate(_secrets(recording)):
        boxes.append(f'        secret{number}[("secret {secret}")]:::store')
        arrows.append(f"    gateway --> secret{number}")
    return "\n".join(
        [
            "flowchart LR",
            f'    callers(["MCP clients, role given to {len(recording.of_type(_ASSIGNMENT))}"]):::person',
            f'    entra["Entra ID: {len(recording.of_type(_APPLICATION))} applications, role {role}"]:::entry',
            f'    subgraph aws["AWS {plan.cost.region}"]',
            '        gateway["AgentCore Gateway"]:::workload',
            '        vault[("token vault, by issuer and subject")]:::store',
            *boxes,
            "    end",
            *(f'    {node}["{host}"]:::provider' for host, node in hosts.items()),
            "    callers -->|login, PKCE| entra",
            f"    callers -->|token with {role}| gateway",
            "    gateway -->|keys of the tenant| entra",
            "    gateway --> vault",
            *arrows,
            f"    {_COLOURS}",
        ]
    )


def _rows(recording: Recording) -> Iterator[str]:
    for target in _by_name(recording, _TARGET):
        oauth = _oauth(target.inputs)
        whose = "each user's own" if oauth["grantType"] == "AUTHORIZATION_CODE" else "the same for everybody"
        tools = [f"{target.name}___{name}" for name in _tools(target.inputs)]
        yield f"| {target.name} | {_code(tools)} | {whose} | {_code(oauth['scopes'])} |"


def _by_name(recording: Recording, type_token: str) -> list[Resource]:
    """The engine registers them as their inputs come, in an order of its own."""
    return sorted(recording.of_type(type_token), key=lambda one: one.name)


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _resource(arn: str) -> str:
    """The part of an ARN behind the account."""
    return arn.split(":", 5)[5]


def _oauth(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    oauth: Mapping[str, Any] = plain(inputs["credentialProviderConfiguration"])["oauth"]
    return oauth


def _document(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = plain(inputs["targetConfiguration"])["mcp"]["openApiSchema"]
    document: Mapping[str, Any] = json.loads(schema["inlinePayload"]["payload"])
    return document


def _tools(inputs: Mapping[str, Any]) -> list[str]:
    operations = [operation for item in _document(inputs)["paths"].values() for operation in item.values()]
    return [str(one["operationId"]) for one in operations if isinstance(one, Mapping) and "operationId" in one]


def _secrets(recording: Recording) -> list[str]:
    """Names of the secrets that hold the client secrets, once each."""
    found = []
    for provider in _by_name(recording, _PROVIDER):
        (vendor,) = plain(provider.inputs["oauth2ProviderConfig"]).values()
        # The ARN ends with a hyphen and six characters of Secrets Manager's own.
        found.append(str(vendor["clientSecretConfig"]["secretId"]).split(":", 6)[6][:-7])
    return list(dict.fromkeys(found))
