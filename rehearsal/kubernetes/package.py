"""Simulated Pulumi package `kubernetes`: checks objects as the API server does, releases as Helm does."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

import kubernetes_validate

from rehearsal.kubernetes import charts
from rehearsal.kubernetes.clusters import PODS, Clusters, SimulatedCluster
from rehearsal.kubernetes.kinds import BINDING, KINDS, RELEASE, ObjectKind, path_of
from rehearsal.package import Change, Properties, RefusedError, Request
from rehearsal.wire import has_unknown

UNREACHABLE = (
    "configured Kubernetes cluster is unreachable: unable to load schema information from the API server: "
    "the server did not answer"
)
_BINDING_FIELDS = {"targetGroupARN", "targetType", "serviceRef", "networking", "nodeSelector", "ipAddressType", "vpcID"}


class KubernetesPackage:
    """`delete_unreachable` is what PULUMI_K8S_DELETE_UNREACHABLE sets in the real provider's process."""

    def __init__(self, clusters: Clusters) -> None:
        self.clusters, self.delete_unreachable = clusters, False

    def check(self, request: Request, seed: bytes) -> tuple[Properties, list[str]]:
        """Generate a name; refuse what the schema of the cluster's version does not know."""
        kind, inputs, problems = _kind(request.type), dict(request.inputs), list[str]()
        if request.type == RELEASE:
            problems += charts.problems(inputs)
            name = inputs["name"]
        else:
            metadata = dict(inputs.get("metadata") or {})
            old = (request.state.get("metadata") or {}).get("name")
            name = metadata.setdefault("name", old or f"{request.name}-{seed.hex()[:8]}")
            inputs["metadata"] = metadata
            cluster = self._cluster(request)  # no cluster, no schema: it comes from the API server
            if cluster and not has_unknown(inputs):
                problems += _schema_problems(request.type, inputs, cluster.version)
        if len(name) > kind.longest:
            problems.append(f"metadata.name {name!r} is longer than {kind.longest} characters")
        return inputs, problems

    def diff(self, type_token: str, changed: frozenset[str], old: Properties, new: Properties) -> Change:
        """Replace what the API server would refuse to change."""
        fixed = {*_kind(type_token).immutable, "metadata.name", "metadata.namespace"}
        replaces = frozenset(path for path in fixed if _at(old, path) != _at(new, path))
        return Change(replaces=replaces, delete_first=bool(replaces))

    def wait(self, request: Request) -> float:
        """Seconds that a new pod waits for its node."""
        cluster = self._cluster(request)
        return self.clusters.node_wait(cluster) if cluster and request.type in PODS else 0

    def create(self, request: Request) -> tuple[str, Properties]:
        """Put the object into its cluster."""
        cluster, path = self._reachable(request), _path(request.type, request.inputs)
        self._refuse(cluster, request, path)
        self.clusters.put(cluster, request.type, path, request.inputs)
        if request.type == RELEASE and not request.alive():  # Helm died with the engine: nobody marks it as deployed
            cluster.objects[path]["status"] = "pending-install"
            raise RefusedError("the engine is gone")
        name = path.rpartition("/")[2]
        namespace = _namespace(request.type, request.inputs)
        return (f"{namespace}/{name}" if namespace else name), _outputs(request)

    def exists(self, request: Request) -> bool:
        """Whether the API server has it."""
        if self.delete_unreachable and self._cluster(request) is None:
            return False
        cluster = self._reachable(request)
        return _path(request.type, request.inputs or request.state) in cluster.objects

    def update(self, request: Request) -> Properties:
        """Change the object."""
        cluster, path = self._reachable(request), _path(request.type, request.inputs)
        if path not in cluster.objects:
            raise RefusedError(f"{path} not found")
        if cluster.objects[path].get("status") == "pending-install":
            raise RefusedError("another operation (install/upgrade/rollback) is in progress")
        cluster.objects[path].update(request.inputs)
        return _outputs(request)

    def delete(self, request: Request) -> None:
        """Remove the object and what goes with it."""
        cluster = self._cluster(request)
        if cluster is None:
            if self.delete_unreachable:
                return
            raise RefusedError(UNREACHABLE)
        self.clusters.remove(cluster, request.type, _path(request.type, request.inputs or request.state))

    def invoke(self, token: str, args: Properties) -> Properties:
        """The program asks nothing of Kubernetes."""
        raise RefusedError(f"the rehearsal has no answer for the function {token}")

    def _refuse(self, cluster: SimulatedCluster, request: Request, path: str) -> None:
        if path in cluster.objects:
            if request.type == RELEASE:
                raise RefusedError("cannot re-use a name that is still in use")
            raise RefusedError(f"{path} already exists")
        namespace = _namespace(request.type, request.inputs)
        if namespace and f"/api/v1/namespaces/{namespace}" not in cluster.objects:
            raise RefusedError(f'namespaces "{namespace}" not found')

    def _cluster(self, request: Request) -> SimulatedCluster | None:
        config = request.config.get("kubeconfig")
        if not config:
            raise RefusedError("no kubeconfig: the default provider would use the cluster of whoever runs `up`")
        server = json.loads(config)["clusters"][0]["cluster"]["server"]
        return self.clusters.by_name.get(urllib.parse.urlparse(server).path.rpartition("/")[2])

    def _reachable(self, request: Request) -> SimulatedCluster:
        cluster = self._cluster(request)
        if cluster is None:
            raise RefusedError(UNREACHABLE)
        self.clusters.settle(cluster)
        return cluster


def _kind(type_token: str) -> ObjectKind:
    if type_token not in KINDS:
        raise RefusedError(
            f"the rehearsal does not know the kind {type_token}: add it to rehearsal/kubernetes/kinds.py"
        )
    return KINDS[type_token]


def _namespace(type_token: str, inputs: Properties) -> str:
    if not _kind(type_token).namespaced:
        return ""
    source = inputs if type_token == RELEASE else inputs["metadata"]
    return str(source.get("namespace", "default"))


def _path(type_token: str, inputs: Properties) -> str:
    name = inputs["name"] if type_token == RELEASE else inputs["metadata"]["name"]
    return path_of(_kind(type_token), _namespace(type_token, inputs), name)


def _schema_problems(type_token: str, inputs: Properties, version: str) -> list[str]:
    """By the schema of that Kubernetes version: kubernetes-validate brings one for each that EKS offers, by test."""
    if type_token == BINDING:
        return [f"spec.{key} is unknown" for key in inputs["spec"] if key not in _BINDING_FIELDS]
    try:
        kubernetes_validate.validate(inputs, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{'.'.join(map(str, error.path)) or type_token}: {error.message}"]
    return []


def _outputs(request: Request) -> Properties:
    if request.type != RELEASE:
        return {}
    inputs = request.inputs
    status = {"name": inputs["name"], "namespace": inputs["namespace"], "status": "deployed", "revision": 1}
    return {"status": {**status, "chart": inputs["chart"], "version": inputs["version"]}}


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value
