"""Azure managed identity that may call models, and Content Safety: a role on each of the accounts named."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import managedidentity

from components.azure.account_role import may_call
from policies.apim.models import COGNITIVE_SERVICES_USER, OPENAI_USER


@dataclass(frozen=True, kw_only=True)
class ModelIdentityArgs:
    """Inputs of `ModelIdentity`.

    `accounts` are ids of Azure OpenAI accounts, which are there already. Each is named once, in whatever case: Azure
    takes a role that is given twice for an error. `safety_account` is that of Content Safety, if prompts are checked.
    """

    resource_group_name: pulumi.Input[str]
    accounts: Sequence[str]
    safety_account: str | None = None
    tags: Mapping[str, pulumi.Input[str]]


class ModelIdentity(pulumi.ComponentResource):
    """The identity by which the gateway calls Azure OpenAI and Content Safety, so that no key of theirs exists."""

    id: pulumi.Output[str]
    client_id: pulumi.Output[str]

    def __init__(self, name: str, args: ModelIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the identity and its roles; see `ModelIdentityArgs`."""
        super().__init__("genai:azure:ModelIdentity", name, None, opts)
        identity = managedidentity.UserAssignedIdentity(
            name,
            resource_group_name=args.resource_group_name,
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self),
        )

        def allow(role_name: str, account: str, role: str) -> None:
            may_call(role_name, account, role, identity.principal_id, tags=args.tags, parent=self)

        for account in args.accounts:
            # Two subscriptions may have groups and accounts of one name.
            digest = hashlib.sha256(account.lower().encode()).hexdigest()[:8]
            allow(f"{name}-{account.rpartition('/')[2].lower()}-{digest}", account, OPENAI_USER)
        if args.safety_account:
            allow(f"{name}-content-safety", args.safety_account, COGNITIVE_SERVICES_USER)
        self.id, self.client_id = identity.id, identity.client_id
        self.register_outputs({"clientId": self.client_id})
