"""Kubeconfig of the EKS cluster of a stack, and kubectl with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.clouds.aws import Aws
from stacks.errors import GenaiError

NAMESPACE = "genai-platform"
_REACHABLE = ("ACTIVE", "UPDATING")
"""States in which a cluster's API answers (EKS API reference, "Cluster")."""
_INSTALL = {
    "kubectl": "https://kubernetes.io/docs/tasks/tools/",
    "aws": "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
}


class ForwardError(GenaiError):
    """LiteLLM or Langfuse cannot be reached; the message says why and what to do."""


def kubeconfig(aws: Aws, name: str) -> dict[str, Any]:
    """What `aws eks update-kubeconfig` would write for the cluster.

    ForwardError when there is no such cluster, it is being made or deleted, or AWS does not tell.
    """
    try:
        clusters = aws.client("eks")
        found = clusters.describe_cluster(name=name)["cluster"]
    except (BotoCoreError, ClientError) as error:
        if not (isinstance(error, ClientError) and error.response["Error"]["Code"] == "ResourceNotFoundException"):
            raise ForwardError(str(error)) from error
        raise ForwardError(
            f"There is no cluster {name} in {aws.region}, though the stack's outputs name it: "
            "log in to the AWS account in which it was made. If somebody deleted it: docs/teardown.md, A lost cluster."
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


@contextmanager
def kubectl(kubeconfig: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The beginning of a command line of `kubectl` with that kubeconfig, in a file that only its owner can read.

    ForwardError when `kubectl`, or `aws`, which it asks for a token, is not on PATH.
    """
    found = {name: shutil.which(name) for name in _INSTALL}
    for name, path in found.items():
        if path is None:
            raise ForwardError(f"There is no `{name}` on PATH: install it ({_INSTALL[name]}).")
    with TemporaryDirectory(prefix="genai-kubectl-") as folder:
        file = Path(folder) / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(json.dumps(kubeconfig), encoding="utf-8")
        yield str(found["kubectl"]), "--kubeconfig", str(file)
