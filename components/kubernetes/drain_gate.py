"""Pulumi dynamic resource: at destroy it holds the EKS cluster until no volume or node is left that would stay behind.

Pulumi deletes a PersistentVolumeClaim in a moment, but its EBS volume and the pods' nodes go minutes later. Delete the
cluster before them and AWS keeps the volumes (eksctl#274), and the cluster's security group, which then blocks the VPC
(aws/aws-k8s-tester#541). A dynamic resource sees to it under plain `pulumi destroy`; hooks would need `--run-program`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from components.kubernetes.cluster_api import GONE, ApiRefusedError, ClusterApi, eks_status

SYSTEM_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})

ADDED_BY_HAND = {
    "Namespace": "/api/v1/namespaces",
    "CronJob": "/apis/batch/v1/cronjobs",
    "Job": "/apis/batch/v1/jobs",
    "Deployment": "/apis/apps/v1/deployments",
    "StatefulSet": "/apis/apps/v1/statefulsets",
    "Pod": "/api/v1/pods",
    "Ingress": "/apis/networking.k8s.io/v1/ingresses",
    "Service": "/api/v1/services",
    "PersistentVolumeClaim": "/api/v1/persistentvolumeclaims",
}
"""What holds a load balancer, a volume or a node. A pod does: while it runs its claim stays
(`kubernetes.io/pvc-protection`), and when it is evicted its controller's next one gets a new node from Karpenter."""


@dataclass(frozen=True, kw_only=True)
class DrainGateArgs:
    """Inputs of `DrainGate`: how `destroy` will reach the cluster, long after the program ran.

    `kubeconfig` is JSON, `namespace` the platform's own.
    """

    cluster_name: pulumi.Input[str]
    region: pulumi.Input[str]
    kubeconfig: pulumi.Input[str]
    namespace: pulumi.Input[str]


class DrainError(Exception):
    """The cluster must not be deleted yet; the message says what remains and what to do."""


class DrainGateProvider(ResourceProvider):
    """Remembers at `up` how to reach the cluster; empties it at `destroy`.

    Pulumi's state refers to this class by module and name: rename neither, and keep no state in `self`.
    """

    time_limit = 11 * 60.0  # seconds of waiting; with the last look at the cluster, delete ends within 12 minutes
    polling_interval = 5.0  # seconds

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Remember the inputs."""
        return CreateResult(props["cluster_name"], dict(props))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Replace the gate with its cluster, update it when delete would need something else, ignore our own code."""
        changed = [field.name for field in fields(DrainGateArgs) if _olds.get(field.name) != _news.get(field.name)]
        return DiffResult(changes=bool(changed), replaces=[name for name in changed if name == "cluster_name"])

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Remember the new inputs."""
        return UpdateResult(dict(_news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Empty the cluster, or raise `DrainError` within 12 minutes. A cluster that is gone is empty."""
        name = _props["cluster_name"]
        try:
            status = eks_status(name, _props["region"])
        except ConnectionError as error:
            raise DrainError(
                f"EKS does not say whether cluster {name} still exists in {_props['region']} ({error}). Run the "
                "same `pulumi destroy` again with credentials of its account that allow eks:DescribeCluster."
            ) from None
        if status in GONE:
            return
        try:
            self._drain(name, ClusterApi(_props["kubeconfig"]), _props["namespace"])
        except ConnectionError as error:
            raise DrainError(
                f"EKS says that cluster {name} is {status}, but its API cannot be used ({error}), so its volumes and "
                "nodes cannot be removed before it. Run the same `pulumi destroy` again from where the API answers; "
                "only once EKS says that the cluster is gone is there nothing to do here."
            ) from None
        except ApiRefusedError as error:
            raise DrainError(
                f"The API of cluster {name} refuses to be emptied ({error}). Run the same `pulumi destroy` again with "
                "the `aws` CLI on PATH and the AWS identity that made the stack, or give yours "
                "AmazonEKSClusterAdminPolicy."
            ) from None

    def _drain(self, name: str, api: ClusterApi, namespace: str) -> None:
        if any(item["metadata"]["name"] == namespace for item in api.items(ADDED_BY_HAND["Namespace"])):
            raise DrainError(
                f"Namespace {namespace} is still in cluster {name}, so the platform still runs. Delete it with "
                f"`kubectl delete namespace {namespace}`, then run the same `pulumi destroy` again."
            )
        deadline = time.monotonic() + self.time_limit
        for find_remaining, advice in (
            (_remove_what_was_added_by_hand, "`kubectl describe` shows which finalizer or controller holds them"),
            (_volumes, "Delete those whose reclaim policy is Retain, and their EBS volumes; others only need time"),
            (_remove_nodes, "`kubectl get pods --all-namespaces --output wide` shows what keeps them"),
        ):
            remaining = self._wait(name, api, find_remaining, deadline)
            if remaining:
                raise DrainError(
                    f"Cluster {name} still has {', '.join(remaining)} after {self.time_limit / 60:g} minutes. "
                    f"{advice}. Then run the same `pulumi destroy` again."
                )

    def _wait(
        self, name: str, api: ClusterApi, find_remaining: Callable[[ClusterApi], list[str]], deadline: float
    ) -> list[str]:
        """Call `find_remaining` until it returns nothing or the time is up; return what remains."""
        reported: list[str] = []
        while True:
            late = time.monotonic() >= deadline
            try:
                remaining = find_remaining(api)
            except ConnectionError:  # one lost answer is no reason to give up the destroy
                if late:
                    raise
            else:
                if late or not remaining:
                    return remaining
                if remaining != reported:
                    pulumi.log.info(f"cluster {name}: waiting for {', '.join(remaining)} to go")
                    reported = remaining
            time.sleep(self.polling_interval)


class DrainGate(Resource, module="genai", name="DrainGate"):
    """Depend on it with whatever has a pod, a volume or a load balancer in the cluster."""

    def __init__(self, name: str, args: DrainGateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register the gate; see `DrainGateArgs`."""
        super().__init__(DrainGateProvider(), name, dict(vars(args)), opts)


def _label(kind: str, item: dict[str, Any]) -> str:
    return f"{kind} " + "/".join(item["metadata"][part] for part in ("namespace", "name") if part in item["metadata"])


def _remove_what_was_added_by_hand(api: ClusterApi) -> list[str]:
    remaining = []
    for kind, path in ADDED_BY_HAND.items():
        for item in api.items(path):
            if (
                (kind == "Namespace" and item["metadata"]["name"] in SYSTEM_NAMESPACES)
                or (kind == "Service" and item["spec"].get("type") != "LoadBalancer")
                or (kind == "Pod" and "ownerReferences" in item["metadata"])
            ):
                continue
            api.delete(path, item)
            remaining.append(_label(kind, item))
    return remaining


def _volumes(api: ClusterApi) -> list[str]:
    return [_label("PersistentVolume", item) for item in api.items("/api/v1/persistentvolumes")]


def _remove_nodes(api: ClusterApi) -> list[str]:
    """Delete NodeClaims, for consolidation takes its time; name them and the Nodes until both are gone."""
    path = "/apis/karpenter.sh/v1/nodeclaims"
    remaining = [_label("Node", item) for item in api.items("/api/v1/nodes")]
    for item in api.items(path):
        api.delete(path, item)
        remaining.append(_label("NodeClaim", item))
    return remaining
