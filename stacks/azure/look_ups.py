"""Azure and Entra ID look-ups before anything is created: who runs this, and the users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread
from pulumi_azure_native import authorization

from stacks import commands
from stacks.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class Deployer:
    """Whoever runs this, as an object id and its tenant, for Entra ID and for the subscription.

    The two are the same account unless the providers are configured apart.
    """

    directory_tenant_id: str
    directory_object_id: str
    subscription_id: str
    subscription_tenant_id: str
    subscription_object_id: str


def deployer() -> Deployer:
    """Ask both providers who runs this; fails at once when one of them is not logged in."""
    tenant_id, object_id = directory()
    subscription = authorization.get_client_config()
    return Deployer(
        directory_tenant_id=tenant_id,
        directory_object_id=object_id,
        subscription_id=subscription.subscription_id,
        subscription_tenant_id=subscription.tenant_id,
        subscription_object_id=subscription.object_id,
    )


def directory() -> tuple[str, str]:
    """Tenant and object id of whoever runs this in Entra ID; fails at once when nobody is logged in."""
    found = azuread.get_client_config()
    return found.tenant_id, found.object_id


def email_of(object_id: str) -> str:
    """The e-mail address of a user; SettingsError when there is none, as for a service principal."""
    try:
        email = azuread.get_user(object_id=object_id).mail
    except Exception:  # noqa: BLE001  Pulumi raises nothing narrower for a failed look-up
        email = ""
    if not email:
        command = commands.for_stack(pulumi.get_stack(), commands.set_config("publisherEmail you@example.com"))
        raise SettingsError(
            "publisherEmail is not set, and Entra ID knows no e-mail address of the account that runs this: "
            f"{command} (API Management writes to it about the service)"
        )
    return email


def object_ids(users: Sequence[str]) -> Mapping[str, str]:
    """Object ids of users by their principal names; SettingsError for a user who is not there."""
    found: dict[str, str] = {}
    for user in users:
        try:
            found[user] = azuread.get_user(user_principal_name=user).object_id
        except Exception as error:
            raise SettingsError(
                f"users: {user} was not found in Entra ID: write the principal name that the portal shows, and have a "
                f"service principal that runs this granted User.Read.All ({error})"
            ) from error
    return found
