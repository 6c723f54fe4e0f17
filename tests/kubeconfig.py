"""Kubeconfig of a simulated Kubernetes API: like that of EKS, it has the token from a command."""

from __future__ import annotations

import json
from typing import Any

TOKEN = "of-the-plugin"


def kubeconfig(server: str) -> dict[str, Any]:
    """For the API at that URL, which takes `TOKEN`."""
    version = "client.authentication.k8s.io/v1beta1"
    token = {"kind": "ExecCredential", "apiVersion": version, "status": {"token": TOKEN}}
    plugin = {"apiVersion": version, "command": "echo", "args": [json.dumps(token)]}
    return {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"exec": plugin}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
