"""Azure Key Vault with LiteLLM's virtual keys, which the gateway looks up by who is calling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization, keyvault, managedidentity

# learn.microsoft.com, "Azure built-in roles for Security".
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"


@dataclass(frozen=True, kw_only=True)
class StoredKey:
    """The LiteLLM key of a caller, stored as the secret `litellm-<id>`: the client id of an application, or the object
    id of a person.
    """

    id: pulumi.Input[str]
    key: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class KeyVaultArgs:
    """Inputs of `KeyVault`. `deployer_id` is the object id of whoever runs `up`; `keys` are by caller."""

    resource_group_name: pulumi.Input[str]
    tenant_id: str
    subscription_id: str
    deployer_id: str
    keys: Mapping[str, StoredKey]
    tags: Mapping[str, pulumi.Input[str]]


def _of_any_type(assignment: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
    """Leave out the SDK's default, User, which Azure refuses for a service principal (azure-rest-api-specs#21664)."""
    inputs = {name: value for name, value in assignment.props.items() if name != "principal_type"}
    return pulumi.ResourceTransformationResult(inputs, assignment.opts)


class KeyVault(pulumi.ComponentResource):
    """A vault with one secret per caller, and the one identity that may read them.

    Its name stays taken for 7 days after a destroy, the least Azure takes: it is a new one each morning.
    """

    uri: pulumi.Output[str]
    """https://<name>.vault.azure.net/, with the slash at its end."""
    reader_id: pulumi.Output[str]
    """Resource id of the identity, which may read the secrets once the whole vault is there."""
    reader_client_id: pulumi.Output[str]

    def __init__(self, name: str, args: KeyVaultArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the vault; see `KeyVaultArgs`."""
        super().__init__("genai:azure:KeyVault", name, None, opts)
        tags = dict(args.tags)
        reader = managedidentity.UserAssignedIdentity(
            f"{name}-reader",
            resource_group_name=args.resource_group_name,
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        vault = keyvault.Vault(
            name,
            resource_group_name=args.resource_group_name,
            # Purge protection stays unset: once true it can never be turned off, and false is refused.
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=args.tenant_id,
                sku=keyvault.SkuArgs(family="A", name=keyvault.SkuName.STANDARD),
                enable_rbac_authorization=True,
                soft_delete_retention_in_days=7,
            ),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

        def inside(*after: pulumi.Resource) -> pulumi.ResourceOptions:
            return pulumi.ResourceOptions(parent=self, deleted_with=vault, depends_on=list(after))

        def role(role_id: str) -> str:
            prefix = f"/subscriptions/{args.subscription_id}/providers/Microsoft.Authorization/roleDefinitions"
            return f"{prefix}/{role_id}"

        authorization.RoleAssignment(
            f"{name}-reader",
            scope=vault.id,
            role_definition_id=role(SECRETS_USER),
            principal_id=reader.principal_id,
            # Told, Azure does not look for an identity that the directory may not show yet.
            principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
            opts=inside(),
        )
        # Resource Manager creates secrets, but azure-native deletes them through the vault itself (custom_keyvault.go),
        # which wants this role: taking one client out needs it, so it stays until the secrets are gone.
        may_delete = authorization.RoleAssignment(
            f"{name}-deployer",
            scope=vault.id,
            role_definition_id=role(SECRETS_OFFICER),
            principal_id=args.deployer_id,
            opts=pulumi.ResourceOptions(parent=self, deleted_with=vault, transformations=[_of_any_type]),
        )
        for caller, stored in args.keys.items():
            keyvault.Secret(
                f"{name}-{caller}",
                resource_group_name=args.resource_group_name,
                vault_name=vault.name,
                secret_name=pulumi.Output.concat("litellm-", stored.id),
                properties=keyvault.SecretPropertiesArgs(value=pulumi.Output.secret(stored.key)),
                tags=tags,
                opts=inside(may_delete),
            )
        self.uri = vault.properties.apply(lambda properties: properties.vault_uri)
        self.reader_id = reader.id
        self.reader_client_id = reader.client_id
        self.register_outputs({"uri": self.uri})
