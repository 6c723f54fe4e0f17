"""TargetGroupBinding: registers the pods of a Kubernetes Service in a target group of the load balancer."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes


def target_group_binding(
    name: str,
    *,
    namespace: pulumi.Input[str],
    target_group_arn: pulumi.Input[str],
    service_name: pulumi.Input[str],
    port: int,
    opts: pulumi.ResourceOptions,
) -> kubernetes.apiextensions.CustomResource:
    """Let EKS Auto Mode keep the ready pods of a Service, by their own addresses, in a target group.

    Auto Mode refuses a target group without the tag `eks:eks-cluster-name`, and `targetGroupName` in the place of the
    ARN (containers-roadmap#2621). The network rules are the caller's.
    """
    return kubernetes.apiextensions.CustomResource(
        name,
        api_version="eks.amazonaws.com/v1",
        kind="TargetGroupBinding",
        metadata={"namespace": namespace},
        spec={
            "targetGroupARN": target_group_arn,
            "targetType": "ip",
            "serviceRef": {"name": service_name, "port": port},
        },
        opts=opts,
    )
