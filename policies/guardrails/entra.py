"""CrossGuard rules about Entra ID: who gets a token, and how long a client secret is valid."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, ResourceValidationArgs

from catalogue.limits import LONGEST_SECRET_DAYS
from policies.guardrails.rule import known, of_type, referring, resource_rule, stack_rule

_APPLICATION = "azuread:index/application:Application"
_PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
_PASSWORDS = (
    "azuread:index/applicationPassword:ApplicationPassword",
    "azuread:index/servicePrincipalPassword:ServicePrincipalPassword",
)


@resource_rule(_APPLICATION)
def tokens_are_version_2_of_this_tenant(application: ResourceValidationArgs) -> Iterator[str]:
    """Applications are of this tenant, and the tokens of an API of version 2: their audience is its client id."""
    audience = application.props.get("signInAudience", "AzureADMyOrg")
    if audience != "AzureADMyOrg":
        yield f"accounts of other tenants are let in: set signInAudience to AzureADMyOrg instead of {audience}"
    if application.props.get("appRoles") and known(application.props, "api", "requestedAccessTokenVersion") != 2:
        yield "its tokens are of version 1: set api.requestedAccessTokenVersion to 2"


@stack_rule
def tokens_are_for_who_holds_a_role(resources: Sequence[PolicyResource]) -> Iterator[tuple[PolicyResource, str]]:
    """Without this, Entra ID gives any application of the tenant a token for the API, only one without a role."""
    for api in of_type(resources, _APPLICATION):
        for principal in referring(resources, _PRINCIPAL, "clientId", api) if known(api.props, "appRoles") else ():
            if not known(principal.props, "appRoleAssignmentRequired"):
                yield principal, "any application of the tenant gets a token: set appRoleAssignmentRequired to true"


@resource_rule(*_PASSWORDS)
def client_secrets_end(password: ResourceValidationArgs) -> Iterator[str]:
    """A client's secret says when it ends, as the setting clientSecretDays does."""
    end = password.props.get("endDate")
    if end is None:
        yield "the secret is good for two years: set endDate"
        return
    left = datetime.datetime.fromisoformat(end) - datetime.datetime.now(datetime.UTC)
    if left.days > LONGEST_SECRET_DAYS:
        yield f"the secret is good for {left.days} days: set endDate to at most {LONGEST_SECRET_DAYS} days from now"
