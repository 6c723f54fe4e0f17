"""Kubernetes, and the dynamic resources of this project: one row for each type with figures of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogue.resource_type import ESTIMATE, Items, ResourceType, Times, iam_actions

_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def gibibytes(quantity: str) -> float:
    """A Kubernetes quantity of bytes ("512Mi") in GiB."""
    for suffix, factor in _BINARY.items():
        if quantity.endswith(suffix):
            return float(quantity.removesuffix(suffix)) * factor / 2**30
    return float(quantity) / 2**30


def _volume_claims(inputs: Mapping[str, Any]) -> Items:
    spec = inputs["spec"]
    for claim in spec.get("volumeClaimTemplates", []):
        yield "EBS gp3 GiB", gibibytes(claim["spec"]["resources"]["requests"]["storage"]) * spec.get("replicas", 1)


def _volume_claim(inputs: Mapping[str, Any]) -> Items:
    yield "EBS gp3 GiB", gibibytes(inputs["spec"]["resources"]["requests"]["storage"])


TYPES: Mapping[str, ResourceType] = {
    "kubernetes:apps/v1:StatefulSet": ResourceType(
        items=_volume_claims, times=Times(create=45, delete=30, source=f"{ESTIMATE}: image, volume, first probe")
    ),
    "kubernetes:batch/v1:Job": ResourceType(
        times=Times(create=30, delete=30, source=f"{ESTIMATE}: image, one short script")
    ),
    "kubernetes:core/v1:Namespace": ResourceType(times=Times(create=1, delete=20, source=ESTIMATE)),
    "kubernetes:core/v1:PersistentVolumeClaim": ResourceType(items=_volume_claim),
    "kubernetes:helm.sh/v3:Release": ResourceType(
        times=Times(
            create=180, delete=45, source=f"{ESTIMATE}: images and first migrations 2 to 4 min, uninstall 0:30 to 1:00"
        )
    ),
    "pulumi-python:dynamic/genai:DrainGate": ResourceType(
        times=Times(create=0, delete=120, source=f"{ESTIMATE}: volumes and nodes follow their pods"),
        actions=iam_actions("eks", "DescribeCluster"),
    ),
    "pulumi-python:dynamic/genai:FirstStart": ResourceType(actions=()),
    "pulumi-python:dynamic/genai:VirtualKey": ResourceType(actions=()),
}
"""By type token."""
