"""Simulated Bedrock AgentCore: rows of the table of AWS types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.aws.table import AwsType, State

_SERVICE = "bedrock-agentcore-control"
_GATEWAY_NAMES = {"allowedAudiences": "allowedAudience"}


def _as_target(account: Account, inputs: dict[str, Any]) -> dict[str, Any]:
    """The target as the API spells it: one credential provider in a list, the document as text."""
    schema = inputs["targetConfiguration"]["mcp"]["openApiSchema"]
    oauth = inputs["credentialProviderConfiguration"]["oauth"]
    provider = {"credentialProviderType": "OAUTH", "credentialProvider": {"oauthCredentialProvider": oauth}}
    return {
        "gatewayIdentifier": inputs["gatewayIdentifier"],
        "name": inputs["name"],
        "targetConfiguration": {"mcp": {"openApiSchema": {"inlinePayload": schema["inlinePayload"]["payload"]}}},
        "credentialProviderConfigurations": [provider],
    }


def _update_gateway(account: Account, id_: str, inputs: State) -> None:
    kept = {key: value for key, value in inputs.items() if key != "tags"}
    account.change(_SERVICE, "update_gateway", kept, _GATEWAY_NAMES, gatewayIdentifier=id_)


def _update_target(account: Account, id_: str, inputs: State) -> None:
    account.call(_SERVICE, "update_gateway_target", targetId=id_.partition(",")[2], **_as_target(account, dict(inputs)))


def _update_provider(account: Account, id_: str, inputs: State) -> None:
    account.call(
        _SERVICE,
        "update_oauth2_credential_provider",
        name=id_,
        credentialProviderVendor=inputs["credentialProviderVendor"],
        oauth2ProviderConfigInput=inputs["oauth2ProviderConfig"],
    )


def _of_target(operation: str) -> Any:
    """A call about a target, whose id in Pulumi is that of its gateway, a comma and its own."""

    def run(account: Account, id_: str, state: State) -> Any:
        gateway, _, target = id_.partition(",")
        return account.call(_SERVICE, operation, gatewayIdentifier=gateway, targetId=target)

    return run


def _document(found: Mapping[str, Any]) -> dict[str, Any]:
    schema = found["targetConfiguration"]["mcp"]["openApiSchema"]
    return {"mcp": {"openApiSchema": {"inlinePayload": {"payload": schema["inlinePayload"]}}}}


def _credentials(found: Mapping[str, Any]) -> dict[str, Any]:
    (one,) = found["credentialProviderConfigurations"]
    return {"oauth": one["credentialProvider"]["oauthCredentialProvider"]}


TYPES: Mapping[str, AwsType] = {
    "aws:bedrock/agentcoreGateway:AgentcoreGateway": AwsType(
        service=_SERVICE,
        create="create_gateway",
        id="gatewayId",
        names=_GATEWAY_NAMES,
        tags="map",
        name="name",
        longest=48,
        delete=lambda account, id_, state: account.call(_SERVICE, "delete_gateway", gatewayIdentifier=id_),
        find=lambda account, id_, state: account.call(_SERVICE, "get_gateway", gatewayIdentifier=id_),
        outputs=lambda account, id_, inputs, found: {
            "gatewayId": id_,
            "gatewayArn": found["gatewayArn"],
            "arn": found["gatewayArn"],
            "gatewayUrl": found["gatewayUrl"],
            "workloadIdentityDetails": [found["workloadIdentityDetails"]],
        },
        update=_update_gateway,
        updates=frozenset(
            {"description", "roleArn", "protocolConfiguration", "authorizerType", "authorizerConfiguration"}
        ),
    ),
    "aws:bedrock/agentcoreGatewayTarget:AgentcoreGatewayTarget": AwsType(
        service=_SERVICE,
        create="create_gateway_target",
        id=lambda answer, inputs: f"{inputs['gatewayIdentifier']},{answer['targetId']}",
        prepare=_as_target,
        tags="",
        name="name",
        longest=100,
        delete=_of_target("delete_gateway_target"),
        find=_of_target("get_gateway_target"),
        outputs=lambda account, id_, inputs, found: {"targetId": found["targetId"]},
        update=_update_target,
        updates=frozenset({"targetConfiguration", "credentialProviderConfiguration"}),
        reads={"targetConfiguration": _document, "credentialProviderConfiguration": _credentials},
    ),
    "aws:bedrock/agentcoreOauth2CredentialProvider:AgentcoreOauth2CredentialProvider": AwsType(
        service=_SERVICE,
        create="create_oauth2_credential_provider",
        id="name",
        names={"oauth2ProviderConfig": "oauth2ProviderConfigInput"},
        tags="map",
        name="name",
        longest=128,
        delete=lambda account, id_, state: account.call(_SERVICE, "delete_oauth2_credential_provider", name=id_),
        find=lambda account, id_, state: account.call(_SERVICE, "get_oauth2_credential_provider", name=id_),
        outputs=lambda account, id_, inputs, found: {
            "credentialProviderArn": found["credentialProviderArn"],
            "arn": found["credentialProviderArn"],
            "callbackUrl": found["callbackUrl"],
        },
        update=_update_provider,
        updates=frozenset({"oauth2ProviderConfig"}),
        reads={"oauth2ProviderConfig": "oauth2ProviderConfigInput"},
    ),
}
