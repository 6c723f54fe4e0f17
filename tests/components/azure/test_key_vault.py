"""Key Vault, where the gateway looks up keys."""

from __future__ import annotations

import pulumi

from components.azure.key_vault import KeyVault, KeyVaultArgs, StoredKey
from ops.model.recorder import Recording, Secret, record


def recorded() -> Recording:
    args = KeyVaultArgs(
        resource_group_name="group",
        tenant_id="tenant",
        subscription_id="subscription",
        deployer_id="deployer",
        keys={name: StoredKey(id=f"{name}-id", key=f"sk-{name}") for name in ("chat", "batch")},
        tags={"Owner": "someone"},
    )

    def program() -> None:
        pulumi.export("uri", KeyVault("keys", args).uri)

    return record(program)


def test_the_vault_is_gone_for_good_after_the_least_days_that_azure_takes() -> None:
    """Purge protection, once on, keeps the name for the whole period; off is refused as a value."""
    properties = recorded().one("azure-native:keyvault:Vault").inputs["properties"]
    assert properties["softDeleteRetentionInDays"] == 7
    assert "enablePurgeProtection" not in properties


def test_only_roles_let_anyone_in() -> None:
    properties = recorded().one("azure-native:keyvault:Vault").inputs["properties"]
    assert properties["enableRbacAuthorization"] is True
    assert not properties.get("accessPolicies")


def test_there_is_one_secret_for_each_client_and_its_value_is_secret() -> None:
    secrets = recorded().of_type("azure-native:keyvault:Secret")
    assert {secret.inputs["secretName"] for secret in secrets} == {"litellm-chat-id", "litellm-batch-id"}
    assert all(isinstance(secret.inputs["properties"]["value"], Secret) for secret in secrets)


def test_the_address_ends_with_a_slash() -> None:
    assert recorded().outputs["uri"] == "https://keys1a2b3c4d.vault.azure.net/"
