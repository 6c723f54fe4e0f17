"""AWS and Entra ID look-ups before anything is created: the secrets of OAuth clients, and who may call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pulumi_aws as aws
import pulumi_azuread as azuread

from components.aws.agentcore_provider import SECRET_KEY
from stacks.azure.look_ups import object_ids
from stacks.errors import SettingsError
from stacks.mcp.settings import McpSettings


def secret_arns(config: McpSettings, region: str) -> Mapping[str, str]:
    """ARNs of the secrets that the targets name, by name; SettingsError for one that is not there."""
    found: dict[str, str] = {}
    for target in config.targets:
        name = target.client_secret
        try:
            found[name] = aws.secretsmanager.get_secret(name=name).arn
        except Exception as error:
            raise SettingsError(
                f"targets: {target.name}: Secrets Manager in {region} has no secret {name}: make it with "
                f"`aws secretsmanager create-secret --region {region} --name {name} --secret-string file://client.json`"
                f', where the file holds {{"{SECRET_KEY}": "..."}}, or have {name} shared with whoever runs this '
                f"({error})"
            ) from error
    return found


def callers(config: McpSettings) -> Mapping[str, str]:
    """Object ids of everybody who may call, by a name for each; SettingsError for one who is not there."""
    return {**object_ids(config.users), **dict(_others(config))}


def _others(config: McpSettings) -> Iterator[tuple[str, str]]:
    for group in config.groups:
        yield group, _found("groups", group, lambda id_: azuread.get_group(object_id=id_).object_id)
    for client in config.caller_client_ids:
        yield (
            client,
            _found("callerClientIds", client, lambda id_: azuread.get_service_principal(client_id=id_).object_id),
        )


def _found(setting: str, id_: str, look_up: Callable[[str], str]) -> str:
    try:
        return look_up(id_)
    except Exception as error:
        raise SettingsError(
            f"{setting}: {id_} was not found in Entra ID: copy its id from the portal, and have a service principal "
            f"that runs this granted Directory.Read.All ({error})"
        ) from error
