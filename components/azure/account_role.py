"""Azure role that lets an identity call an account of Azure AI services."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import authorization


def may_call(
    name: str,
    account: str,
    role: str,
    principal_id: pulumi.Input[str],
    *,
    tags: Mapping[str, pulumi.Input[str]],
    parent: pulumi.Resource,
) -> authorization.RoleAssignment:
    """Give the identity that role, by the id of its definition, on the account, by its id."""
    definitions = f"/subscriptions/{account.split('/')[2]}/providers/Microsoft.Authorization/roleDefinitions"
    return authorization.RoleAssignment(
        name,
        scope=account,
        role_definition_id=f"{definitions}/{role}",
        principal_id=principal_id,
        # Told, Azure does not look for an identity that the directory may not show yet.
        principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
        # A role has no tags, and stays when the group with the identity is deleted.
        description=pulumi.Output.all(**tags).apply(
            lambda known: "; ".join(f"{key}={value}" for key, value in known.items())
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
