"""Charts, images, engines, APIs and tools: every version that is pinned, until when it is supported, and who says so.

The dates are those that the vendors published by 2026-11-29. `genai plan` and `genai preflight` speak of a version from
`WARNING_DAYS` before its end on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

WARNING_DAYS = 60


@dataclass(frozen=True, kw_only=True)
class Pin:
    """The pinned version of a chart, an image, an engine, an API, a tool or a GitHub Action."""

    name: str
    version: str
    source: str
    """Where the date is from, or where one would be published."""
    instead: str
    """What to do when support ends."""
    ends: date | None = None
    """The first day without support, UTC; None while nobody has published one."""
    digest: str = ""
    """What the version was when it was pinned: of an image sha256:..., of a GitHub Action its commit."""

    @property
    def image(self) -> str:
        """The reference of an image: its tag for people, its digest (where there is one) for the registry."""
        return f"{self.name}:{self.version}{'@' if self.digest else ''}{self.digest}"

    def supported(self, today: date) -> bool:
        """Whether that day is before the end."""
        return self.ends is None or today < self.ends

    def warning(self, today: date) -> str:
        """What to say of it that day: empty unless its support is over or ends in 60 days or less."""
        if self.ends is None or (days := (self.ends - today).days) > WARNING_DAYS:
            return ""
        if not self.supported(today):
            return f"support of {self.name} {self.version} ended on {self.ends}"
        return f"support of {self.name} {self.version} ends on {self.ends}, in {days} day{'s' * (days != 1)}"


LITELLM_CHART = Pin(
    name="oci://ghcr.io/berriai/litellm/chart/litellm",
    version="1.0.0",
    # The chart of the current documentation; the older `litellm-helm` runs its migrations beside the pods
    # (litellm#36938).
    source="docs.litellm.ai/docs/proxy/deploy/helm",
    instead="pin a later chart",
)
LITELLM_IMAGE = Pin(
    name="ghcr.io/berriai/litellm",
    version="v1.108.14",
    # A line of long-term support ("1.108.14 (LTS)", github.com/BerriAI/litellm/releases) without a published end; the
    # tag `lts` moves. No digest was found in public documentation.
    source="docs.litellm.ai/docs/enterprise/version_support",
    instead="set litellmImageTag to a later patch of a supported line",
)
LANGFUSE_CHART = Pin(
    name="oci://ghcr.io/langfuse/langfuse-k8s/charts/langfuse",
    version="2.0.3",
    # 2.0.0 fails at its second upgrade when all secrets are referenced (langfuse-k8s#398).
    source="github.com/langfuse/langfuse-k8s",
    instead="pin a later chart",
)
LANGFUSE_IMAGE = Pin(
    name="docker.langfuse.com/langfuse/langfuse",
    version="4.66.0",
    # The chart alone brings 4.24; the Python SDK v5 needs a server from 4.59 on (langfuse.com/docs/compatibility). No
    # digest was found in public documentation.
    source="langfuse.com/self-hosting/upgrade",
    instead="set langfuseImageTag to a later version",
)
CLICKHOUSE_IMAGE = Pin(
    name="docker.io/clickhouse/clickhouse-server",
    version="26.8.20.9",
    # Langfuse 4 needs 25.12 or newer and wants a release that still gets security patches
    # (langfuse.com/resources/engineering/clickhouse-for-self-hosted-langfuse): of such releases this is the long-term
    # one, a year from 2026-08-27 on. 26.4, which its chart names, was a stable release of three months.
    ends=date(2027, 8, 27),
    digest="sha256:9b61e3c635c04ad5bb521eb4f6e61ce7585b5580814e51c25bb9e8292ce43364",
    source="clickhouse.com/docs/faq/operations/production",
    instead="pin the next long-term release",
)
POSTGRES_IMAGE = Pin(
    name="docker.io/library/postgres",
    version="17.7-alpine",  # psql of the server's own minor: Aurora 17.7
    ends=date(2029, 11, 8),
    digest="sha256:bb377b7239d2774ac8cc76f481596ce96c5a6b5e9d141f6d0a0ee371a6e7c0f2",
    source="postgresql.org/support/versioning",
    instead="pin the image of a later major version",
)

_EKS_CALENDAR = "docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html"
KUBERNETES: Mapping[str, Pin] = {
    version: Pin(
        name="Kubernetes",
        version=version,
        ends=ends,
        source=_EKS_CALENDAR,
        instead="set kubernetesVersion to a later one: extended support costs six times as much",
    )
    for version, ends in {
        "1.33": date(2026, 7, 29),
        "1.34": date(2026, 12, 2),
        "1.35": date(2027, 3, 27),
        "1.36": date(2027, 8, 2),
    }.items()
}
"""What EKS runs at the standard price, by major.minor. A version that is not here is not known to be supported."""
KUBERNETES_VERSION = "1.35"
"""The default."""

AURORA: Mapping[str, Pin] = {
    # "At least until community end of life" (Aurora user guide, "Aurora major versions").
    major: Pin(
        name="Aurora PostgreSQL",
        version=major,
        ends=ends,
        source="postgresql.org/support/versioning",
        instead="set auroraVersion to one of a later major version",
    )
    for major, ends in {"16": date(2028, 11, 9), "17": date(2029, 11, 8)}.items()
}
"""By major version."""
AURORA_OFFERED = ("16.8", "16.9", "16.10", "16.11", "17.4", "17.5", "17.6", "17.7")
"""What AWS has of these, in order ("Release calendar for Aurora PostgreSQL" in its release notes)."""
AURORA_VERSION = "17.7"
"""The default, a long-term support minor."""
VALKEY = Pin(
    name="Valkey",
    version="8.0",
    source="docs.aws.amazon.com/AmazonElastiCache/latest/dg/engine-versions.html",
    instead="pin a later version",
)

_KEY_VAULT_RETIREMENT = "learn.microsoft.com/azure/key-vault/general/migrate-api-version"
"""All versions of the control plane before 2026-02-01 end; the data plane is not touched."""


def _api(name: str, version: str) -> Pin:
    return Pin(
        name=name,
        version=version,
        source="learn.microsoft.com/rest/api/azure",
        instead="pin a later version of the API",
    )


RESOURCE_GROUPS_API = _api("Microsoft.Resources/resourceGroups", "2021-04-01")
SUBSCRIPTIONS_API = _api("Microsoft.Resources/subscriptions", "2022-12-01")
PROVIDERS_API = _api("Microsoft.Resources/providers", "2021-04-01")
PERMISSIONS_API = _api("Microsoft.Authorization/permissions", "2022-04-01")
API_MANAGEMENT_API = _api("Microsoft.ApiManagement", "2024-05-01")
LANGUAGE_MODEL_LOGS_API = _api("Microsoft.ApiManagement/service/apis/diagnostics", "2024-06-01-preview")
API_MANAGEMENT_DEBUG_API = _api("Microsoft.ApiManagement/service/gateways", "2023-05-01-preview")
KEY_VAULT_API = _api("Microsoft.KeyVault", "2026-02-01")
KEY_VAULT_SECRETS_API = _api("Key Vault secrets", "7.4")
DATABRICKS_API = _api("Microsoft.Databricks", "2026-01-01")
COGNITIVE_SERVICES_API = _api("Microsoft.CognitiveServices", "2024-10-01")
ROLE_ASSIGNMENTS_API = _api("Microsoft.Authorization/roleAssignments", "2022-04-01")
REDIS_ENTERPRISE_API = _api("Microsoft.Cache/redisEnterprise", "2025-07-01")
AZURE_OPENAI_API = _api("Azure OpenAI", "2024-10-21")
ANTHROPIC_API = Pin(
    name="Anthropic",
    version="2023-06-01",
    source="docs.anthropic.com/en/api/versioning",
    instead="pin a later version of the API",
)
AZURE_APIS = (
    RESOURCE_GROUPS_API,
    SUBSCRIPTIONS_API,
    PROVIDERS_API,
    PERMISSIONS_API,
    API_MANAGEMENT_API,
    LANGUAGE_MODEL_LOGS_API,
    API_MANAGEMENT_DEBUG_API,
    KEY_VAULT_API,
    KEY_VAULT_SECRETS_API,
    DATABRICKS_API,
    COGNITIVE_SERVICES_API,
    ROLE_ASSIGNMENTS_API,
    REDIS_ENTERPRISE_API,
)
"""What the commands, the policy, the template and the documentation of the stacks in Azure ask by themselves."""


def _native(token: str, version: str, ends: date | None = None) -> Pin:
    # A Python program cannot ask for another one: the SDK holds one version of each type. `pulumi package add` makes a
    # package of its own for another, which needs the provider's plugin where it is made.
    return Pin(
        name=token,
        version=version,
        ends=ends,
        source=_KEY_VAULT_RETIREMENT if ends else "the SDK's own documentation of the type",
        instead="update pulumi-azure-native (make lock) to a release that brings a later version",
    )


AZURE_NATIVE: Mapping[str, Pin] = {
    f"azure-native:{kind}": _native(f"azure-native:{kind}", version)
    for kind, version in {
        **{
            f"apimanagement:{name}": "2024-05-01"
            for name in (
                "Api",
                "ApiDiagnostic",
                "ApiManagementService",
                "ApiOperation",
                "ApiPolicy",
                "Backend",
                "Cache",
                "Diagnostic",
                "Logger",
                "NamedValue",
            )
        },
        "applicationinsights:Component": "2020-02-02",
        "applicationinsights:Workbook": "2023-06-01",
        "authorization:RoleAssignment": "2022-04-01",
        "databricks:AccessConnector": "2026-01-01",
        "databricks:Workspace": "2026-01-01",
        "managedidentity:UserAssignedIdentity": "2023-01-31",
        "monitor:DiagnosticSetting": "2021-05-01-preview",
        "operationalinsights:SavedSearch": "2023-09-01",
        "operationalinsights:Workspace": "2023-09-01",
        "redisenterprise:Database": "2025-07-01",
        "redisenterprise:RedisEnterprise": "2025-07-01",
        "resources:Deployment": "2024-03-01",
        "resources:ResourceGroup": "2024-03-01",
        "storage:BlobContainer": "2024-01-01",
        "storage:StorageAccount": "2024-01-01",
    }.items()
} | {
    token: _native(token, "2024-11-01", ends=date(2027, 2, 27))
    for token in ("azure-native:keyvault:Secret", "azure-native:keyvault:Vault")
}
"""The version of its API that pulumi-azure-native calls for each type."""

PULUMI = Pin(
    name="Pulumi CLI",
    version="3.258.0",
    source="github.com/pulumi/pulumi/releases",
    instead="pin a later version in .github/workflows",
)
PYTHON: Mapping[str, Pin] = {
    version: Pin(
        name="Python",
        version=version,
        ends=ends,
        source="devguide.python.org/versions",
        instead="use a later Python: make clean setup PYTHON=python3.13",
    )
    for version, ends in {"3.11": date(2027, 11, 1), "3.12": date(2028, 11, 1), "3.13": date(2029, 11, 1)}.items()
}
"""By major.minor; each gets security fixes until the end of an October."""
ACTIONS: Mapping[str, Pin] = {
    # All run on Node 24. GitHub took Node 20 off its runners on 2026-09-16, so nothing older belongs here.
    name: Pin(
        name=name,
        version=version,
        digest=commit,
        source="github.blog/changelog/2025-09-19-deprecation-of-node-20-on-github-actions-runners",
        instead="pin a later release in .github/workflows",
    )
    for name, version, commit in (
        ("actions/checkout", "v6.0.2", "de0fac2e4500dabe0009e67214ff5f5447ce83dd"),
        ("actions/setup-python", "v6.2.0", "a309ff8b426b58ec0e2a45f0f869d46889d02405"),
        ("pulumi/actions", "v7.0.0", "8e5e406f4007fca908480587cb9893c07090f58d"),
        ("aws-actions/configure-aws-credentials", "v6.2.3", "e6de054238d6b7531b4efff3b6587d9aade6a06c"),
        ("azure/login", "v3.0.1", "f5d393ae46f8fde4be8b75f32e3fc50e654ad0ca"),
    )
}
"""By repository."""
