"""Settings of an MCP stack: one typed, frozen, validated pydantic model, read once.

It is the only source of names, types, defaults and descriptions: `stacks.pulumi_yaml` writes them into `Pulumi.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from catalogue.agentcore import LONGEST_TOOL_NAME, region_problem
from charts.shapes import Frozen, text
from stacks.configuration import place, read
from stacks.fields import StackSettings, Users, named_once, unique
from stacks.mcp import addresses, openapi, scopes

_GUID = r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
Guid = Annotated[str, text(_GUID, "an id of Entra ID: write one such as 00000000-0000-4000-8000-000000000000")]
OptionalTenant = Annotated[
    str,
    text(f"({_GUID})?", "the id of one tenant: write it as `az account show --query tenantId` tells it"),
]
TargetName = Annotated[
    str, text(r"([0-9a-zA-Z]-?){0,39}[0-9a-zA-Z]", "a name of a target: use letters, digits and single -, at most 40")
]


def _secret_name(name: str) -> str:
    # A client secret of Google's, GitHub's or Slack's that stands there by mistake looks like a name.
    looks_secret = re.match(r"GOCSPX-|gh[opusr]_|github_pat_[0-9A-Za-z]{20}|xox[a-z]-|eyJ", name) or re.fullmatch(
        r"[0-9a-fA-F]{32,}", name
    )
    if looks_secret or not re.fullmatch(r"[A-Za-z0-9_/+=.@-]{1,512}", name):
        raise ValueError(
            "is not a name of a secret of Secrets Manager, and is not shown, as it may be the secret: write the name "
            "alone, such as mcp/google"
        )
    return name


SecretName = Annotated[str, AfterValidator(_secret_name)]

_DISCOVERY = re.compile(
    r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?(/[^\s?#*]*)?"
    r"/\.well-known/(openid-configuration|oauth-authorization-server)"
)
_GOOGLE_CLIENT = r"[\w-]+\.apps\.googleusercontent\.com"
GOOGLE_ISSUER = "accounts.google.com"
DRIVE_SCOPE = "https://www.googleapis.com/auth/drive.readonly"


class TargetSetting(Frozen):
    """An API that the gateway offers as tools, and how it gets tokens for it."""

    name: TargetName
    """Its tools are called `<name>___<operationId>`."""
    api: str = "drive"
    """`drive`, or the path of an OpenAPI document from the project's folder."""
    grant: Literal["authorizationCode", "clientCredentials"] = "authorizationCode"
    """Whose data: each user's own, after a consent; or what the application itself may see, the same for everybody."""
    client_id: str = Field(min_length=1, max_length=256)
    """Of the OAuth client at the provider."""
    client_secret: SecretName
    """Name of the secret of Secrets Manager that holds `{"client_secret": "..."}`; the value is nowhere else."""
    discovery_url: str = ""
    """Where the provider describes itself (`.well-known/openid-configuration`); empty means Google."""
    scopes: tuple[str, ...] = ()

    @property
    def google(self) -> bool:
        """Whether Google gives the tokens."""
        return not self.discovery_url

    @property
    def asked_scopes(self) -> tuple[str, ...]:
        """`scopes`; for Drive without any, to read files."""
        return self.scopes or ((DRIVE_SCOPE,) if self.api == "drive" else ())


class McpSettings(StackSettings):
    """The settings of an MCP stack."""

    tenant_id: OptionalTenant = Field(
        default="",
        description="Id of the Entra tenant whose people and applications may call. Empty means that of whoever runs "
        "`up`; any other is refused",
    )
    users: Users = Field(
        default=(),
        description="User principal names of people who may call with a token of their own",
    )
    groups: tuple[Guid, ...] = Field(
        default=(),
        description="Object ids of Entra groups whose direct members may call; needs Entra ID P1",
    )
    caller_client_ids: tuple[Guid, ...] = Field(
        default=(),
        description="Client ids of applications that may call as themselves, without a user",
    )
    redirect_uris: addresses.RedirectUris = Field(
        default=("http://localhost",),
        description="Where MCP clients take the code of a login, each in full. http://localhost is `genai mcp login`, "
        "on any port",
    )
    return_url: str = Field(
        default="http://localhost:8976/consent",
        description="Page that a browser returns to after a consent, which must prove who returned. The default is "
        "that of `genai mcp call` on the user's own machine",
    )
    targets: tuple[TargetSetting, ...] = Field(
        default=(),
        description="APIs that become tools. Each has name, clientId, clientSecret (name of a secret of Secrets "
        "Manager, never the value), optionally api (drive, or the path of an OpenAPI document), grant "
        "(authorizationCode, each user's own data, or clientCredentials, the same for all), discoveryUrl (of another "
        "provider than Google) and scopes, which may only read",
    )

    @field_validator("return_url")
    @classmethod
    def _the_return_page_is_exact(cls, url: str) -> str:
        if problem := addresses.problem(url):
            raise ValueError(problem)
        return url

    @field_validator("groups", "caller_client_ids")
    @classmethod
    def _each_once(cls, ids: tuple[str, ...]) -> tuple[str, ...]:
        return named_once(ids)

    @model_validator(mode="after")
    def _somebody_may_call_something(self) -> McpSettings:
        if not self.targets:
            raise ValueError(
                "targets is empty, so the gateway would have no tool: write one such as {name: drive, clientId: "
                "<of your OAuth client at Google>, clientSecret: <name of the secret with its client_secret>}"
            )
        if not (self.users or self.groups or self.caller_client_ids):
            raise ValueError("users, groups and callerClientIds are all empty, so nobody could call: write one of them")
        return self

    @model_validator(mode="after")
    def _targets_can_be_made(self) -> McpSettings:
        unique("targets", "name", (target.name.lower() for target in self.targets))
        if wrong := [f"targets: {target.name}: {one}" for target in self.targets for one in _problems(target)]:
            raise ValueError("\n".join(wrong))
        return self


def _problems(target: TargetSetting) -> Iterator[str]:
    try:
        for name in openapi.too_long(target.name, target.api):
            yield f"the tool {name} has more than {LONGEST_TOOL_NAME} characters: give the target a shorter name"
    except ValueError as error:
        yield str(error)
    yield from scopes.problems(target.asked_scopes, google=target.google)
    if target.google:
        if target.grant == "clientCredentials":
            yield "Google has no client credentials: set grant to authorizationCode, or discoveryUrl of another"
        if not re.fullmatch(_GOOGLE_CLIENT, target.client_id):
            yield "clientId is none of Google's: copy the one that ends with .apps.googleusercontent.com"
    elif addresses.holds_login(target.discovery_url):
        yield "discoveryUrl holds a login: take it out, the secret belongs into Secrets Manager"
    elif not _DISCOVERY.fullmatch(target.discovery_url) or not addresses.has_port(target.discovery_url):
        yield (
            f"discoveryUrl {target.discovery_url!r} is none: write the HTTPS address that ends with "
            "/.well-known/openid-configuration"
        )
    elif urlsplit(target.discovery_url).hostname == GOOGLE_ISSUER:
        yield "discoveryUrl is Google's own: take it out, Google is the default"


def load() -> McpSettings:
    """Read the settings of an MCP stack; SettingsError tells everything that is wrong with them."""
    region()
    return read(McpSettings)


def region() -> str:
    """`aws:region`, a region that offers AgentCore."""
    return place("aws", "region", "us-east-1", region_problem)
