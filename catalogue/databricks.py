"""Azure Databricks: regions with serverless workspaces, and limits of the gateway."""

from __future__ import annotations

SERVERLESS_REGIONS = frozenset(
    {
        "australiaeast",
        "brazilsouth",
        "canadacentral",
        "centralindia",
        "centralus",
        "eastus",
        "eastus2",
        "francecentral",
        "germanywestcentral",
        "japaneast",
        "koreacentral",
        "northcentralus",
        "northeurope",
        "southcentralus",
        "southeastasia",
        "swedencentral",
        "switzerlandnorth",
        "uksouth",
        "westeurope",
        "westus",
        "westus2",
        "westus3",
    }
)
"""Where serverless workspaces are taken to be offered (learn.microsoft.com, "Features with limited regional
availability", Serverless availability; of its rows only francecentral could be read again on 2026-11-29). Whether the
AI Gateway and external models are offered in each of them is not known here: Azure has the last word."""

ENTRA_RESOURCE = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
"""Azure Databricks as a resource of Entra ID, the same in every tenant: what a token for a workspace is asked for
(learn.microsoft.com, "Get Microsoft Entra ID tokens for service principals"; databricks-sql-python, auth/common.py)."""

PAYLOAD_SUFFIX = "_payload"
"""What the gateway appends to the prefix of an inference table (databricks-sdk, InferenceTableConfig)."""

MOST_DESTINATIONS, MOST_FALLBACKS = 10, 5
"""Of one model service (databricks-sdk, ModelServiceConfigRoutingConfig and ModelServiceConfigFallbackConfig)."""


def region_problem(region: str) -> str | None:
    """Say why a serverless workspace cannot be in that Azure region ("eastus2" or "East US 2"); None when it can."""
    if region.replace(" ", "").lower() in SERVERLESS_REGIONS:
        return None
    return (
        f"{region!r} is not known to offer serverless workspaces: set one of {', '.join(sorted(SERVERLESS_REGIONS))}, "
        "or computeMode to Hybrid"
    )
