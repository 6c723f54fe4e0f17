"""Namespace and StorageClass that every workload depends on, behind the drain gate."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from components.kubernetes.drain_gate import DrainGate, DrainGateArgs


@dataclass(frozen=True, kw_only=True)
class FoundationArgs:
    """Inputs of `Foundation`."""

    namespace: str
    cluster_name: pulumi.Input[str]
    region: str
    kubeconfig: pulumi.Input[str]


class Foundation(pulumi.ComponentResource):
    """The namespace and the storage class, behind the drain gate.

    Whatever has a pod or a volume depends on it, so the gate runs after all of that is deleted and before the cluster
    is. Give it the routes to the internet as `depends_on`: nodes pull images until the last pod is gone.
    """

    namespace: pulumi.Output[str]
    storage_class: pulumi.Output[str]

    def __init__(self, name: str, args: FoundationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create gate, namespace and storage class; see `FoundationArgs`."""
        super().__init__("genai:kubernetes:Foundation", name, None, opts)
        gate = DrainGate(
            f"{name}-drain-gate",
            DrainGateArgs(
                cluster_name=args.cluster_name,
                region=args.region,
                kubeconfig=args.kubeconfig,
                namespace=args.namespace,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        behind_gate = pulumi.ResourceOptions(parent=self, depends_on=[gate])
        namespace = kubernetes.core.v1.Namespace(
            f"{name}-namespace",
            metadata={"name": args.namespace},
            # With it go the volume claims, and they wait for their pods.
            opts=pulumi.ResourceOptions.merge(
                behind_gate, pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(delete="15m"))
            ),
        )
        storage_class = kubernetes.storage.v1.StorageClass(
            f"{name}-storage-class",
            metadata={"name": "gp3-auto"},
            # Auto Mode's own driver (EKS user guide, "Create a storage class"); it encrypts with the account's key.
            provisioner="ebs.csi.eks.amazonaws.com",
            parameters={"type": "gp3", "encrypted": "true"},
            volume_binding_mode="WaitForFirstConsumer",
            reclaim_policy="Delete",
            opts=behind_gate,
        )
        self.namespace = namespace.metadata.apply(lambda metadata: str(metadata.name))
        self.storage_class = storage_class.metadata.apply(lambda metadata: str(metadata.name))
        self.register_outputs({"namespace": self.namespace})
