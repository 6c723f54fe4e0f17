"""Entra ID: what it is told about the API and its clients."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence

import pulumi
import pytest

from components.azure.identity import AZURE_CLI, ROLE_ID, SCOPE_ID, Identity, IdentityArgs
from ops.model.recorder import Recording, Secret, record
from ops.model.simulated_outputs import guid

APPLICATION = "azuread:index/application:Application"
ASSIGNMENT = "azuread:index/appRoleAssignment:AppRoleAssignment"
PASSWORD = "azuread:index/applicationPassword:ApplicationPassword"
PRE_AUTHORIZED = "azuread:index/applicationPreAuthorized:ApplicationPreAuthorized"
PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"


def recorded(clients: Sequence[str] = ("chat",), users: Mapping[str, str] | None = None) -> Recording:
    args = IdentityArgs(
        display_name="genaiplatform azure",
        clients=clients,
        secret_days=7,
        secret_end="2026-12-02T08:00:00Z",
        owner_id=guid("deployer"),
        users=users or {},
        redirect_uris=(),
        tags={},
    )

    def program() -> None:
        Identity("identity", args)

    return record(program)


def test_tokens_are_version_2_for_this_tenant_alone() -> None:
    api = recorded().of_type(APPLICATION)[0]
    assert api.name == "identity"
    assert api.inputs["api"]["requestedAccessTokenVersion"] == 2
    assert api.inputs["signInAudience"] == "AzureADMyOrg"


def test_entra_issues_no_token_to_who_holds_no_role() -> None:
    (api,) = [principal for principal in recorded().of_type(PRINCIPAL) if principal.name == "identity"]
    assert api.inputs["appRoleAssignmentRequired"] is True


def test_the_api_has_one_role_for_applications_and_users_and_one_scope_with_ids_that_never_change() -> None:
    """The ids are written out: whoever changes them takes every role away from every client."""
    api = recorded().of_type(APPLICATION)[0].inputs
    (role,) = api["appRoles"]
    assert (role["value"], role["id"]) == ("LiteLLM.Invoke", "55c7f758-0f3d-57be-8f6b-181edfc6bb14")
    assert sorted(role["allowedMemberTypes"]) == ["Application", "User"]
    (scope,) = api["api"]["oauth2PermissionScopes"]
    assert (scope["value"], scope["id"]) == ("user_impersonation", "e2801e31-8c02-5351-8836-c1178045ceed")
    assert (role["id"], scope["id"]) == (ROLE_ID, SCOPE_ID)


def test_the_identifier_uri_holds_the_client_id() -> None:
    uri = recorded().one("azuread:index/applicationIdentifierUri:ApplicationIdentifierUri")
    assert uri.inputs["identifierUri"] == f"api://{guid('identity')}"
    assert "identifierUris" in recorded().of_type(APPLICATION)[0].ignore_changes


def test_every_client_has_the_role_and_a_secret_of_its_own() -> None:
    recording = recorded(("chat", "batch"))
    assigned = {(r.inputs["principalObjectId"], r.inputs["appRoleId"]) for r in recording.of_type(ASSIGNMENT)}
    assert assigned == {(guid(f"identity-{name}-principal"), ROLE_ID) for name in ("chat", "batch")}
    assert {r.inputs["resourceObjectId"] for r in recording.of_type(ASSIGNMENT)} == {guid("identity-principal")}
    assert {r.inputs["applicationId"] for r in recording.of_type(PASSWORD)} == {"identity-chat-id", "identity-batch-id"}


def test_the_end_of_a_secret_is_ignored_once_it_is_made() -> None:
    assert recorded().one(PASSWORD).ignore_changes == ("endDate",)


def test_whoever_deploys_owns_everything_that_can_be_owned() -> None:
    recording = recorded()
    for resource in [*recording.of_type(APPLICATION), *recording.of_type(PRINCIPAL)]:
        assert resource.inputs["owners"] == [guid("deployer")], resource.urn
        assert "owners" in resource.ignore_changes, "whoever runs up next would take it over, and the API its URI"


def test_two_directory_objects_for_the_api_and_two_for_each_client() -> None:
    """What a day costs of the quota of 250: docs/azure.md says so."""
    for clients in ((), ("a",), ("a", "b")):
        recording = recorded(clients, {"someone@example.com": str(uuid.uuid4())})
        objects = [*recording.of_type(APPLICATION), *recording.of_type(PRINCIPAL)]
        assert len(objects) == 2 + 2 * len(clients)


def test_users_get_the_role_and_the_azure_cli_may_ask_for_their_tokens() -> None:
    recording = recorded(users={"someone@example.com": guid("someone")})
    assert guid("someone") in {r.inputs["principalObjectId"] for r in recording.of_type(ASSIGNMENT)}
    pre_authorized = recording.one(PRE_AUTHORIZED).inputs
    assert (pre_authorized["authorizedClientId"], pre_authorized["permissionIds"]) == (AZURE_CLI, [SCOPE_ID])


def test_without_users_no_other_application_may_ask_for_tokens() -> None:
    assert not recorded().of_type(PRE_AUTHORIZED)


@pytest.mark.parametrize("name", ["api", "azure-cli", "identity"])
def test_a_client_may_have_any_name(name: str) -> None:
    """The recorder refuses two resources of the same URN."""
    assert recorded((name,), {"someone@example.com": guid("someone")}).one(PASSWORD).name == f"identity-{name}"


def test_two_clients_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two clients have the same name"):
        recorded(("chat", "chat"))


def test_secrets_leave_the_component_as_secrets() -> None:
    args = IdentityArgs(
        display_name="x",
        clients=["chat"],
        secret_days=1,
        secret_end="2026-12-02T08:00:00Z",
        owner_id=guid("deployer"),
        users={},
        redirect_uris=(),
        tags={},
    )

    def program() -> None:
        identity = Identity("identity", args)
        pulumi.export("secret", identity.clients["chat"].secret)
        pulumi.export("scope", identity.scope)

    outputs = record(program).outputs
    assert isinstance(outputs["secret"], Secret)
    assert re.fullmatch(r"api://[0-9a-f-]{36}/\.default", outputs["scope"])
