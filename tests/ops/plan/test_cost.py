"""The bill is the sum of priced items; what has no price is listed, never guessed."""

from __future__ import annotations

import functools
import re

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as kubernetes
import pytest

from catalogue.price import Price, UsagePrice
from catalogue.prices import PRICES, USAGE_PRICES
from ops.model import nodes
from ops.model.cost import Cost, amount, cost, number
from ops.model.engine_graph import engine_resources
from ops.model.recorder import record
from tests import azure_program
from tests.ops.plan import sample


@functools.cache
def sample_cost(region: str = "us-east-1") -> Cost:
    return cost(engine_resources(record(sample.program).resources), region)


def quantities(bill: Cost) -> dict[tuple[str, str], float]:
    return {(line.component, line.item): line.quantity for line in bill.lines}


def test_each_billable_thing_is_counted_for_its_component() -> None:
    assert quantities(sample_cost()) == {
        ("network", "public IPv4 address"): 3,  # the NAT gateway's, and one in each zone of the load balancer
        ("network", "NAT gateway"): 1,
        ("network", "application load balancer"): 1,
        ("platform", "EKS cluster"): 1,
        ("platform", "Auto Mode node r5.large, for pods that ask for 1.5 CPUs and 8 GiB"): 1,
        ("platform", "EBS gp3 GiB"): 80,
        ("stores", "Aurora PostgreSQL ACU"): 0.5,
        ("stores", "Valkey cache.t4g.small"): 2,
        ("workloads", "EBS gp3 GiB"): 20,
    }


def test_the_day_costs_the_sum_by_hand() -> None:
    ipv4, nat, alb, eks_hour, aurora, cache = 3 * 0.005, 0.045, 0.0225, 0.10, 0.5 * 0.12, 2 * 0.0256
    node = 0.126 + 0.01512  # r5.large and 12 % for Auto Mode
    disks = 100 * 0.08 / 730
    hour = ipv4 + nat + alb + eks_hour + aurora + cache + node + disks
    assert sample_cost().usd_per_hour == pytest.approx(hour)
    assert sample_cost().usd_per_day == pytest.approx(8 * hour)
    assert sample_cost().unpriced == ()


def test_an_item_without_a_price_in_the_region_is_listed_and_not_in_the_sum() -> None:
    bill = sample_cost("ap-northeast-3")
    assert "Valkey cache.t4g.small of stores in ap-northeast-3" in bill.unpriced
    assert not any(line.item.startswith("Valkey") for line in bill.lines)


def test_a_region_without_prices_lists_everything_and_its_cost_is_unknown() -> None:
    bill = sample_cost("sa-east-1")
    assert bill.lines == ()
    assert "EKS cluster of platform in sa-east-1" in bill.unpriced
    assert "nodes for 1.5 CPUs and 8 GiB of platform in sa-east-1" in bill.unpriced
    assert bill.per_hour == "cost unknown (no price in sa-east-1 is known)"
    assert {usage.price for usage in bill.usage} == {None}


@pytest.mark.parametrize(
    ("usd", "unpriced", "words", "data"),
    [
        (1.5, [], "1.50 USD", 1.5),
        (0, [], "0.00 USD", 0),
        (1.5, ["x"], "at least 1.50 USD", 1.5),
        (0, ["x"], "unknown", None),
        (0.001, ["x"], "unknown", 0.001),
    ],
)
def test_a_sum_with_a_price_that_is_not_known_never_reads_as_nothing(
    usd: float, unpriced: list[str], words: str, data: float | None
) -> None:
    assert amount(usd, unpriced) == words
    assert number(usd, unpriced) == data


def test_a_type_that_the_table_does_not_know_is_unpriced() -> None:
    def program() -> None:
        aws.kms.Key("key")
        aws.ec2.VpcEndpoint("private", vpc_id="vpc-1", service_name="sts", vpc_endpoint_type="Interface")
        aws.ec2.VpcEndpoint("free", vpc_id="vpc-1", service_name="s3", vpc_endpoint_type="Gateway")
        cluster = aws.rds.Cluster("database", engine=aws.rds.EngineType.AURORA_POSTGRESQL)
        aws.rds.ClusterInstance(
            "big",
            cluster_identifier=cluster.id,
            instance_class="db.r6g.large",
            engine=aws.rds.EngineType.AURORA_POSTGRESQL,
        )

    assert cost(record(program).resources, "us-east-1").unpriced == (
        "Aurora db.r6g.large of big in us-east-1",
        "Interface endpoint of private in us-east-1",
        "aws:kms/key:Key of key in us-east-1",
    )


def test_the_pods_of_an_unknown_chart_are_not_guessed() -> None:
    def program() -> None:
        cluster = eks.Cluster("cluster", opts=pulumi.ResourceOptions())
        provider = kubernetes.Provider("provider", kubeconfig=cluster.kubeconfig_json)
        kubernetes.helm.v3.Release(
            "grafana", name="grafana", chart="oci://x/grafana", opts=pulumi.ResourceOptions(provider=provider)
        )

    bill = cost(engine_resources(record(program).resources), "us-east-1")
    assert bill.unpriced == ("the pods of chart grafana of grafana in us-east-1",)


def test_langfuse_runs_web_and_worker_with_the_shared_resources() -> None:
    values = {"langfuse": {"replicas": 2, "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}, "web": {}}}

    def program() -> None:
        kubernetes.helm.v3.Release("langfuse", name="langfuse", chart="oci://x/charts/langfuse", values=values)

    (release,) = record(program).of_type("kubernetes:helm.sh/v3:Release")
    assert nodes.requests(release) == nodes.Requests(cpus=2, memory_gib=4)


def test_the_cheapest_nodes_that_hold_the_pods_are_chosen() -> None:
    prices = PRICES["us-east-1"]

    def chosen(cpus: float, memory_gib: float) -> tuple[int, str]:
        found = nodes.estimate(nodes.Requests(cpus=cpus, memory_gib=memory_gib), prices)
        assert found
        return found.count, found.type

    assert chosen(1, 1) == (1, "c6a.large")
    assert chosen(1.5, 5) == (1, "m5a.large")
    assert chosen(3.5, 10) == (1, "m5a.xlarge")
    assert chosen(5, 20)[0] > 1


def test_what_is_paid_by_use_is_named_and_not_counted() -> None:
    by_use = {usage.item for usage in sample_cost().usage}
    assert {"NAT gateway data", "S3 storage", "transfer to the internet"} <= by_use
    assert not by_use & {line.item for line in sample_cost().lines}


def test_every_price_has_a_source_and_a_date() -> None:
    figures: list[Price | UsagePrice] = [price for table in PRICES.values() for price in table.values()]
    figures += [price for table in USAGE_PRICES.values() for price in table.values()]
    assert all(re.fullmatch(r"20\d\d-\d\d(-\d\d)?", figure.date) for figure in figures)
    publishers = r"AWS|Azure Retail Prices|\w[\w-]*/[\w.-]+|[\w-]+(\.[\w-]+)+"
    assert all(re.search(publishers, figure.source) and "not named" not in figure.source for figure in figures)


def test_tokens_are_paid_by_use_where_the_gateway_serves_models() -> None:
    usage = {usage.item for usage in cost(azure_program.with_models().resources, "eastus2").usage}
    assert usage >= {"tokens of Azure OpenAI", "tokens of Gemini"}
    without = {usage.item for usage in cost(azure_program.recorded().resources, "eastus2").usage}
    assert usage - without == {"tokens of Azure OpenAI", "tokens of Gemini"}
