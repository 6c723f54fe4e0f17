"""The whole Azure program, as the engine would receive it."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import types
import uuid
from typing import Any

import pytest

from components.aws.apim_entry import USER_PATHS
from ops.model.recorder import Recording, Resource, Secret, plain
from ops.model.simulated_outputs import GENERATED, guid
from policies import apim
from tests.azure_program import MODES, aws_outputs, recorded, run
from tests.program import ancestors, plaintext

API = "azure-native:apimanagement:Api"
BACKEND = "azure-native:apimanagement:Backend"
NAMED_VALUE = "azure-native:apimanagement:NamedValue"
OPERATION = "azure-native:apimanagement:ApiOperation"
PASSWORD = "azuread:index/applicationPassword:ApplicationPassword"
POLICY = "azure-native:apimanagement:ApiPolicy"
ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
SECRET = "azure-native:keyvault:Secret"
SERVICE = "azure-native:apimanagement:ApiManagementService"
VAULT = "azure-native:keyvault:Vault"

every_mode = pytest.mark.parametrize("mode", MODES)


@every_mode
def test_a_preview_registers_what_up_registers(mode: str) -> None:
    up, preview = recorded(mode), recorded(mode, preview=True)
    assert len(up.resources) > 35
    # Whatever has its inputs first is registered first, and a preview knows them at other times.
    assert {resource.urn for resource in up.resources} == {resource.urn for resource in preview.resources}


def test_the_type_tokens_of_our_components_are_frozen() -> None:
    """A changed token replaces everything below it in a running stack."""
    tokens = {r.type for mode in MODES for r in recorded(mode).resources if r.type.startswith("genai:")}
    assert tokens == {"genai:azure:Gateway", "genai:azure:Identity", "genai:azure:KeyVault", "genai:azure:Logs"}


@every_mode
def test_children_are_named_after_their_component(mode: str) -> None:
    by_urn = recorded(mode).by_urn()
    for resource in recorded(mode).resources:
        parent = by_urn.get(resource.parent)
        if parent is not None and parent.type.startswith("genai:"):
            assert resource.name.startswith(parent.name), resource.urn


# Secrets


@every_mode
@pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
def test_no_secret_stands_in_plain_text_anywhere(mode: str, *, preview: bool) -> None:
    """Generated values have a recognisable start; so have the virtual keys and the entry's key of the AWS day."""
    recording = recorded(mode, preview=preview)
    for resource in recording.resources:
        assert not [text for text in plaintext(resource.inputs) if GENERATED in text], resource.urn
    assert not [text for text in plaintext(recording.outputs) if GENERATED in text]


def test_the_secrets_of_the_day_are_really_in_what_was_searched() -> None:
    header, key_vault = recorded("header"), recorded("keyVault")
    assert GENERATED in json.dumps(plain(header.one(NAMED_VALUE, "apim-entry-key").inputs))
    assert GENERATED in json.dumps(plain(key_vault.one(SECRET).inputs))
    assert GENERATED in json.dumps(plain(header.outputs))
    assert GENERATED in json.dumps(plain(header.one("azure-native:apimanagement:Logger").inputs))


@every_mode
def test_only_client_secrets_are_secret_outputs(mode: str) -> None:
    outputs = recorded(mode).outputs
    assert {name for name, value in outputs.items() if isinstance(value, Secret)} == {"clientSecrets"}
    assert outputs["clientIds"] == {"demo": guid("identity-demo")}
    assert list(plain(outputs["clientSecrets"])) == list(outputs["clientSecretEnds"]) == ["demo"]


class _Clock:
    """Stands for the module `datetime` in the program."""

    UTC, timedelta = datetime.UTC, datetime.timedelta

    def __init__(self, now: str) -> None:
        self.datetime = types.SimpleNamespace(now=lambda _zone: datetime.datetime.fromisoformat(now))


def test_a_tenant_without_application_passwords_is_served_by_users_alone() -> None:
    recording = run({"clients": [], "users": ["someone@example.com"]})
    assert recording.of_type("azuread:index/applicationPassword:ApplicationPassword") == []
    assert len(recording.of_type("azuread:index/appRoleAssignment:AppRoleAssignment")) == 1
    assert plain(recording.outputs["clientSecrets"]) == {}


def test_another_clock_gives_the_same_client_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that ignores `endDate` sees no change at all, so it makes no new secret and touches nothing else."""

    def at(now: str) -> dict[str, Any]:
        monkeypatch.setattr("stacks.azure.program.datetime", _Clock(now))
        return {
            r.urn: {key: value for key, value in r.inputs.items() if key not in r.ignore_changes}
            for r in run({}).resources
        }

    morning, evening = at("2026-11-25T08:00:00+00:00"), at("2026-11-25T20:00:00+00:00")
    assert morning == evening


def test_a_client_secret_ends_after_its_days_and_another_number_of_days_makes_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("stacks.azure.program.datetime", _Clock("2026-11-25T08:00:00+00:00"))
    week, day = run({}).one(PASSWORD), run({"clientSecretDays": 1}).one(PASSWORD)
    assert week.inputs["endDate"] == "2026-12-02T08:00:00Z"
    assert day.inputs["endDate"] == "2026-11-26T08:00:00Z"
    assert week.inputs["rotateWhenChanged"] != day.inputs["rotateWhenChanged"]


# Names

OWN_NAMES = {
    "azure-native:resources:ResourceGroup": ("resourceGroupName", 90),
    VAULT: ("vaultName", 24),
    SERVICE: ("serviceName", 50),
}
"""What is named outside any resource group, where yesterday's names stay taken for a while: the input that would fix
the name, and the most characters (learn.microsoft.com, "Naming rules and restrictions for Azure resources")."""


def test_two_mornings_never_collide_in_a_name() -> None:
    """Pulumi adds 8 random characters to the name of a resource whose own name is not fixed."""
    for kind, (own_name, longest) in OWN_NAMES.items():
        resource = recorded("keyVault").one(kind)
        assert own_name not in resource.inputs
        assert len(resource.name) + 8 <= longest
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", resource.name)


def test_what_the_policy_and_the_callers_know_by_name_is_fixed() -> None:
    recording = recorded("keyVault")
    assert recording.one(API).inputs["apiId"] == "litellm"
    assert recording.one(BACKEND).inputs["backendId"] == apim.BACKEND_ID
    assert recording.one(POLICY).inputs["policyId"] == "policy"
    assert recording.one(SECRET).inputs["secretName"] == f"litellm-{guid('identity-demo')}"
    assert uuid.UUID(recording.one("azure-native:applicationinsights:Workbook").inputs["resourceName"])


# Order


@every_mode
def test_nothing_is_forwarded_without_the_policy(mode: str) -> None:
    recording = recorded(mode)
    api = recording.one(API)
    assert "serviceUrl" not in api.inputs
    assert api.inputs["protocols"] == ["https"]
    assert f'backend-id="{apim.BACKEND_ID}"' in recording.one(POLICY).inputs["value"]


@every_mode
def test_the_policy_waits_for_every_named_value_and_the_backend(mode: str) -> None:
    recording = recorded(mode)
    waits_for = recording.one(POLICY).dependencies
    assert {value.urn for value in _policy_values(recording)} <= waits_for
    assert recording.one(BACKEND).urn in waits_for


@every_mode
def test_every_operation_waits_for_the_policy(mode: str) -> None:
    recording = recorded(mode)
    operations = recording.of_type(OPERATION)
    assert len(operations) == 4
    for operation in operations:
        assert recording.one(POLICY).urn in operation.dependencies, operation.name


@every_mode
def test_the_backend_waits_for_the_key_it_sends(mode: str) -> None:
    recording = recorded(mode)
    backend, key = recording.one(BACKEND), recording.one(NAMED_VALUE, "apim-entry-key")
    assert backend.inputs["credentials"] == {"header": {"cookie": ["{{apim-entry-key}}"]}}
    assert key.urn in backend.dependencies
    assert plain(key.inputs["value"]) == plain(aws_outputs()["apimEntryKey"])


def test_the_gateway_exists_only_once_its_identity_may_read_every_secret() -> None:
    """And goes before them: a deleted secret could not be created again in a vault that still stands."""
    recording = recorded("keyVault")
    needed = {one.urn for kind in (ROLE_ASSIGNMENT, SECRET) for one in recording.of_type(kind)}
    assert needed <= recording.one(SERVICE).dependencies


def test_the_deployer_may_delete_secrets_for_as_long_as_there_are_any() -> None:
    """Deleting one secret goes through the vault itself, not through Resource Manager."""
    recording = recorded("keyVault")
    assert recording.one(ROLE_ASSIGNMENT, "deployer").urn in recording.one(SECRET).dependencies


def test_only_what_is_inside_the_vault_ends_with_its_owner() -> None:
    """What leaves the state without a deletion is in the way of the next `up` when its owner stays."""
    recording = recorded("keyVault")
    by_urn = recording.by_urn()
    ends_with = {one.type: by_urn[one.deleted_with].type for one in recording.resources if one.deleted_with}
    assert ends_with == {SECRET: VAULT, ROLE_ASSIGNMENT: VAULT}


@every_mode
def test_the_gateway_waits_for_no_log(mode: str) -> None:
    """It is the slowest to create: everything else is made meanwhile."""
    assert not [kind for kind in _before_the_gateway(mode) if "operationalinsights" in kind]


def test_without_a_vault_the_gateway_waits_for_no_application() -> None:
    assert not [kind for kind in _before_the_gateway("header") if "azuread" in kind]


def _before_the_gateway(mode: str) -> set[str]:
    recording = recorded(mode)
    by_urn = recording.by_urn()
    return {by_urn[urn].type for urn in ancestors(recording, recording.one(SERVICE))}


# What the gateway does


def _policy_values(recording: Recording) -> list[Resource]:
    return [value for value in recording.of_type(NAMED_VALUE) if value.inputs["namedValueId"] != "apim-entry-key"]


@every_mode
def test_the_named_values_are_exactly_those_the_policy_refers_to(mode: apim.Mode) -> None:
    recording = recorded(mode)
    values = {value.inputs["namedValueId"]: value.inputs for value in _policy_values(recording)}
    assert set(re.findall(r"\{\{(.+?)\}\}", recording.one(POLICY).inputs["value"])) == set(values)
    for name, inputs in values.items():
        assert inputs["secret"] == isinstance(inputs["value"], Secret) == apim.NAMED_VALUES[mode][name].secret, name
    assert values["api-client-id"]["value"] == guid("identity")
    assert values["tenant-id"]["value"] == guid("tenant")


def test_the_vaults_address_and_its_readers_id_reach_the_policy() -> None:
    values = {value.inputs["namedValueId"]: value.inputs["value"] for value in _policy_values(recorded("keyVault"))}
    assert values["key-vault-uri"] == "https://genai-keys1a2b3c4d.vault.azure.net/"
    assert values["gateway-identity-client-id"] == guid("genai-keys-reader-client")


def test_operations_are_the_paths_that_the_load_balancer_forwards() -> None:
    operations = recorded().of_type(OPERATION)
    assert sorted(operation.inputs["urlTemplate"] for operation in operations) == sorted(USER_PATHS)
    assert not [operation for operation in operations if "*" in operation.inputs["urlTemplate"]]


def test_a_public_certificate_is_verified_and_a_self_signed_one_only_accepted_when_asked() -> None:
    public = run({}).one(BACKEND).inputs
    assert public["url"] == "https://litellm.genai.example.com:8443"
    assert public["tls"] == {"validateCertificateChain": True, "validateCertificateName": True}
    self_signed = run({"insecureBackend": True}, domain=False).one(BACKEND).inputs
    assert re.fullmatch(r"https://entry-.*\.elb\.amazonaws\.com:8443", self_signed["url"])
    assert self_signed["tls"] == {"validateCertificateChain": False, "validateCertificateName": False}


def test_insecure_backend_does_not_turn_off_the_check_of_a_public_certificate() -> None:
    tls = run({"insecureBackend": True}).one(BACKEND).inputs["tls"]
    assert tls == {"validateCertificateChain": True, "validateCertificateName": True}


def test_a_client_is_bound_to_the_keys_it_names() -> None:
    recording = run({"clients": [{"name": "chat", "key": "demo", "keys": ["demo"]}, {"name": "free", "key": "demo"}]})
    demo = plain(aws_outputs()["virtualKeys"])["demo"]
    bindings = plain(recording.one(NAMED_VALUE, "key-bindings").inputs["value"])
    assert bindings == f"{guid('identity-chat')}:{hashlib.sha256(demo.encode()).hexdigest()}"


def test_without_bindings_the_named_value_still_holds_something() -> None:
    """API Management takes no empty named value."""
    assert plain(recorded().one(NAMED_VALUE, "key-bindings").inputs["value"])


# Modes


def test_the_vault_the_identity_and_the_roles_are_there_only_where_keys_are_looked_up() -> None:
    only = {r.urn for r in recorded("keyVault").resources} - {r.urn for r in recorded("header").resources}
    types_ = {urn.split("::")[2].rpartition("$")[2] for urn in only}
    assert types_ == {
        "genai:azure:KeyVault",
        "azure-native:managedidentity:UserAssignedIdentity",
        NAMED_VALUE,
        ROLE_ASSIGNMENT,
        SECRET,
        VAULT,
    }


def test_switching_the_mode_on_a_running_day_changes_the_gateways_identity_and_policy_alone() -> None:
    header, key_vault = recorded("header").by_urn(), recorded("keyVault").by_urn()
    changed = {
        (header[urn].type, key)
        for urn in header.keys() & key_vault.keys()
        for key in {*header[urn].inputs, *key_vault[urn].inputs}
        if header[urn].inputs.get(key) != key_vault[urn].inputs.get(key) and key not in header[urn].ignore_changes
    }
    assert changed == {(SERVICE, "identity"), (POLICY, "value")}
    service = recorded("header").one(SERVICE)
    assert service.inputs["identity"] == {"type": "None"}


def test_every_role_assignment_is_for_the_vault_alone() -> None:
    recording = recorded("keyVault")
    vault = f"{recording.one(VAULT).name}-id"
    reader, deployer = (
        recording.one(ROLE_ASSIGNMENT, "reader").inputs,
        recording.one(ROLE_ASSIGNMENT, "deployer").inputs,
    )
    assert len(recording.of_type(ROLE_ASSIGNMENT)) == 2
    assert {reader["scope"], deployer["scope"]} == {vault}
    # Key Vault Secrets User, Key Vault Secrets Officer.
    assert reader["roleDefinitionId"].endswith("/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6")
    assert deployer["roleDefinitionId"].endswith("/roleDefinitions/b86a8fe4-44ce-4948-aee5-eccb2c155cd7")
    assert reader["roleDefinitionId"].startswith(f"/subscriptions/{guid('subscription')}/")
    assert (reader["principalId"], reader["principalType"]) == (guid("genai-keys-reader-principal"), "ServicePrincipal")
    assert deployer["principalId"] == guid("deployer")
    assert "principalType" not in deployer, "Azure refuses the SDK's default, User, for a service principal"


def test_each_client_finds_the_key_it_names_in_the_vault() -> None:
    recording = run({"keyMode": "keyVault", "clients": [{"name": "chat", "key": "demo"}, {"name": "demo"}]})
    keys = plain(aws_outputs()["virtualKeys"])
    stored = {r.inputs["secretName"]: plain(r.inputs["properties"]["value"]) for r in recording.of_type(SECRET)}
    assert stored == {f"litellm-{guid(f'identity-{name}')}": keys["demo"] for name in ("chat", "demo")}
