"""Bad settings of the MCP stack are refused with a sentence before anything is created."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.model.recorder import Recording
from stacks.errors import SettingsError
from stacks.mcp import addresses, openapi
from tests.mcp_program import APPLICATION, DRIVE, GROUP, WIKI, run


def drive(**more: Any) -> dict[str, Any]:
    return {"targets": [{**DRIVE, **more}]}


def wiki(**more: Any) -> dict[str, Any]:
    return {"targets": [{**WIKI, **more}]}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"aws:region": "eu-central-2"}, "aws:region: eu-central-2 does not offer Bedrock AgentCore"),
    ({"aws:region": "us-gov-west-1"}, "does not offer Bedrock AgentCore"),
    ({"aws:region": "us-est-1"}, "the nearest by name is us-"),
    ({"aws:region": ""}, "aws:region is not set"),
    ({"tenantId": "common"}, "'common' is not the id of one tenant"),
    ({"tenantId": "organizations"}, "is not the id of one tenant"),
    ({"tenantId": "contoso.onmicrosoft.com"}, "is not the id of one tenant"),
    ({"tenantId": GROUP}, f"tenantId is {GROUP}, but you are logged in to"),
    ({"users": ["someone"]}, "'someone' is no user principal name"),
    ({"users": ["a@example.com", "a@example.com"]}, "users: a@example.com is there twice: take one out"),
    ({"groups": ["all users"]}, "groups[entry 1]: 'all users' is not an id of Entra ID"),
    ({"groups": [GROUP, GROUP.upper()]}, f"groups: {GROUP.upper()} is there twice: take one out"),
    ({"users": None}, "users must be a list, not null: take it out, or write a list"),
    ({"callerClientIds": ["*"]}, "'*' is not an id of Entra ID"),
    ({"users": [], "groups": [], "callerClientIds": []}, "are all empty, so nobody could call"),
    ({"redirectUris": []}, "redirectUris: is empty, so nobody could log in"),
    ({"redirectUris": ["https://*.example.com/back"]}, "is not exact"),
    ({"redirectUris": ["https://example.com/*"]}, "is not exact"),
    ({"redirectUris": ["https://example.com/back#here"]}, "is not exact"),
    ({"redirectUris": ["https://a@example.com/back"]}, "holds a login"),
    ({"returnUrl": "https://a:0123456789abcdef@example.com/back"}, "returnUrl: holds a login: take it out"),
    ({"redirectUris": [f"https://a{n}.example.com" for n in range(257)]}, "has 257 entries, and an application of"),
    ({"redirectUris": ["https://example.com/a/../back"]}, "is not exact"),
    ({"redirectUris": ["http://example.com/back"]}, "is neither https nor loopback"),
    ({"redirectUris": ["http://localhost.example.com"]}, "is neither https nor loopback"),
    ({"redirectUris": ["javascript://x/alert"]}, "is neither https nor loopback"),
    ({"redirectUris": ["https://"]}, "is neither https nor loopback"),
    ({"redirectUris": ["http://localhost", "http://localhost"]}, "has two entries with the same address"),
    ({"redirectUris": ["http://localhost", "http://localhost/"]}, "has two entries with the same address"),
    ({"redirectUris": ["https://example.com/a/%2e%2E/back"]}, "is not exact"),
    ({"redirectUris": ["https://example.com/./back"]}, "is not exact"),
    ({"redirectUris": ["HTTP://LOCALHOST"]}, "in lower case"),
    ({"redirectUris": ["https://Example.com/back"]}, "in lower case"),
    ({"redirectUris": ["http://localhost:99999"]}, "has no port that there is"),
    ({"redirectUris": ["http://localhost:port"]}, "has no port that there is"),
    ({"returnUrl": "http://localhost:port/consent"}, "has no port that there is"),
    ({"users": ["someone@example.com", "Someone@example.com"]}, "users: Someone@example.com is there twice"),
    ({"returnUrl": "http://192.0.2.1/consent"}, "is neither https nor loopback"),
    ({"returnUrl": "https://app.example.com/*"}, "is not exact"),
    ({"returnUrl": "app://consent"}, "is neither https nor loopback"),
    ({"returnUrl": ""}, "is neither https nor loopback"),
    ({"targets": []}, "targets is empty, so the gateway would have no tool"),
    ({"targets": [DRIVE, DRIVE]}, "targets: two entries have the name 'drive'"),
    ({"targets": [DRIVE, {**DRIVE, "name": "Drive"}]}, "targets: two entries have the name 'drive'"),
    (drive(name="my drive"), "is not a name of a target"),
    (drive(name="-drive"), "is not a name of a target"),
    (drive(name="d" * 41), "is not a name of a target"),
    (drive(clientId=""), "targets[drive].clientId"),
    (drive(clientId="my-client"), "clientId is none of Google's"),
    (drive(clientId=" 1-a.apps.googleusercontent.com"), "clientId is none of Google's"),
    (drive(clientId=".apps.googleusercontent.com"), "clientId is none of Google's"),
    (drive(clientId="GOCSPX-a1b2", api="tests/stacks/mcp/wiki.yaml"), "clientId is none of Google's"),
    (drive(clientSecret="GOCSPX secret"), "is not a name of a secret of Secrets Manager"),
    (
        drive(clientSecret="GOCSPX-a1b2c3d4e5f6g7h8i9j0"),
        "is not a name of a secret of Secrets Manager, and is not shown",
    ),
    (drive(clientSecret="0123456789abcdef0123456789abcdef01234567"), "is not a name of a secret of Secrets Manager"),
    (drive(clientSecret="ghp_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8"), "and is not shown"),
    (drive(clientSecret="xoxb-1-2-a1b2c3"), "and is not shown"),
    (drive(clientSecret="eyJhbGciOiJIUzI1NiJ9.e30.c2ln"), "and is not shown"),
    (drive(clientSecret="mcp/größe"), "is not a name of a secret of Secrets Manager"),
    (drive(clientSecret="abc8Q~secret-of-entra"), "is not a name of a secret of Secrets Manager, and is not shown"),
    (drive(secret="x"), "targets[drive].secret is not known there"),
    (drive(grant="clientCredentials"), "Google has no client credentials"),
    (drive(grant="implicit"), "targets[drive].grant must be 'authorizationCode' or 'clientCredentials'"),
    (drive(scopes=["https://www.googleapis.com/auth/drive"]), "auth/drive may write"),
    (drive(scopes=["https://www.googleapis.com/auth/drive.file"]), "auth/drive.file may write"),
    (drive(scopes=["https://mail.google.com/"]), "may write"),
    (
        drive(scopes=["https://www.googleapis.com/auth/drive.readonly", "https://www.googleapis.com/auth/gmail.send"]),
        "ma",
    ),
    (drive(scopes=["https://www.googleapis.com/auth/drive.readonly"] * 2), "stands there twice"),
    (drive(scopes=["drive readonly"]), "is no scope"),
    (drive(discoveryUrl="https://accounts.google.com/.well-known/openid-configuration"), "is Google's own"),
    (wiki(scopes=[]), "has no scopes"),
    (wiki(scopes=["Files.ReadWrite.All"]), "Files.ReadWrite.All may write"),
    (wiki(scopes=["https://graph.microsoft.com/Mail.Send"]), "may write"),
    (wiki(scopes=["write:jira-work"]), "may write"),
    (wiki(scopes=["chat:write"]), "may write"),
    (wiki(scopes=["repo"]), "may write"),
    (wiki(scopes=["public_repo"]), "may write"),
    (wiki(scopes=["repo:status"]), "may write"),
    (wiki(scopes=["incoming-webhook"]), "may write"),
    (wiki(scopes=["https://management.azure.com/user_impersonation"]), "may write"),
    (wiki(scopes=["https://graph.microsoft.com/Directory.AccessAsUser.All"]), "may write"),
    (wiki(scopes=["files.readwrite"]), "may write"),
    (wiki(scopes=["wiki:rw"]), "may write"),
    (wiki(scopes=["*"]), "may write"),
    (wiki(scopes=["s" * 65]), "is no scope"),
    (wiki(discoveryUrl="http://login.example.com/.well-known/openid-configuration"), "write the HTTPS address"),
    (wiki(discoveryUrl="https://login.example.com"), "write the HTTPS address"),
    (wiki(discoveryUrl="https://[/.well-known/openid-configuration"), "write the HTTPS address"),
    (wiki(discoveryUrl="https://login.example.com:99999/.well-known/openid-configuration"), "write the HTTPS address"),
    (wiki(discoveryUrl="https://a:0123456789abcdef@b.example.com/.well-known/openid-configuration"), "holds a login"),
    (wiki(discoveryUrl="https://ACCOUNTS.google.com/.well-known/openid-configuration"), "is Google's own"),
    (wiki(api="no/such/file.yaml"), "no/such/file.yaml cannot be read as an OpenAPI document"),
    (wiki(api="Pulumi.yaml"), "is no OpenAPI document of version 3"),
    (wiki(api=""), "cannot be read"),
    ({"apimEntry": True}, "apimEntry is a setting of an AWS stack"),
    ({"target": []}, "target is no setting: did you mean targets?"),
]


@pytest.mark.parametrize(("values", "message"), REFUSED, ids=lambda value: str(value)[:60])
def test_a_wrong_setting_is_refused_before_anything_is_created(
    registered: list[Recording], values: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        run(**values)
    assert message in str(refused.value)
    assert not [secret for secret in ("GOCSPX", "8Q~", "0123456789abcdef") if secret in str(refused.value)]
    assert [one.type for one in registered[-1].resources] == ["pulumi:pulumi:Stack"]


ACCEPTED: list[dict[str, Any]] = [
    {"redirectUris": ["http://localhost", "http://127.0.0.1:33418/", "https://vscode.dev/redirect"]},
    {"redirectUris": ["cursor://anysphere.cursor-mcp/oauth/callback"]},
    {"returnUrl": "https://portal.example.com/consent"},
    {"redirectUris": [f"https://a{n}.example.com" for n in range(256)]},
    wiki(discoveryUrl="https://accounts.google.com.example.com/.well-known/openid-configuration"),
    {"aws:region": "ap-northeast-1"},
    {"users": [], "groups": []},
    drive(scopes=["openid", "https://www.googleapis.com/auth/drive.metadata.readonly"]),
    wiki(scopes=["Files.Read.All", "offline_access"], grant="authorizationCode"),
    wiki(scopes=["read:jira-work", "channels:history", "user:email"]),
]


@pytest.mark.parametrize("values", ACCEPTED, ids=lambda value: str(value)[:60])
def test_what_the_services_take_is_accepted(values: dict[str, Any]) -> None:
    assert run(**values).outputs["gatewayUrl"]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (
            "pulumi_aws.secretsmanager.get_secret",
            "Secrets Manager in us-east-1 has no secret mcp/google: make it with `aws secretsmanager create",
        ),
        ("pulumi_azuread.get_user", "users: someone@example.com was not found in Entra ID"),
        ("pulumi_azuread.get_group", f"groups: {GROUP} was not found in Entra ID"),
        ("pulumi_azuread.get_service_principal", f"callerClientIds: {APPLICATION} was not found in Entra ID"),
    ],
)
def test_what_is_not_there_is_refused_before_anything_is_created(
    registered: list[Recording], monkeypatch: pytest.MonkeyPatch, function: str, said: str
) -> None:
    def missing(**_: Any) -> None:
        raise Exception("not there")

    monkeypatch.setattr(function, missing)
    with pytest.raises(SettingsError) as refused:
        run()
    assert said in str(refused.value)
    assert [one.type for one in registered[-1].resources] == ["pulumi:pulumi:Stack"]


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "servers": [{"url": "https://api.example.com"}],
    "paths": {"/pages": {"get": {"operationId": "pages"}}},
}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"openapi": "2.0"}, "is no OpenAPI document of version 3"),
        ({"swagger": "2.0", "openapi": None}, "is no OpenAPI document of version 3"),
        ({"servers": []}, "has no servers"),
        ({"servers": [{"url": "http://api.example.com"}]}, "is no HTTPS address"),
        ({"servers": [{"url": "/v1"}]}, "is no HTTPS address"),
        ({"servers": [{"url": "https://{tenant}.example.com"}]}, "is no HTTPS address"),
        ({"servers": [{"url": "https://["}]}, "the server 'https://[' is no HTTPS address"),
        ({"servers": [{"url": "https://api.example.com:99999"}]}, "is no HTTPS address"),
        ({"servers": 5}, "servers is no list: write `servers: [{url: https://api.example.com}]`"),
        ({"servers": "https://api.example.com"}, "servers is no list"),
        ({"servers": ["https://api.example.com"]}, "the server None is no HTTPS address"),
        ({"servers": {"url": "https://api.example.com"}}, "servers is no list"),
        ({"servers": [{"url": "https://a:sekret@api.example.com"}]}, "a server holds a login: take it out"),
        ({"info": float("nan")}, "is no JSON"),
        ({"paths": {}}, "has no operation, so there would be no tool"),
        ({"paths": {"/pages": {"parameters": []}}}, "has no operation"),
        ({"paths": {"/pages": {"get": {}}}}, "GET /pages has no operationId"),
        ({"paths": {"/a": {"get": {"operationId": "x"}}, "/b": {"get": {"operationId": "x"}}}}, "the operationId x"),
        *(
            ({"paths": {"/a": {"get": {"operationId": name}}}}, "GET /a has an operationId of which no tool's name")
            for name in ("list pages", "files.list", "größe", ["a"], {"a": "b"}, 5, True)
        ),
        ({"components": {"schemas": {"a": {"oneOf": []}}}}, "it uses oneOf, which AgentCore does not understand"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_document_of_which_no_tools_can_be_made_is_refused(
    tmp_path: Path, more: dict[str, Any], message: str
) -> None:
    (tmp_path / "api.json").write_text(json.dumps({**DOCUMENT, **more}))
    with pytest.raises(ValueError, match=r"api\.json") as refused:
        openapi.payload(str(tmp_path / "api.json"))
    assert message in str(refused.value)
    assert "sekret" not in str(refused.value)


YAML = "openapi: 3.0.3\nservers: [{url: https://api.example.com}]\npaths: {/a: {get: {operationId: a}}}\n"


def test_a_document_with_numbers_for_keys_or_a_mark_of_its_encoding_is_taken(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps(DOCUMENT), encoding="utf-8-sig")
    assert json.loads(openapi.payload(str(tmp_path / "api.json"))) == DOCUMENT
    (tmp_path / "api.yaml").write_text(f"{YAML}x: {{200: ok}}\n")
    assert json.loads(openapi.payload(str(tmp_path / "api.yaml")))["x"] == {"200": "ok"}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("x: 2024-01-01", "x holds a date, which is no JSON: put it in quotes"),
        ("x: [{y: 2024-01-01T00:00:00Z}]", "x[0].y holds a datetime, which is no JSON: put it in quotes"),
        ("x: !!binary aGVsbG8=", "x holds a bytes, which is no JSON"),
        ("x: !!set {a}", "x holds a set, which is no JSON"),
        ("x: {2024-01-01: a}", "x has the key 2024-01-01, which is no text: put it in quotes"),
        ("x: .nan", "x holds nan, which is no JSON"),
        ("x: &a [*a]", "is nested too deeply or holds itself"),
        (f"x: {'[' * 3000}{']' * 3000}", "is nested too deeply or holds itself"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_yaml_knows_and_json_does_not_is_refused_with_its_place(tmp_path: Path, more: str, message: str) -> None:
    (tmp_path / "api.yaml").write_text(f"{YAML}{more}\n")
    with pytest.raises(ValueError, match=r"api\.yaml") as refused:
        openapi.payload(str(tmp_path / "api.yaml"))
    assert message in str(refused.value)


def test_json_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text("[" * 100_000)
    with pytest.raises(ValueError, match="is nested too deeply or holds itself"):
        openapi.payload(str(tmp_path / "api.json"))


def test_a_tool_whose_name_no_model_takes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps(DOCUMENT))
    assert openapi.too_long("d" * 40, str(tmp_path / "api.json")) == []
    long = {**DOCUMENT, "paths": {"/pages": {"get": {"operationId": "p" * 40}}}}
    (tmp_path / "api.json").write_text(json.dumps(long))
    assert openapi.too_long("d" * 40, str(tmp_path / "api.json"))


def test_the_tools_of_drive_only_read() -> None:
    assert openapi.tool_names("drive") == ["listFiles", "getFile", "exportFile"]
    document = json.loads(openapi.payload("drive"))
    assert {method for item in document["paths"].values() for method in item} == {"get"}


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (f"https://example.com/{'a' * 300}", "write one of at most 256 characters"),
        ("http://[::1/x", "is no address: write one such as http://localhost"),
        ("http://localhost:0/b", "write one of 1 to 65535"),
        ("http://localhost:65536/b", "write one of 1 to 65535"),
        ("https://app./x", "is neither https nor loopback"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(address: str, says: str) -> None:
    assert says in addresses.problem(address)
