"""CrossGuard rules about IAM roles, Azure role assignments and access to Key Vault."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import ResourceValidationArgs

from policies.guardrails.rule import known, resource_rule

_ROLE = "aws:iam/role:Role"
_POLICIES = ("aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy")
_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_ALMIGHTY = ("AdministratorAccess", "PowerUserAccess")

_ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_ALMIGHTY_ROLES: Mapping[str, str] = {
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
"""learn.microsoft.com, "Azure built-in roles for Privileged"."""
_WIDE_SCOPE = re.compile(
    r"(/providers/Microsoft\.Management/managementGroups/[^/]+|/subscriptions/[^/]+(/resourceGroups/[^/]+)?)?/?",
    re.IGNORECASE,
)
"""The tenant, a management group, a subscription or a resource group: everything that is more than one resource."""


@resource_rule(_ROLE, *_POLICIES, _ATTACHMENT)
def no_wildcard_action_on_a_wildcard_resource(holder: ResourceValidationArgs) -> Iterator[str]:
    """A role is allowed named actions, or named resources, at best both."""
    if holder.resource_type == _ATTACHMENT:
        arn = holder.props["policyArn"]
        if arn.rpartition("/")[2] in _ALMIGHTY:
            yield f"{arn} allows nearly everything: attach a policy with the actions that are needed"
        return
    policies = (
        [inline["policy"] for inline in holder.props.get("inlinePolicies") or ()]
        if holder.resource_type == _ROLE
        else [holder.props["policy"]]
    )
    for statement in (statement for policy in policies for statement in _statements(policy)):
        actions = ["*"] if "NotAction" in statement else _items(statement.get("Action"))
        targets = ["*"] if "NotResource" in statement else _items(statement.get("Resource"))
        wild_actions = [action for action in actions if "*" in action]
        # The sixth part of an ARN names the resource itself.
        wild_targets = [target for target in targets if target.split(":", 5)[-1] == "*"]
        if statement.get("Effect") == "Allow" and wild_actions and wild_targets:
            yield (
                f"{', '.join(wild_actions)} is allowed on {', '.join(wild_targets)}: "
                "name the actions, or the ARNs they apply to"
            )


@resource_rule(_ROLE)
def service_account_roles_trust_one_account_and_audience(role: ResourceValidationArgs) -> Iterator[str]:
    """A role for service accounts (IRSA) checks whose token it is (sub) and whom the token is meant for (aud).

    Without `sub` any pod of the cluster may take the role.
    """
    for statement in _statements(role.props["assumeRolePolicy"]):
        if "sts:AssumeRoleWithWebIdentity" not in _items(statement.get("Action")):
            continue
        checked = known(statement, "Condition", "StringEquals") or {}
        for claim, example in (("sub", "system:serviceaccount:<namespace>:<name>"), ("aud", "sts.amazonaws.com")):
            if not any(key.endswith(f":{claim}") for key in checked):
                yield f"the trust policy does not check {claim}: add <issuer>:{claim} = {example} under StringEquals"


@resource_rule(_ROLE_ASSIGNMENT)
def azure_roles_are_for_one_task_on_one_resource(assignment: ResourceValidationArgs) -> Iterator[str]:
    """A role allows what its holder does, on the one resource it is done to."""
    role = assignment.props["roleDefinitionId"].rpartition("/")[2]
    if role in _ALMIGHTY_ROLES:
        yield f"{_ALMIGHTY_ROLES[role]} may change everything, or let others: assign a role for the task alone"
    scope = assignment.props["scope"]
    if _WIDE_SCOPE.fullmatch(scope):
        yield f"the role holds for all of {scope or '/'}: set scope to the id of the one resource that it is for"


@resource_rule("azure-native:keyvault:Vault")
def vaults_open_to_roles_alone(vault: ResourceValidationArgs) -> Iterator[str]:
    """With access policies, whoever may change the vault may let himself in."""
    if not vault.props["properties"].get("enableRbacAuthorization"):
        yield "access policies decide who may read: set properties.enableRbacAuthorization to true and assign roles"


def _statements(policy: Any) -> list[Mapping[str, Any]]:
    document = json.loads(policy) if isinstance(policy, str) else policy
    return _items(document["Statement"])


def _items(value: Any) -> list[Any]:
    """IAM takes one item in the place of a list of one."""
    if value is None:
        return []
    return [value] if isinstance(value, str | Mapping) else list(value)
