"""Azure API Management: the tiers that the gateway can use, and the regions that offer them."""

from __future__ import annotations

from collections.abc import Mapping

TIERS = ("BasicV2", "StandardV2")
"""Created in minutes, stream answers and limit calls by key (learn.microsoft.com, "API Management v2 tiers")."""

_SLOW = "takes 30 to 45 minutes to create, most of a morning (v2 tiers take a few)"

UNFIT: Mapping[str, str] = {
    # learn.microsoft.com, "Configure API for server-sent events"; "rate-limit-by-key"; "llm-token-limit"; "Backends in
    # API Management" (circuit breaker); "API gateway in Azure API Management" (built-in cache): Consumption has none.
    "Consumption": "cannot stream answers, limit calls or tokens by key, leave out what fails or cache keys",
    # learn.microsoft.com, "Create a new API Management service instance by using PowerShell".
    "Developer": _SLOW,
    "Basic": _SLOW,
    "Standard": _SLOW,
    "Premium": _SLOW,
}
"""The other tiers, each with the reason against it."""

REGIONS = frozenset(
    {
        "australiacentral",
        "australiaeast",
        "australiasoutheast",
        "brazilsouth",
        "canadacentral",
        "canadaeast",
        "centralindia",
        "centralus",
        "eastasia",
        "eastus",
        "eastus2",
        "francecentral",
        "germanywestcentral",
        "italynorth",
        "japaneast",
        "koreacentral",
        "northcentralus",
        "northeurope",
        "norwayeast",
        "southafricanorth",
        "southcentralus",
        "southindia",
        "swedencentral",
        "switzerlandnorth",
        "uaenorth",
        "uksouth",
        "ukwest",
        "westeurope",
        "westus",
        "westus2",
    }
)
"""Where `TIERS` can be created (learn.microsoft.com, "Azure API Management - Availability of v2 tiers and workspace
gateways", 2025-11-11, and Canada East, which came later). Capacity varies; Azure has the last word."""


def tier_problem(tier: str) -> str | None:
    """Say why the gateway cannot be of that tier and what to set instead; None when it can."""
    if tier in TIERS:
        return None
    reason = f"{tier} {UNFIT[tier]}" if tier in UNFIT else f"{tier!r} is no tier this gateway is known to work on"
    return f"{reason}: set one of {', '.join(TIERS)}"


def region_problem(region: str) -> str | None:
    """Say why the gateway cannot be in that Azure region ("eastus2" or "East US 2"); None when it can."""
    if region.replace(" ", "").lower() in REGIONS:
        return None
    return f"{region!r} does not offer {' or '.join(TIERS)}: set one of {', '.join(sorted(REGIONS))}"
