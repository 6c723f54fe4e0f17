"""CrossGuard rules about versions: pinned, and in standard support."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from catalogue.pins import KUBERNETES
from policies.guardrails.rule import known, mappings, resource_rule
from policies.guardrails.workloads import POD_SPECS, containers

_COMPONENT, _CLUSTER = "eks:index:Cluster", "aws:eks/cluster:Cluster"
_RELEASE, _CHART = "kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Chart"


@resource_rule(_COMPONENT, _CLUSTER)
def cluster_versions_are_in_standard_support(cluster: ResourceValidationArgs) -> Iterator[str]:
    """EKS costs six times as much in extended support, and slides into it unless the upgrade policy is STANDARD."""
    if not cluster.props:  # in the engine pulumi-eks may register its component without inputs; the cluster has them
        return
    today = datetime.datetime.now(datetime.UTC).date()
    version = cluster.props.get("version") or "left open"
    supported = [name for name, pin in KUBERNETES.items() if pin.supported(today)]
    if version not in supported:
        yield f"the Kubernetes version is {version}: set version to one in standard support, {', '.join(supported)}"
    if known(cluster.props, "upgradePolicy", "supportType") != "STANDARD":
        yield "the cluster may slide into extended support: set upgradePolicy.supportType to STANDARD"


@resource_rule(*POD_SPECS)
def images_of_pods_are_pinned(workload: ResourceValidationArgs) -> Iterator[str]:
    """An image has a tag with major and minor version, or a digest."""
    for container in containers(workload):
        image = container["image"]
        if not _pinned(image):
            yield f"the image {image} may be another one tomorrow: give it a version as its tag, or a digest"


@resource_rule(_RELEASE)
def images_of_charts_are_pinned(release: ResourceValidationArgs) -> Iterator[str]:
    """An image tag set in Helm values is a version; without one the pinned chart brings its own."""
    for name, settings in mappings(known(release.props, "values")):
        image = known(settings, "image")
        tag = known(settings, "tag") if name.lower().endswith("image") else None
        if isinstance(image, str) and not _pinned(image):
            yield f"the image {image} may be another one tomorrow: give it a version as its tag, or a digest"
        elif tag is not None and not _pinned(f"image:{tag}"):
            yield f"the image tag {tag} may be another image tomorrow: set {name}.tag to a version"


@resource_rule(_RELEASE, _CHART)
def charts_are_pinned(chart: ResourceValidationArgs) -> Iterator[str]:
    """A chart has an exact version, no range and no latest."""
    version = chart.props.get("version") or "left open"
    if not re.fullmatch(r"v?\d+\.\d+\.\d+([-+][\w.+-]+)?", version):
        yield f"the chart's version is {version}: set version to an exact one such as 1.2.3"


def _pinned(image: str) -> bool:
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return bool(digest) or ("latest" not in tag and re.search(r"\d+\.\d+", tag) is not None)
