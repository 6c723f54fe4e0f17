"""What the MCP program registers: who may call, what the gateway may use, and that AWS would take the parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalogue.agentcore import ROLE
from components.azure.mcp_identity import ROLE_ID
from ops.model.recorder import UNKNOWN, Recording, plain
from ops.stack.running_stacks import RunningMcpGateway
from rehearsal.aws import request
from rehearsal.aws.account import Account
from rehearsal.aws.agentcore import TYPES
from rehearsal.aws.agentcore_model import AgentCore
from tests.mcp_program import APPLICATION, GROUP, recorded, run
from tests.program import plaintext

GATEWAY = "aws:bedrock/agentcoreGateway:AgentcoreGateway"
TARGET = "aws:bedrock/agentcoreGatewayTarget:AgentcoreGatewayTarget"
PROVIDER = "aws:bedrock/agentcoreOauth2CredentialProvider:AgentcoreOauth2CredentialProvider"
CONTROL = "bedrock-agentcore-control"


def inputs(type_token: str, name: str = "", recording: Recording | None = None) -> Any:
    return plain((recording or recorded()).one(type_token, name).inputs)


def test_the_gateway_takes_tokens_of_one_tenant_made_for_it_of_who_holds_the_role() -> None:
    gateway = inputs(GATEWAY)
    authorizer = gateway["authorizerConfiguration"]["customJwtAuthorizer"]
    outputs = recorded().outputs
    api = inputs("azuread:index/servicePrincipal:ServicePrincipal", "identity-client")["clientId"]
    assert gateway["authorizerType"] == "CUSTOM_JWT"
    assert authorizer["discoveryUrl"] == (
        f"https://login.microsoftonline.com/{outputs['tenantId']}/v2.0/.well-known/openid-configuration"
    )
    assert authorizer["allowedAudiences"] == [outputs["scope"].removeprefix("api://").partition("/")[0]]
    assert authorizer["allowedAudiences"] != [api] == [outputs["clientId"]]
    (claim,) = authorizer["customClaims"]
    assert claim["inboundTokenClaimName"] == "roles"
    assert claim["authorizingClaimMatchValue"]["claimMatchValue"]["matchValueString"] == ROLE == "mcp.invoke"
    # A gateway would tell clients the short name of a scope, which Entra ID does not take.
    assert "allowedScopes" not in authorizer
    assert gateway["protocolConfiguration"]["mcp"]["supportedVersions"][0] == "2025-11-25"


def test_people_groups_and_applications_get_the_role_and_nobody_else() -> None:
    assignments = recorded().of_type("azuread:index/appRoleAssignment:AppRoleAssignment")
    assert {one.name for one in assignments} == {
        f"identity-{who}" for who in ("someone@example.com", GROUP, APPLICATION)
    }
    assert {one.inputs["appRoleId"] for one in assignments} == {ROLE_ID}
    principals = recorded().of_type("azuread:index/servicePrincipal:ServicePrincipal")
    (guarded,) = [one for one in principals if one.name == "identity"]
    assert guarded.inputs["appRoleAssignmentRequired"] is True


def test_the_public_client_has_exact_addresses_and_no_secret() -> None:
    client = inputs("azuread:index/application:Application", "identity-client")
    assert client["publicClient"] == {"redirectUris": ["http://localhost"]}
    assert client["fallbackPublicClientEnabled"] is True  # else `genai mcp login --device` is refused (AADSTS7000218)
    assert not recorded().of_type("azuread:index/applicationPassword:ApplicationPassword")


def test_the_role_of_the_gateway_names_what_it_uses() -> None:
    recording = recorded()
    document = json.loads(inputs("aws:iam/rolePolicy:RolePolicy")["policy"])
    assert "*" not in json.dumps(document)
    tokens = next(one for one in document["Statement"] if "bedrock-agentcore:GetResourceOauth2Token" in one["Action"])
    for provider in recording.of_type(PROVIDER):
        assert any(arn.endswith(f"/{provider.name}-1234567") for arn in tokens["Resource"])
    secrets = next(one for one in document["Statement"] if "secretsmanager:GetSecretValue" in one["Action"])
    assert [arn.rpartition(":")[2] for arn in secrets["Resource"]] == ["mcp/google-AbCdEf", "mcp/wiki-AbCdEf"]
    (trust,) = json.loads(inputs("aws:iam/role:Role")["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "bedrock-agentcore.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}


def test_a_users_own_data_takes_a_consent_and_a_shared_resource_does_not() -> None:
    drive = inputs(TARGET, "drive")["credentialProviderConfiguration"]["oauth"]
    wiki = inputs(TARGET, "wiki")["credentialProviderConfiguration"]["oauth"]
    assert drive["grantType"] == "AUTHORIZATION_CODE"
    assert drive["defaultReturnUrl"] == recorded().outputs["returnUrl"]
    assert drive["customParameters"] == {"access_type": "offline", "prompt": "consent"}
    assert drive["scopes"] == ["https://www.googleapis.com/auth/drive.readonly"]
    assert wiki["grantType"] == "CLIENT_CREDENTIALS"
    assert not {"defaultReturnUrl", "customParameters"} & wiki.keys()


def test_targets_bring_their_tools_and_come_after_what_the_gateway_may_use() -> None:
    recording = recorded()
    policy = recording.one("aws:iam/rolePolicy:RolePolicy")
    for target in recording.of_type(TARGET):
        payload = inputs(TARGET, target.name)["targetConfiguration"]["mcp"]["openApiSchema"]["inlinePayload"]["payload"]
        assert json.loads(payload)["paths"]
        assert policy.urn in target.dependencies


def test_the_client_secret_is_a_reference_and_stands_nowhere() -> None:
    for provider in recorded().of_type(PROVIDER):
        (config,) = plain(provider.inputs)["oauth2ProviderConfig"].values()
        assert config["clientSecretSource"] == "EXTERNAL"
        assert config["clientSecretConfig"]["jsonKey"] == "client_secret"
        assert not {"clientSecret", "clientSecretWo"} & config.keys()
    assert not recorded().of_type("aws:secretsmanager/secretVersion:SecretVersion")


def test_the_outputs_tell_what_google_and_a_client_must_know_and_no_secret() -> None:
    outputs = plain(recorded().outputs)
    running = RunningMcpGateway.model_validate({**outputs, "stack": "mcp", "region": "us-east-1"})
    assert set(running.callback_urls) == {"drive", "wiki"}
    assert all(url.startswith("https://bedrock-agentcore.") for url in running.callback_urls.values())
    assert not [text for text in plaintext(recorded().outputs) if "client_secret" in text]


def test_a_preview_knows_what_can_be_known() -> None:
    (gateway,) = recorded(preview=True).of_type(GATEWAY)
    assert gateway.inputs["authorizerType"] == "CUSTOM_JWT"
    assert gateway.inputs["roleArn"] is UNKNOWN


@pytest.fixture(scope="module")
def aws() -> Any:
    account = Account("us-east-1")
    yield account
    account.stop()


@pytest.mark.parametrize("type_token", [GATEWAY, TARGET, PROVIDER])
def test_the_parameters_are_what_the_api_model_takes_patterns_and_enumerations_too(
    aws: Account, type_token: str
) -> None:
    row = TYPES[type_token]
    shape = aws.model(CONTROL, row.create).input_shape
    for one in recorded().of_type(type_token):
        given = {"name": f"{one.name}-1a2b3c4", **plain(one.inputs)}
        given["roleArn"] = "arn:aws:iam::123456789012:role/genai-mcp-1a2b3c4"
        usable = {key: value for key, value in given.items() if key in plain(one.inputs) or key == "name"}
        prepared = {key: value for key, value in row.prepare(aws, usable).items() if key != "tags"}
        params = request.fit(shape, prepared, row.names)
        assert list(request.problems(shape, params)) == []
        assert not _unsaid(shape, params)


def _unsaid(shape: Any, params: Any) -> list[str]:
    return [name for name in shape.required_members if name not in params]


@pytest.mark.parametrize(
    ("operation", "change", "said"),
    [
        ("create_gateway", {"name": "my gateway"}, "does not match"),
        ("create_gateway", {"name": "a--b"}, "does not match"),
        ("create_gateway", {"protocolType": "A2A"}, "not one of MCP"),
        ("create_gateway", {"authorizerType": "JWT"}, "not one of CUSTOM_JWT"),
        (
            "create_gateway",
            {"authorizerConfiguration": {"customJWTAuthorizer": {"discoveryUrl": "https://x"}}},
            "match",
        ),
    ],
)
def test_a_parameter_that_aws_would_refuse_is_refused_by_its_model(
    aws: Account, operation: str, change: dict[str, Any], said: str
) -> None:
    good = {
        "name": "genai-mcp",
        "roleArn": "arn:aws:iam::123456789012:role/r",
        "authorizerType": "CUSTOM_JWT",
        "protocolType": "MCP",
    }
    problems = list(request.problems(aws.model(CONTROL, operation).input_shape, {**good, **change}))
    assert len(problems) == 1
    assert said in problems[0]


def test_the_model_of_agentcore_keeps_the_order_of_deletions() -> None:
    assert AgentCore("us-east-1").gateways == {}


def test_another_tenant_than_that_of_whoever_is_logged_in_is_refused_and_the_same_is_taken() -> None:
    tenant = recorded().outputs["tenantId"]
    assert run(tenantId=tenant.upper()).outputs["tenantId"] == tenant
