"""Requirements of a recorded program: versions, IAM actions, quotas, charts, images and models."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalogue.prices import NODE_TYPES, PRICES
from ops.model import engine_graph, nodes, timeline, typical_times
from ops.model.recorder import Recording, Resource, plain

RELEASE = "kubernetes:helm.sh/v3:Release"

_IMAGES_OF_CHART: Mapping[str, Sequence[str]] = {
    "litellm": ["ghcr.io/berriai/litellm"],
    "langfuse": ["docker.langfuse.com/langfuse/langfuse", "docker.langfuse.com/langfuse/langfuse-worker"],
}
"""Repositories of the images of a chart (their values.yaml); the tag is in the program's values."""


@dataclass(frozen=True, kw_only=True)
class AwsNeeds:
    """What the AWS day asks of an account. Versions are as the program spells them."""

    types: frozenset[str]
    """Type tokens of resources of AWS, and of what else needs rights there."""
    functions: frozenset[str]
    """Tokens of provider functions."""
    kubernetes_version: str
    aurora_version: str
    cache_version: str
    zones: int
    addresses: int
    security_group_rules: int
    """Of the security group that has most, in one direction."""
    up_seconds: float
    """What `up` of a new stack typically takes."""
    vcpus: int
    """Of the nodes that the pods ask for."""
    bedrock_arns: frozenset[str]
    charts: Sequence[tuple[str, str]]
    """Repository and tag of each."""
    images: Sequence[tuple[str, str]]
    """Repository and tag of each."""
    models: Sequence[Mapping[str, Any]]
    """`litellm_params` of each model that is called with a key or as Bedrock, with its `model_name`."""


def aws_needs(recording: Recording, region: str) -> AwsNeeds:
    """Read them from a run of the program; LookupError when it is not that of an AWS day."""
    resources = engine_graph.engine_resources(recording.resources)
    edges = engine_graph.edges(resources)
    return AwsNeeds(
        types=frozenset(
            resource.type
            for resource in resources
            if resource.custom and resource.type.startswith(("aws:", "pulumi-python:"))
        ),
        functions=frozenset(token for token, _ in recording.invokes),
        kubernetes_version=recording.one("eks:index:Cluster").inputs["version"],
        aurora_version=recording.one("aws:rds/cluster:Cluster").inputs["engineVersion"],
        cache_version=recording.one("aws:elasticache/replicationGroup:ReplicationGroup").inputs["engineVersion"],
        zones=len({subnet.inputs["availabilityZone"] for subnet in recording.of_type("aws:ec2/subnet:Subnet")}),
        addresses=len(recording.of_type("aws:ec2/eip:Eip")),
        security_group_rules=_rules(recording),
        up_seconds=timeline.up(edges, typical_times.create_seconds(resources, edges)).seconds,
        vcpus=_vcpus(resources, region),
        bedrock_arns=frozenset(_bedrock_arns(recording)),
        charts=list(_charts(recording)),
        images=list(_images(recording)),
        models=list(_models(recording)),
    )


def artifacts(recording: Recording) -> list[tuple[str, str]]:
    """Repository and tag of each chart and image; a tag with a digest has it after an @."""
    return [*_charts(recording), *_images(recording)]


def _rules(recording: Recording) -> int:
    groups = Counter(
        (rule.type, str(plain(rule.inputs)["securityGroupId"]))
        for direction in ("Ingress", "Egress")
        for rule in recording.of_type(f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule")
    )
    return max(groups.values(), default=0)


def _vcpus(resources: Sequence[Resource], region: str) -> int:
    asked = [nodes.requests(resource) for resource in resources]
    total = nodes.Requests(cpus=sum(pods.cpus for pods in asked), memory_gib=sum(pods.memory_gib for pods in asked))
    # Where a region has no prices, the nodes of another are as good a guess.
    chosen = nodes.estimate(total, PRICES.get(region, PRICES["us-east-1"]))
    return chosen.count * NODE_TYPES[chosen.type].vcpus if chosen else math.ceil(total.cpus)


def _bedrock_arns(recording: Recording) -> Iterator[str]:
    for policy in recording.of_type("aws:iam/rolePolicy:RolePolicy"):
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            if "bedrock:InvokeModel" in statement["Action"]:
                yield from statement["Resource"]


def _charts(recording: Recording) -> Iterator[tuple[str, str]]:
    for release in recording.of_type(RELEASE):
        yield release.inputs["chart"].removeprefix("oci://"), release.inputs["version"]


def _images(recording: Recording) -> Iterator[tuple[str, str]]:
    for resource in recording.resources:
        inputs = plain(resource.inputs)
        if resource.type == RELEASE:
            chart = inputs["chart"].rpartition("/")[2]
            values = inputs.get("values", {})
            image = values.get("image") or values.get(chart, {}).get("image") or {}
            if "tag" in image:  # else the pinned chart brings its own
                yield from ((repository, image["tag"]) for repository in _IMAGES_OF_CHART[chart])
        elif resource.type in ("kubernetes:apps/v1:StatefulSet", "kubernetes:batch/v1:Job"):
            for container in inputs["spec"]["template"]["spec"]["containers"]:
                repository = container["image"].partition("@")[0].rpartition(":")[0]
                yield repository, container["image"].removeprefix(f"{repository}:")


def _models(recording: Recording) -> Iterator[Mapping[str, Any]]:
    values = plain(recording.one(RELEASE, "litellm").inputs)["values"]
    for model in values["gateway"]["config"]["proxy_config"]["model_list"]:
        if "mock_response" not in model["litellm_params"]:
            yield {"model_name": model["model_name"], **model["litellm_params"]}
