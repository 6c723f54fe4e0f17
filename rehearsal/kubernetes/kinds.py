"""Kinds of Kubernetes objects that the program uses: one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RELEASE = "kubernetes:helm.sh/v3:Release"
BINDING = "kubernetes:eks.amazonaws.com/v1:TargetGroupBinding"
NAMESPACE = "kubernetes:core/v1:Namespace"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
JOB = "kubernetes:batch/v1:Job"


@dataclass(frozen=True, kw_only=True)
class ObjectKind:
    """Where the API server keeps it, and which top-level inputs or `spec` fields cannot change (API validation)."""

    path: str
    plural: str
    namespaced: bool = True
    immutable: frozenset[str] = frozenset()
    """Dotted, from the object down."""
    longest: int = 253
    """Characters of a name (Kubernetes documentation, "Object Names and IDs")."""


KINDS: Mapping[str, ObjectKind] = {
    NAMESPACE: ObjectKind(path="/api/v1", plural="namespaces", namespaced=False, longest=63),
    "kubernetes:core/v1:ConfigMap": ObjectKind(path="/api/v1", plural="configmaps"),
    "kubernetes:core/v1:Secret": ObjectKind(path="/api/v1", plural="secrets", immutable=frozenset({"type"})),
    "kubernetes:core/v1:Service": ObjectKind(path="/api/v1", plural="services", longest=63),
    "kubernetes:core/v1:ServiceAccount": ObjectKind(path="/api/v1", plural="serviceaccounts"),
    STATEFUL_SET: ObjectKind(
        path="/apis/apps/v1",
        plural="statefulsets",
        # StatefulSet: only replicas, ordinals, template, updateStrategy, revisionHistoryLimit, minReadySeconds and
        # persistentVolumeClaimRetentionPolicy may change.
        immutable=frozenset({"spec.volumeClaimTemplates", "spec.serviceName", "spec.selector"}),
        longest=52,  # its pods carry the name, a number and a hash of eleven characters as a label of 63
    ),
    JOB: ObjectKind(
        path="/apis/batch/v1",
        plural="jobs",
        immutable=frozenset({"spec.template", "spec.selector", "spec.completions"}),
        longest=63,
    ),
    "kubernetes:storage.k8s.io/v1:StorageClass": ObjectKind(
        path="/apis/storage.k8s.io/v1",
        plural="storageclasses",
        namespaced=False,
        immutable=frozenset({"provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"}),
    ),
    BINDING: ObjectKind(
        path="/apis/eks.amazonaws.com/v1",
        plural="targetgroupbindings",
        immutable=frozenset({"spec.targetGroupARN", "spec.targetType"}),
    ),
    RELEASE: ObjectKind(
        path="/rehearsal/helm", plural="releases", immutable=frozenset({"name", "namespace"}), longest=53
    ),
}


def path_of(kind: ObjectKind, namespace: str, name: str) -> str:
    """Where one object is."""
    middle = f"/namespaces/{namespace}" if kind.namespaced else ""
    return f"{kind.path}{middle}/{kind.plural}/{name}"
