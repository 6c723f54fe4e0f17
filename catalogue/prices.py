"""On-demand prices in USD without tax, of AWS and Azure, with the source and the date of each figure.

What is not here is unpriced: a price of another region or size is never taken in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalogue import aws_prices, azure_prices
from catalogue.price import Price, UsagePrice


@dataclass(frozen=True, kw_only=True)
class NodeType:
    """An EC2 instance type that Auto Mode's general-purpose pool may start."""

    vcpus: int
    memory_gib: int


NODE_TYPES: Mapping[str, NodeType] = {
    "c6a.large": NodeType(vcpus=2, memory_gib=4),
    "c6a.xlarge": NodeType(vcpus=4, memory_gib=8),
    "m5.large": NodeType(vcpus=2, memory_gib=8),
    "m5.xlarge": NodeType(vcpus=4, memory_gib=16),
    "m5a.large": NodeType(vcpus=2, memory_gib=8),
    "m5a.xlarge": NodeType(vcpus=4, memory_gib=16),
    "m6a.large": NodeType(vcpus=2, memory_gib=8),
    "m6a.xlarge": NodeType(vcpus=4, memory_gib=16),
    "r5.large": NodeType(vcpus=2, memory_gib=16),
    "r5.xlarge": NodeType(vcpus=4, memory_gib=32),
}
"""The cheap ones that were seen in such pools (EKS Workshop, "Auto Mode": c6a.large and m5a.large), and m5, which
regions without AMD instances have (Osaka)."""

AUTO_MODE_FEE = 0.12
"""EKS Auto Mode adds 12 % of the on-demand price (AWS price list of 2026-09-29: m7i.large 0.01210 on 0.1008)."""

PRICES: Mapping[str, Mapping[str, Price]] = {**aws_prices.PRICES, **azure_prices.PRICES}
"""By region and item."""

USAGE_PRICES: Mapping[str, Mapping[str, UsagePrice]] = {**aws_prices.USAGE_PRICES, **azure_prices.USAGE_PRICES}
"""By region and item; the items are named by the rows of the catalogue."""
