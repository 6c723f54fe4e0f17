"""Settings of Pulumi's providers (`aws:`, `azure-native:`, ...): which may stand in a stack, and what to do instead.

Pulumi gives them to its provider alone. The kubeconfig, the dynamic resources and the `genai` commands ask as the
environment says, so whatever decides who asks whom has to stand there: else one identity makes the cluster, another
asks it. `ALLOWED` and `INSTEAD` know every key of the providers' schemas; a test holds them to those.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence

_AWS = ("aws", "kubernetes", "eks")
"""Of the stacks of every kind: `Pulumi.yaml` gives each of them `aws:region`."""

NAMESPACES: Mapping[str, Sequence[str]] = {
    "aws": _AWS,
    "azure": (*_AWS, "azure-native", "azuread"),
    "mcp": (*_AWS, "azuread"),
    "databricks": (*_AWS, "azure-native", "databricks"),
}
"""Providers whose settings the stacks of a kind may have, by the name of the kind."""

_PARTNER = "only names who gets the credit for the usage"

ALLOWED: Mapping[str, Mapping[str, str]] = {
    "aws": {
        "region": "the program and every command pass it on",
        "allowedAccountIds": "the provider refuses any other account before it makes anything",
        "forbiddenAccountIds": "the provider refuses these accounts before it makes anything",
        "defaultTags": "the program's own tags win over them",
        "ignoreTags": "tags of the program are set all the same (hashicorp/terraform-provider-aws#39733)",
        "tagPolicyCompliance": "only refuses",
        "maxRetries": "changes the pace, not who asks whom",
        "retryMode": "changes the pace, not who asks whom",
        "tokenBucketRateLimiterCapacity": "changes the pace, not who asks whom",
        "skipCredentialsValidation": "only leaves a question out",
        "skipRegionValidation": "only leaves a question out",
        "userAgents": "only a label of the requests",
    },
    "azure-native": {
        "location": "the program and every command pass it on",
        "partnerId": _PARTNER,
        "disablePulumiPartnerId": _PARTNER,
    },
    "azuread": {"partnerId": _PARTNER, "disableTerraformPartnerId": _PARTNER},
    "databricks": {},
    "kubernetes": {},
    "eks": {},
}
"""By namespace, the keys that may be set and why. Any other key of these namespaces is refused."""

_KEYS = "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for a temporary key, AWS_SESSION_TOKEN"
_ROLE = "give a profile of ~/.aws/config the lines role_arn and source_profile, and set AWS_PROFILE to its name"
_AZURE_LOGIN = "log in with `az login` as whoever is meant (for a service principal also set {0})"
_AZURE_CLOUD = "only the public cloud of Azure is built and asked here"
_ARM_OIDC = _AZURE_LOGIN.format("ARM_USE_OIDC, ARM_CLIENT_ID, ARM_TENANT_ID, ARM_SUBSCRIPTION_ID")
_ARM_SECRET = _AZURE_LOGIN.format("ARM_CLIENT_ID, ARM_CLIENT_SECRET, ARM_TENANT_ID, ARM_SUBSCRIPTION_ID")
_ARM_CERTIFICATE = _AZURE_LOGIN.format("ARM_CLIENT_ID, ARM_CLIENT_CERTIFICATE_PATH, ARM_TENANT_ID, ARM_SUBSCRIPTION_ID")
_ARM_MSI = "log in with `az login --identity`, and set ARM_USE_MSI and ARM_SUBSCRIPTION_ID"

_LOGINS: Mapping[str, str] = {
    "tenantId": "choose the tenant with `az login --tenant <id>`",
    "clientId": _ARM_SECRET,
    "clientSecret": _ARM_SECRET,
    "clientCertificatePath": _ARM_CERTIFICATE,
    "clientCertificatePassword": _ARM_CERTIFICATE,
    "useMsi": _ARM_MSI,
    "msiEndpoint": _ARM_MSI,
    "useOidc": _ARM_OIDC,
    "oidcToken": _ARM_OIDC,
    "oidcTokenFilePath": _ARM_OIDC,
    "oidcRequestUrl": _ARM_OIDC,
    "oidcRequestToken": _ARM_OIDC,
    "environment": _AZURE_CLOUD,
    "metadataHost": _AZURE_CLOUD,
}

INSTEAD: Mapping[str, Mapping[str, str]] = {
    "aws": {
        "profile": "set AWS_PROFILE",
        "accessKey": _KEYS,
        "secretKey": _KEYS,
        "token": _KEYS,
        "assumeRole": _ROLE,
        "assumeRoles": _ROLE,
        "assumeRoleWithWebIdentity": "set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE",
        "sharedConfigFiles": "set AWS_CONFIG_FILE",
        "sharedCredentialsFiles": "set AWS_SHARED_CREDENTIALS_FILE",
        "endpoints": "set AWS_ENDPOINT_URL, or AWS_ENDPOINT_URL_<SERVICE> for one service",
        "stsRegion": "set AWS_ENDPOINT_URL_STS",
        "useDualstackEndpoint": "set AWS_USE_DUALSTACK_ENDPOINT",
        "useFipsEndpoint": "set AWS_USE_FIPS_ENDPOINT",
        "customCaBundle": "set AWS_CA_BUNDLE",
        "httpProxy": "set HTTP_PROXY",
        "httpsProxy": "set HTTPS_PROXY",
        "noProxy": "set NO_PROXY",
        "insecure": "set AWS_CA_BUNDLE to the certificates that are to be trusted",
        "ec2MetadataServiceEndpoint": "set AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "ec2MetadataServiceEndpointMode": "set AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        "skipMetadataApiCheck": "set AWS_EC2_METADATA_DISABLED",
        "skipRequestingAccountId": "ARNs need the account, and only stand-ins of AWS have none",
        "s3UsePathStyle": "only stand-ins of S3 need it",
        "s3UsEast1RegionalEndpoint": "the regional address of S3 is used as it is",
    },
    "azure-native": {
        **_LOGINS,
        "subscriptionId": "choose the subscription with `az account set --subscription <id>`",
        "auxiliaryTenantIds": "nothing here spans tenants",
        "disableInstanceDiscovery": _AZURE_CLOUD,
        "useDefaultAzureCredential": "log in with `az login`",
    },
    "azuread": {
        **_LOGINS,
        "clientCertificate": _ARM_CERTIFICATE,
        "clientIdFilePath": _ARM_SECRET,
        "clientSecretFilePath": _ARM_SECRET,
        "adoPipelineServiceConnectionId": _ARM_OIDC,
        "useAksWorkloadIdentity": _ARM_OIDC,
        "useCli": "what `az` is logged in as is used whenever no ARM_ variable names another",
    },
}
"""What to do in place of a key that is refused."""

_OTHERS = {"aws": "kubectl, Helm and the genai commands"} | dict.fromkeys(
    ("azure-native", "azuread"), "`az` and the genai commands"
)
"""Who else asks that cloud, by namespace."""

_NO_EFFECT: Mapping[str, str] = {
    "databricks": "the program reaches the workspace that it makes by a provider of its own",
    "kubernetes": "the program reaches its cluster by a kubeconfig of its own",
    "eks": "the EKS component has no settings",
}


def refusals(keys: Iterable[str], kind: str, stack: str) -> Sequence[str]:
    """A sentence for each full key that this stack of that kind may not set, and for variables that name two users.

    Values are never shown: some are secret.
    """
    problems = [problem for key in keys if (problem := _refusal(key, stack, NAMESPACES[kind]))]
    # The Go SDK under Pulumi reads AWS_PROFILE first, botocore under the `aws` command AWS_DEFAULT_PROFILE.
    first, second = os.environ.get("AWS_PROFILE"), os.environ.get("AWS_DEFAULT_PROFILE")
    if first and second and first != second:
        problems.append(
            f"AWS_PROFILE is {first} and AWS_DEFAULT_PROFILE is {second}: Pulumi would use one, the `aws` command and "
            "so kubectl and Helm the other. Unset AWS_DEFAULT_PROFILE"
        )
    return problems


def _refusal(key: str, stack: str, allowed: Sequence[str]) -> str:
    namespace, _, name = key.partition(":")
    if namespace not in ALLOWED:
        return ""
    take_out = f"take it out (`pulumi config rm -s {stack} {key}`)"
    if namespace not in allowed:
        kinds = [kind for kind, namespaces in NAMESPACES.items() if namespace in namespaces]
        return f"{key} is a setting of stacks of the kind {' or '.join(kinds)}, and this is none: {take_out}"
    if name in ALLOWED[namespace]:
        return ""
    if why := _NO_EFFECT.get(namespace):
        return f"{key} has no effect, {why}: {take_out}"
    if instead := INSTEAD[namespace].get(re.split(r"[.\[]", name)[0]):
        return f"{key} would reach only Pulumi's provider, not {_OTHERS[namespace]}: {take_out}. Instead: {instead}"
    return f"{key} is no setting of that provider that is known here: {take_out}"
