"""CrossGuard rules about Kubernetes workloads: resource requests, encrypted volumes, no load balancer of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import ResourceValidationArgs

from policies.guardrails.rule import known, mappings, resource_rule

_RELEASE = "kubernetes:helm.sh/v3:Release"
_SERVICE, _INGRESS = "kubernetes:core/v1:Service", "kubernetes:networking.k8s.io/v1:Ingress"
_TEMPLATE = ("spec", "template", "spec")
POD_SPECS: Mapping[str, tuple[str, ...]] = {
    "kubernetes:core/v1:Pod": ("spec",),
    "kubernetes:apps/v1:DaemonSet": _TEMPLATE,
    "kubernetes:apps/v1:Deployment": _TEMPLATE,
    "kubernetes:apps/v1:StatefulSet": _TEMPLATE,
    "kubernetes:batch/v1:CronJob": ("spec", "jobTemplate", *_TEMPLATE),
    "kubernetes:batch/v1:Job": _TEMPLATE,
}
"""Where each kind of workload keeps the specification of its pods."""


def containers(workload: ResourceValidationArgs) -> Iterator[Mapping[str, Any]]:
    """The containers of a workload's pods, those that prepare included."""
    pod = known(workload.props, *POD_SPECS[workload.resource_type])
    for key in ("initContainers", "containers"):
        yield from known(pod, key) or ()


@resource_rule(*POD_SPECS)
def containers_state_their_resources(workload: ResourceValidationArgs) -> Iterator[str]:
    """Auto Mode sizes nodes by requests; without a memory limit one pod may end its neighbours."""
    for container in containers(workload):
        missing = [
            ".".join(path)
            for path in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))
            if path[1] not in set(known(container, "resources", path[0]) or ())
        ]
        if missing:
            yield f"the container {container['name']} states no {', '.join(missing)}: set them under resources"


@resource_rule("kubernetes:storage.k8s.io/v1:StorageClass")
def volumes_are_encrypted(storage_class: ResourceValidationArgs) -> Iterator[str]:
    """Disks are encrypted whatever the account's default is."""
    if known(storage_class.props, "parameters", "encrypted") != "true":
        yield 'the disks may be plain: set parameters.encrypted to "true"'


@resource_rule(_SERVICE, _INGRESS, _RELEASE)
def load_balancers_belong_to_pulumi(resource: ResourceValidationArgs) -> Iterator[str]:
    """A load balancer that a controller in the cluster makes is open to the world, and may outlive the cluster."""
    instead = "bind the Service to a target group of the load balancer instead (TargetGroupBinding)"
    if resource.resource_type == _INGRESS:
        yield f"an Ingress makes a load balancer of its own: {instead}"
    elif resource.resource_type == _SERVICE:
        if known(resource.props, "spec", "type") == "LoadBalancer":
            yield f"the Service makes a load balancer of its own: {instead}"
    else:
        for name, settings in mappings(known(resource.props, "values")):
            if name == "ingress" and known(settings, "enabled"):
                yield f"the chart makes an Ingress: set ingress.enabled to false; {instead}"
            elif name == "service" and known(settings, "type") == "LoadBalancer":
                yield f"the chart makes a load balancer of its own: leave service.type at ClusterIP; {instead}"
