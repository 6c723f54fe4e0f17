"""Simulated EKS clusters: their objects, and the AWS resources that the objects lead to."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catalogue.resource_types import times
from ops.model.typical_times import NODE_START
from rehearsal.aws.access import cluster_group
from rehearsal.aws.account import Account
from rehearsal.kubernetes.charts import CHARTS
from rehearsal.kubernetes.kinds import BINDING, JOB, KINDS, RELEASE, STATEFUL_SET, path_of
from rehearsal.operations import Operations
from rehearsal.package import Properties, RefusedError

PODS = frozenset({STATEFUL_SET, JOB, RELEASE})
"""Types whose objects have pods. Those of a Job end with it."""
_DRAIN = times("pulumi-python:dynamic/genai:DrainGate").delete
_NODE, _CLAIM = "/api/v1/nodes", "/apis/karpenter.sh/v1/nodeclaims"
_VOLUME = "/api/v1/persistentvolumes"


@dataclass(kw_only=True)
class SimulatedCluster:
    """One cluster as its API server shows it."""

    name: str
    version: str
    """Of Kubernetes, major.minor."""
    subnet_ids: list[str]
    group_id: str
    objects: dict[str, Properties] = field(default_factory=dict)
    """By path of the API."""
    pods: set[str] = field(default_factory=set)
    """Paths of objects that keep a node busy."""
    volumes: dict[str, str] = field(default_factory=dict)
    """EBS volume by the path of its PersistentVolume."""
    due: dict[str, float] = field(default_factory=dict)
    """When an object goes that was told to (`time.monotonic`), by path."""
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    """LiteLLM's virtual keys by secret."""
    instance_id: str = ""
    node_ready: float | None = None


class Clusters:
    """All methods but `node_wait` are called with the lock of `operations` held."""

    def __init__(self, account: Account, operations: Operations) -> None:
        self.account, self.operations = account, operations
        self.by_name: dict[str, SimulatedCluster] = {}

    def open(self, name: str, inputs: Properties) -> None:
        """EKS made a cluster."""
        self.by_name[name] = SimulatedCluster(
            name=name,
            version=inputs["version"],
            subnet_ids=inputs["vpcConfig"]["subnetIds"],
            group_id=cluster_group(self.account, name),
        )

    def close(self, name: str) -> None:
        """EKS removed it: Auto Mode ends the nodes afterwards, volumes nobody."""
        cluster = self.by_name.pop(name, None)
        if cluster and cluster.instance_id:
            self._end_node(cluster)

    def node_wait(self, cluster: SimulatedCluster) -> float:
        """Seconds until a pod that is created now finds a node; the first one makes Auto Mode start it."""
        with self.operations.lock:
            if cluster.node_ready is None:
                cluster.node_ready = time.monotonic() + NODE_START.create * self.operations.scale
            return max(0.0, cluster.node_ready - time.monotonic())

    def put(self, cluster: SimulatedCluster, type_token: str, path: str, inputs: Properties) -> None:
        """Create an object, and what its controllers make of it."""
        if type_token == BINDING:
            self._bind(cluster, inputs)
        if type_token in PODS:
            self._node(cluster)
            if type_token != JOB:
                cluster.pods.add(path)
        if type_token == STATEFUL_SET:
            self._claim(cluster, inputs)
        cluster.objects[path] = {**inputs, "metadata": {**inputs.get("metadata", {})}}

    def remove(self, cluster: SimulatedCluster, type_token: str, path: str) -> None:
        """Delete an object and all below it: a namespace takes its content along, a StatefulSet its claims."""
        gone = [below for below in cluster.objects if below == path or below.startswith(path + "/")]
        if type_token == STATEFUL_SET:
            gone += self._claims_of(cluster, path)
        for gone_path in gone:
            found = cluster.objects.pop(gone_path)
            cluster.pods.discard(gone_path)
            if "/persistentvolumeclaims/" in gone_path:
                volume = f"{_VOLUME}/{found['spec']['volumeName']}"
                cluster.due[volume] = time.monotonic() + self.operations.slow.get("volume", 0)
            if "/targetgroupbindings/" in gone_path:
                self._unbind(found)
        if not cluster.pods and cluster.instance_id:
            self.drain(cluster)
        self.settle(cluster)

    def drain(self, cluster: SimulatedCluster) -> None:
        """Let the node go: Auto Mode does once the last pod is gone, and when its NodeClaim is deleted."""
        delay = _DRAIN * self.operations.scale + self.operations.slow.get("node", 0)
        for path in (f"{_NODE}/{cluster.instance_id}", f"{_CLAIM}/{cluster.instance_id}"):
            cluster.due.setdefault(path, time.monotonic() + delay)

    def settle(self, cluster: SimulatedCluster) -> None:
        """Carry out what is due."""
        for path in [path for path, when in cluster.due.items() if when <= time.monotonic()]:
            del cluster.due[path]
            cluster.objects.pop(path, None)
            if path in cluster.volumes:
                self.account.call("ec2", "delete_volume", VolumeId=cluster.volumes.pop(path))
            if path == f"{_NODE}/{cluster.instance_id}":
                self._end_node(cluster)

    def _node(self, cluster: SimulatedCluster) -> None:
        """An instance with an interface in a private subnet, carrying the group that EKS made."""
        cluster.due = {path: when for path, when in cluster.due.items() if path.startswith(_VOLUME)}
        if cluster.instance_id:
            return
        tags = [{"Key": "eks:eks-cluster-name", "Value": cluster.name}]
        made = self.account.call(
            "ec2",
            "run_instances",
            ImageId="ami-12c6146b",  # one that moto knows
            MinCount=1,
            MaxCount=1,
            SubnetId=cluster.subnet_ids[0],
            SecurityGroupIds=[cluster.group_id],
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )
        cluster.instance_id = made["Instances"][0]["InstanceId"]
        for path in (_NODE, _CLAIM):
            cluster.objects[f"{path}/{cluster.instance_id}"] = {"metadata": {"name": cluster.instance_id}}

    def _end_node(self, cluster: SimulatedCluster) -> None:
        found = self.account.interfaces("attachment.instance-id", cluster.instance_id)
        self.account.call("ec2", "terminate_instances", InstanceIds=[cluster.instance_id])
        for interface in found:  # moto leaves it behind
            self.account.call("ec2", "delete_network_interface", NetworkInterfaceId=interface["NetworkInterfaceId"])
        cluster.instance_id, cluster.node_ready = "", None

    def _claim(self, cluster: SimulatedCluster, inputs: Properties) -> None:
        """Auto Mode makes an EBS volume for each claim (EKS user guide, "Create a storage class")."""
        for template in inputs["spec"].get("volumeClaimTemplates", []):
            for replica in range(inputs["spec"].get("replicas", 1)):
                name = f"{template['metadata']['name']}-{inputs['metadata']['name']}-{replica}"
                namespace = inputs["metadata"]["namespace"]
                tags = {
                    "eks:eks-cluster-name": cluster.name,
                    "kubernetes.io/created-for/pvc/name": name,
                    "kubernetes.io/created-for/pvc/namespace": namespace,
                    "ebs.csi.aws.com/cluster": "true",
                }
                volume = self.account.call(
                    "ec2",
                    "create_volume",
                    AvailabilityZone=f"{self.account.region}a",
                    Size=int(template["spec"]["resources"]["requests"]["storage"].removesuffix("Gi")),
                    TagSpecifications=[
                        {
                            "ResourceType": "volume",
                            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
                        }
                    ],
                )["VolumeId"]
                path = f"{_VOLUME}/pvc-{uuid.uuid4()}"
                cluster.volumes[path] = volume
                cluster.objects[path] = {"metadata": {"name": path.rpartition("/")[2]}, "spec": {}}
                cluster.objects[f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}"] = {
                    "metadata": {"name": name, "namespace": namespace},
                    "spec": {"volumeName": path.rpartition("/")[2]},
                }

    def _claims_of(self, cluster: SimulatedCluster, path: str) -> list[str]:
        spec = cluster.objects[path]["spec"] if path in cluster.objects else {}
        if spec.get("persistentVolumeClaimRetentionPolicy", {}).get("whenDeleted") != "Delete":
            return []
        metadata = cluster.objects[path]["metadata"]
        head = f"/api/v1/namespaces/{metadata['namespace']}/persistentvolumeclaims/"
        names = [template["metadata"]["name"] for template in spec.get("volumeClaimTemplates", [])]
        wanted = tuple(f"{head}{name}-{metadata['name']}-" for name in names)
        return [claim for claim in cluster.objects if claim.startswith(wanted)] if wanted else []

    def _bind(self, cluster: SimulatedCluster, inputs: Properties) -> None:
        """Auto Mode registers pods only in groups with the cluster's tag (containers-roadmap#2621)."""
        spec, arn = inputs["spec"], inputs["spec"]["targetGroupARN"]
        [described] = self.account.call("elbv2", "describe_tags", ResourceArns=[arn])["TagDescriptions"]
        tags = {tag["Key"]: tag["Value"] for tag in described["Tags"]}
        if tags.get("eks:eks-cluster-name") != cluster.name:
            raise RefusedError(f"TargetGroupBinding: {arn} lacks the tag eks:eks-cluster-name={cluster.name}")
        if spec["serviceRef"]["name"] not in self.services(cluster, inputs["metadata"]["namespace"]):
            raise RefusedError(f"TargetGroupBinding: there is no Service {spec['serviceRef']['name']}")
        self.account.call("elbv2", "register_targets", TargetGroupArn=arn, Targets=self._targets(spec))

    def _unbind(self, found: Mapping[str, Any]) -> None:
        spec = found["spec"]
        arn, targets = spec["targetGroupARN"], self._targets(spec)
        self.account.call("elbv2", "deregister_targets", TargetGroupArn=arn, Targets=targets)

    @staticmethod
    def _targets(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [{"Id": "10.0.0.10", "Port": spec["serviceRef"]["port"]}]

    def services(self, cluster: SimulatedCluster, namespace: str) -> set[str]:
        """Names of the services, those of the charts included."""
        head = path_of(KINDS["kubernetes:core/v1:Service"], namespace, "")
        own = {path.removeprefix(head) for path in cluster.objects if path.startswith(head)}
        releases = path_of(KINDS[RELEASE], namespace, "")
        for path, found in cluster.objects.items():
            if path.startswith(releases):
                own |= {found["name"] + suffix for suffix in CHARTS[found["chart"]].services}
        return own
