"""EKS cluster in Auto Mode, made by pulumi-eks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as kubernetes


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """Inputs of `Cluster`. `version` is major.minor; the caller chooses the name because target groups carry it too."""

    cluster_name: pulumi.Input[str]
    version: str
    vpc_id: pulumi.Input[str]
    private_subnet_ids: Sequence[pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]]


class Cluster(pulumi.ComponentResource):
    """EKS in Auto Mode: nodes come with the first pod and go with the last, nothing of ours runs on them before."""

    name: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    """JSON that holds no credential: it asks the `aws` command for a token whenever one is needed."""
    security_group_id: pulumi.Output[str]
    """The group EKS makes; nodes and pods carry it."""
    oidc_provider_arn: pulumi.Output[str]
    oidc_issuer: pulumi.Output[str]
    """Without https://, as IAM condition keys spell it."""
    provider: kubernetes.Provider

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the cluster; see `ClusterArgs`."""
        super().__init__("genai:aws:Cluster", name, None, opts)
        cluster = eks.Cluster(
            name,
            name=args.cluster_name,
            version=args.version,
            vpc_id=args.vpc_id,
            # Private subnets alone: Auto Mode puts nodes into any subnet the cluster has (terraform-aws-eks#3284).
            private_subnet_ids=list(args.private_subnet_ids),
            # API only: an aws-auth ConfigMap breaks destroy (pulumi-eks#598). The deployer is made administrator by
            # EKS itself; an access entry for it would fail with 409 (pulumi-eks#2373).
            authentication_mode=eks.AuthenticationMode.API,
            auto_mode=eks.AutoModeOptionsArgs(
                enabled=True, compute_config=eks.ClusterComputeConfigArgs(node_pools=["general-purpose"])
            ),
            # The default makes a worker role, a profile and an access entry that Auto Mode never uses.
            create_instance_role=False,
            # Auto Mode runs CoreDNS on its nodes; the add-on would wait for a node of its own (pulumi-eks#1726).
            coredns_addon_options=eks.CoreDnsAddonOptionsArgs(enabled=False),
            create_oidc_provider=True,
            # Public but guarded by IAM, so that a destroy from another address works; said explicitly because the
            # component waits for the API server only then.
            endpoint_public_access=True,
            endpoint_private_access=True,
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            deletion_protection=False,
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = pulumi.Output.from_input(args.cluster_name)
        self.kubeconfig = cluster.kubeconfig_json
        self.security_group_id = cluster.cluster_security_group_id.apply(str)
        self.oidc_provider_arn = cluster.oidc_provider_arn
        self.oidc_issuer = cluster.oidc_issuer
        # `delete_unreachable` stays off: one failed discovery call would drop every object from the state.
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            kubeconfig=self.kubeconfig,
            enable_config_map_mutable=True,
            enable_secret_mutable=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"name": self.name})
