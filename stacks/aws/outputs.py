"""Pulumi outputs of an AWS stack that an Azure stack needs: the entry for API Management and the virtual keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from catalogue.secrets import SECRETS, VIRTUAL_KEY
from charts.shapes import MCP_SERVER_NAME
from components.azure.identity import MCP_CLIENTS
from stacks import commands, secrets
from stacks.azure.settings import AzureSettings
from stacks.errors import SettingsError
from stacks.kinds import KINDS, kind_problems

NAMES = ("apimEntryUrl", "apimEntryCertificate", "apimEntryKey", "virtualKeys")
"""Outputs of an AWS stack that are read, under their own names in `awsOutputs` too."""

MCP_NAMES = ("mcpServers", "personalKeys")
"""Those that only a stack with MCP servers has."""


@dataclass(frozen=True, kw_only=True)
class AwsOutputs:
    """The way to LiteLLM. `apim_entry_url` has no slash at its end; `virtual_keys` are LiteLLM keys by alias."""

    apim_entry_url: str
    certificate_is_public: bool
    """Whether a public authority vouches for `apim_entry_url`; false too when it has no certificate at all."""
    apim_entry_key: str = field(repr=False)
    virtual_keys: Mapping[str, str] = field(repr=False)
    mcp_servers: Sequence[str] = ()
    personal_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The key of each person who may use an MCP server, by e-mail address in lower case."""


async def read(config: AzureSettings) -> AwsOutputs:
    """The outputs of the stack `awsStack`, or `awsOutputs`; SettingsError tells what is missing or cannot be right.

    To be awaited before the first resource is made: then nothing is created when something is wrong. A stack that does
    not exist is refused by the engine itself ("unknown stack").
    """
    if config.aws_stack:
        found = await _outputs_of(config.aws_stack)
    elif config.aws_outputs:
        found = {"apimEntryCertificate": "public", **config.aws_outputs}
    else:
        raise _refusal(
            "awsStack is not set, so nobody knows where LiteLLM is: "
            f"{commands.set_config('awsStack organization/genaiplatform/dev')}, or set awsOutputs"
        )
    problems = [*kind_problems("awsStack", config.aws_stack, KINDS["aws"])] or [*_shape_problems(config, found)]
    if not problems:
        problems = [*_backend_problems(config, found), *_key_problems(config, found), *_mcp_problems(config, found)]
    if problems:
        raise _refusal(*problems)
    return AwsOutputs(
        apim_entry_url=found["apimEntryUrl"],
        certificate_is_public=_is_verifiable(found),
        apim_entry_key=found["apimEntryKey"],
        virtual_keys=found["virtualKeys"],
        mcp_servers=list(_servers(found)),
        personal_keys={
            user.lower(): found["personalKeys"][alias]
            for users in _servers(found).values()
            for user, alias in users.items()
        },
    )


def _refusal(*problems: str) -> SettingsError:
    return SettingsError(commands.for_stack(pulumi.get_stack(), "\n".join(problems)))


async def _outputs_of(aws_stack: str) -> Mapping[str, Any]:
    reference = pulumi.StackReference(aws_stack)
    details = {name: await reference.get_output_details(name) for name in (*NAMES, *MCP_NAMES)}
    # An empty value is a value: no virtual keys, or a secret that cannot be decrypted here.
    return {name: found.value if found.secret_value is None else found.secret_value for name, found in details.items()}


def _shape_problems(config: AzureSettings, found: Mapping[str, Any]) -> Iterator[str]:
    keys = found.get("virtualKeys")
    usable = {
        "apimEntryUrl": re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", str(found.get("apimEntryUrl"))),
        "apimEntryCertificate": found.get("apimEntryCertificate") in ("public", "self-signed"),
        "apimEntryKey": re.fullmatch(SECRETS["apimEntryKey"].pattern, str(found.get("apimEntryKey"))),
        "virtualKeys": isinstance(keys, Mapping)
        and all(re.fullmatch(VIRTUAL_KEY.pattern, str(key)) for key in keys.values()),
    }
    missing = [name for name in NAMES if not usable[name]]
    if not config.aws_stack:
        for name in found:
            if name not in (*NAMES, *MCP_NAMES):
                yield f"awsOutputs.{name} is not read here: take it out"
        for name in missing:
            yield (
                f"awsOutputs.{name} is missing or malformed: set it to that output of the AWS stack "
                f"({commands.set_secret(f'awsOutputs.{name}')})"
            )
        return
    stack = config.aws_stack.rpartition("/")[2]
    if usable["apimEntryUrl"] and not found["apimEntryKey"]:
        yield (
            f"the secret outputs of stack {stack} cannot be decrypted here: give both stacks the same passphrase "
            "(PULUMI_CONFIG_PASSPHRASE) or secrets provider"
        )
        return
    for name in missing:
        yield (
            f"stack {stack} has no usable output {name}: set apimEntry on stack {stack} and run up "
            f"(`pulumi config set -s {stack} apimEntry true`, `pulumi up -s {stack}`)"
        )


def _is_verifiable(found: Mapping[str, Any]) -> bool:
    return str(found["apimEntryUrl"]).startswith("https://") and found["apimEntryCertificate"] == "public"


def _backend_problems(config: AzureSettings, found: Mapping[str, Any]) -> Iterator[str]:
    if config.insecure_backend or _is_verifiable(found):
        return
    danger = (
        "shows a self-signed certificate, so API Management cannot tell LiteLLM from whoever steps in between"
        if found["apimEntryUrl"].startswith("https://")
        else "speaks HTTP, so keys and prompts would cross the internet in clear"
    )
    yield (
        f"the entry for API Management {found['apimEntryUrl']} {danger}: set domain on the AWS stack, or accept "
        f"it for a day ({commands.set_config('insecureBackend true')})"
    )


def _key_problems(config: AzureSettings, found: Mapping[str, Any]) -> Iterator[str]:
    known = found["virtualKeys"]
    yield from secrets.equal(
        {f"awsOutputs.virtualKeys.{alias}": key for alias, key in known.items()}
        | {f"awsOutputs.personalKeys.{alias}": key for alias, key in _personal_keys(found).items()}
    )
    for client in config.clients:
        for alias in dict.fromkeys((client.key_alias, *client.keys)):
            if alias not in known:
                instead = f"use one of {', '.join(sorted(known))} (`key`), or " if known else ""
                yield (
                    f"clients: {client.name} names the key {alias!r}, which LiteLLM does not have: {instead}add it to "
                    "virtualKeys of the AWS stack"
                )


def _servers(found: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    return found.get("mcpServers") or {}


def _personal_keys(found: Mapping[str, Any]) -> Mapping[str, Any]:
    keys = found.get("personalKeys")
    return keys if isinstance(keys, Mapping) else {}


def _is_text_by_text(users: object) -> bool:
    return isinstance(users, Mapping) and all(isinstance(one, str) for pair in users.items() for one in pair)


def _mcp_problems(config: AzureSettings, found: Mapping[str, Any]) -> Iterator[str]:
    servers, keys = _servers(found), _personal_keys(found)
    if not isinstance(servers, Mapping) or not all(map(_is_text_by_text, servers.values())):
        yield "awsOutputs.mcpServers is malformed: set it to that output of the AWS stack, aliases by user by server"
        return
    if servers and MCP_CLIENTS in (client.name for client in config.clients):
        yield (
            f"clients: {MCP_CLIENTS} is what the application is called that people log in with for MCP servers: "
            "rename it"
        )
    for server in servers:
        if not re.fullmatch(MCP_SERVER_NAME, str(server)):
            yield f"mcpServers: {server!r} is not a name of an MCP server that LiteLLM takes"
    held = sorted({(user.lower(), alias) for users in servers.values() for user, alias in users.items()})
    users, aliases = [user for user, _ in held], [alias for _, alias in held]
    for what, names, other in (("user", users, "alias"), ("alias", aliases, "user")):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield (
                f"mcpServers: the {what} {name} stands with more than one {other}, and "
                "a key belongs to one person: take mcpServers over from the AWS stack as it is"
            )
    for alias in sorted({*aliases}):
        if not re.fullmatch(VIRTUAL_KEY.pattern, str(keys.get(alias))):
            yield (
                f"personalKeys.{alias} is missing or malformed, and mcpServers names it: take personalKeys over from "
                "the AWS stack too"
            )
