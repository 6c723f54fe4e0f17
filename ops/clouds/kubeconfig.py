"""Kubeconfig of the EKS cluster of a stack."""

from __future__ import annotations

from typing import Any

from ops.clouds.aws import Aws

NAMESPACE = "genai-platform"
_REACHABLE = ("ACTIVE", "UPDATING")
"""States in which a cluster's API answers (EKS API reference, "Cluster")."""


class ForwardError(Exception):
    """LiteLLM or Langfuse cannot be reached; the message says why and what to do."""


def kubeconfig(aws: Aws, name: str) -> dict[str, Any]:
    """What `aws eks update-kubeconfig` would write for the cluster.

    ForwardError when there is no such cluster, or it is being made or deleted; botocore's other errors pass through.
    """
    clusters = aws.client("eks")
    try:
        found = clusters.describe_cluster(name=name)["cluster"]
    except clusters.exceptions.ResourceNotFoundException as error:
        raise ForwardError(
            f"There is no cluster {name} in {aws.region}, though the stack's outputs name it: "
            "run `pulumi up --refresh`, or log in to the AWS account in which it was made."
        ) from error
    if found["status"] not in _REACHABLE:
        raise ForwardError(f"Cluster {name} is {found['status']}: it can be reached while it is ACTIVE.")
    reach = {"server": found["endpoint"], "certificate-authority-data": found["certificateAuthority"]["data"]}
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": ["--region", aws.region, "eks", "get-token", "--cluster-name", name, "--output", "json"],
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": reach}],
        "users": [{"name": name, "user": {"exec": plugin}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": NAMESPACE}}],
        "current-context": name,
    }
