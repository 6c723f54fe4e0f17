"""Azure subscription of a Databricks stack: permissions, and whether it is registered for Databricks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ops.checks.check import Check, once
from ops.checks.preflight.azure import asked_of, one_account, registered, rights, subscription
from ops.inventory.azure import AzureStackInventory
from ops.model.recorder import Recording

_PROVIDER = "Microsoft.Databricks"
_ACTIONS: Mapping[str, str] = {
    "azure-native:resources:ResourceGroup": "Microsoft.Resources/subscriptions/resourceGroups/write",
    "azure-native:databricks:Workspace": "Microsoft.Databricks/workspaces/write",
    "azure-native:databricks:AccessConnector": "Microsoft.Databricks/accessConnectors/write",
    "azure-native:storage:StorageAccount": "Microsoft.Storage/storageAccounts/write",
    "azure-native:authorization:RoleAssignment": "Microsoft.Authorization/roleAssignments/write",
}
"""What making a type of resource needs."""


def databricks_checks(inventory: AzureStackInventory, recording: Recording) -> Mapping[str, Check]:
    """Subscription, rights in it for what the recorded program makes, and its registration.

    What Databricks itself allows is asked by `up`: there is no workspace yet that could tell.
    """
    token = once(lambda: inventory.token(inventory.arm))
    wanted = [action for type_token, action in _ACTIONS.items() if recording.of_type(type_token)]
    in_subscription = partial(asked_of, inventory, token)
    return {
        "subscription": in_subscription(subscription),
        "one account": lambda: one_account(token()),
        "rights in the subscription": in_subscription(lambda arm, scope: rights(arm, scope, wanted)),
        f"registration of {_PROVIDER}": in_subscription(lambda arm, scope: registered(arm, scope, _PROVIDER)),
    }
