"""Azure subscription and Entra ID: permissions, and whether API Management is offered in the region."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from catalogue.pins import API_MANAGEMENT_API, PERMISSIONS_API, PROVIDERS_API, SUBSCRIPTIONS_API
from ops.checks.check import Check, Outcome, bad, fine, once
from ops.clouds.azure import Api
from ops.inventory.azure import AzureStackInventory
from ops.project import ROOT
from ops.stack.plan import FirstStep
from ops.stack.settings_file import StackConfigError, read

_RIGHTS = ("Microsoft.Resources/subscriptions/resourceGroups/write", "Microsoft.ApiManagement/service/write")
_RIGHTS_WITH_VAULT = ("Microsoft.KeyVault/vaults/write", "Microsoft.Authorization/roleAssignments/write")

_RIGHTS_WITH_REDIS = (
    "Microsoft.Cache/redisEnterprise/write",
    "Microsoft.Cache/redisEnterprise/databases/write",
    "Microsoft.Cache/redisEnterprise/databases/listKeys/action",
)

_DIRECTORY_ROLES = {
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
}
"""Who may register applications and assign their roles (learn.microsoft.com, "Microsoft Entra built-in roles")."""


def _before_mcp_servers(config: Mapping[str, str]) -> bool:
    """Whether the AWS stack has MCP servers, whose people have their keys in a vault; no when its file is not here."""
    stack = config.get("genaiplatform:awsStack", "").rpartition("/")[2]
    with suppress(StackConfigError):
        return read(ROOT, stack).setting("mcpServers") not in ("", "[]")
    return False


def azure_checks(
    inventory: AzureStackInventory, config: Mapping[str, str], *, redis: bool = False
) -> Mapping[str, Check]:
    """Subscription, rights in it and in the directory, and the tier; `config` is the stack's, by full key.

    `redis` says whether the stack makes an Azure Managed Redis.
    """
    token = once(lambda: inventory.token(inventory.arm))
    with_vault = config.get("genaiplatform:keyMode") == "keyVault" or _before_mcp_servers(config)
    wanted = [*_RIGHTS, *(_RIGHTS_WITH_VAULT if with_vault else ()), *(_RIGHTS_WITH_REDIS if redis else ())]
    tier, location = config.get("genaiplatform:gatewayTier", "BasicV2"), config["azure-native:location"]
    in_subscription = partial(asked_of, inventory, token)
    of_redis = {
        f"Azure Managed Redis in {location}": in_subscription(
            lambda arm, scope: registered(arm, scope, "Microsoft.Cache", "redisEnterprise", location)
        )
    }
    return {
        "subscription": in_subscription(subscription),
        "one account": lambda: one_account(token()),
        "rights in the subscription": in_subscription(lambda arm, scope: rights(arm, scope, wanted)),
        "rights in the directory": lambda: directory(
            Api(inventory.graph, inventory.token(inventory.graph)["accessToken"])
        ),
        f"{tier} in {location}": in_subscription(lambda arm, scope: offered(arm, scope, tier, location)),
        **(of_redis if redis else {}),
    }


def asked_of(
    inventory: AzureStackInventory, token: Callable[[], Mapping[str, str]], check: Callable[[Api, str], Outcome]
) -> Check:
    """The check, with Azure Resource Manager and the subscription that the token is for."""
    return lambda: check(Api(inventory.arm, token()["accessToken"]), f"/subscriptions/{token()['subscription']}")


def entra_checks(inventory: AzureStackInventory, tenant_id: str) -> Mapping[str, Check]:
    """The tenant that `az` is logged in to, and rights in its directory; `tenant_id` is the setting, or empty."""
    return {
        "tenant": lambda: tenant(inventory.token(inventory.graph)["tenant"], tenant_id),
        "rights in the directory": lambda: directory(
            Api(inventory.graph, inventory.token(inventory.graph)["accessToken"])
        ),
    }


def tenant(chosen: str, wanted: str) -> Outcome:
    """Whether it is the one that the settings name, where they name one."""
    if wanted and wanted.lower() != chosen.lower():
        return bad(f"tenantId is {wanted}, but `az` has chosen {chosen}", f"`az login --tenant {wanted}`")
    return fine(chosen)


def aws_stack(first: Sequence[FirstStep]) -> Outcome:
    """Whether the settings of the AWS stack behind this one let it in; whether it is up is for `up` to see."""
    if not first:
        return fine("its entry for API Management is on in its settings")
    return bad(
        "; ".join(step.why for step in first),
        "first " + ", then ".join(f"`{command}`" for step in first for command in step.commands),
    )


def subscription(arm: Api, scope: str) -> Outcome:
    """Whether the subscription that `az` has chosen is enabled."""
    found = arm.get(f"{scope}?api-version={SUBSCRIPTIONS_API.version}")
    name = f"{found['displayName']} ({found['subscriptionId']})"
    if found["state"] != "Enabled":
        return bad(f"{name} is {found['state']}", "choose another: `az account set --subscription <id>`")
    return fine(name)


def one_account(token: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> Outcome:
    """Whether Pulumi, which takes the variables ARM_... first, and `az`, which the commands ask, mean the same."""
    for variable, chosen in (("ARM_SUBSCRIPTION_ID", token["subscription"]), ("ARM_TENANT_ID", token["tenant"])):
        named = environment.get(variable, "")
        if named and named.lower() != chosen.lower():
            return bad(
                f"{variable} is {named}, which Pulumi would use, but `az` has chosen {chosen}",
                f"unset {variable}, or `az login` and `az account set --subscription <id>` for what it names",
            )
    return fine("Pulumi and `az` mean the same")


def rights(arm: Api, scope: str, wanted: Sequence[str]) -> Outcome:
    """Whether the roles of whoever runs this hold all those actions there."""
    granted = list(
        arm.values(f"{scope}/providers/Microsoft.Authorization/permissions?api-version={PERMISSIONS_API.version}")
    )
    if missing := missing_actions(granted, wanted):
        return bad(f"not held: {', '.join(missing)}", "have Contributor assigned; for keyVault mode Owner")
    return fine(f"{len(wanted)} actions held")


def missing_actions(granted: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> Sequence[str]:
    """Those of the wanted actions that none of `Microsoft.Authorization/permissions` grants."""
    return [action for action in wanted if not any(_holds(permission, action) for permission in granted)]


def _holds(permission: Mapping[str, Any], action: str) -> bool:
    def named(patterns: Sequence[str]) -> bool:
        expressions = [re.escape(pattern).replace(r"\*", ".*") for pattern in patterns]
        return any(re.fullmatch(expression, action, re.IGNORECASE) for expression in expressions)

    return named(permission["actions"]) and not named(permission.get("notActions", ()))


def directory(graph: Api) -> Outcome:
    """Whether a directory role lets this user register applications and assign their roles."""
    held = {
        role["roleTemplateId"] for role in graph.values("/v1.0/me/transitiveMemberOf/microsoft.graph.directoryRole")
    }
    names = sorted(name for template, name in _DIRECTORY_ROLES.items() if template in held)
    if names:
        return fine(", ".join(names))
    return bad(
        "no role that may register applications and assign their roles",
        "have Application Administrator assigned in Microsoft Entra ID",
    )


def registered(arm: Api, scope: str, provider: str, kind: str = "", location: str = "") -> Outcome:
    """Whether the subscription may create resources of that provider at all, and that kind (if any) in that region."""
    found = arm.get(f"{scope}/providers/{provider}?api-version={PROVIDERS_API.version}")
    if (state := found["registrationState"]) != "Registered":
        return bad(
            f"the subscription is {state} for {provider}", f"`az provider register --namespace {provider} --wait`"
        )
    if not kind:
        return fine("registered")
    places = [place for one in found["resourceTypes"] if one["resourceType"] == kind for place in one["locations"]]
    return _in_region(f"{provider}/{kind}", places, location, "set azure-native:location to one of them")


def offered(arm: Api, scope: str, tier: str, location: str) -> Outcome:
    """Whether the subscription may create API Management of that tier in that region."""
    places: list[str] = []
    for sku in arm.values(f"{scope}/providers/Microsoft.ApiManagement/skus?api-version={API_MANAGEMENT_API.version}"):
        if sku["name"].lower() == tier.lower() and not sku.get("restrictions"):
            places += sku["locations"]
    return _in_region(tier, places, location, "set azure-native:location to one of them, or another gatewayTier")


def _in_region(what: str, places: Sequence[str], location: str, otherwise: str) -> Outcome:
    """Whether the region is among those places, which Azure names as in "East US 2"."""
    short = sorted({place.replace(" ", "").lower() for place in places})
    if location.replace(" ", "").lower() in short:
        return fine("offered")
    return bad(f"{what} is offered in {', '.join(short) or 'no region'}", otherwise)
