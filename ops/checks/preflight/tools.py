"""The Pulumi CLI, the AWS CLI and kubectl on this machine: whether each is installed and new enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ops.checks.check import Check, Outcome, State, bad, fine
from ops.programs import ProgramError, require, require_pulumi

AWS_CLI = (2, 7)
"""What pulumi-eks asks for (nodejs/eks/dependencies.ts, assertCompatibleAWSCLIExists)."""


def tool_checks(root: Path, kubernetes_version: str) -> Mapping[str, Check]:
    """Whether `pulumi`, `aws` and `kubectl` are there and new enough; `kubernetes_version` is the cluster's."""
    major, minor = map(int, kubernetes_version.split("."))
    oldest = (major, minor - 1)  # kubernetes.io/releases/version-skew-policy: kubectl, one minor version
    kubectl = ["kubectl", "version", "--client"]
    return {
        "pulumi": lambda: pulumi(root),
        "aws": lambda: _outcome(lambda: require(["aws", "--version"], AWS_CLI, "https://aws.amazon.com/cli")),
        "kubectl": lambda: _optional(
            _outcome(lambda: require(kubectl, oldest, "https://kubernetes.io/docs/tasks/tools")),
        ),
    }


def pulumi(root: Path) -> Outcome:
    """Whether the Pulumi CLI is as new as `Pulumi.yaml` in that directory requires."""
    return _outcome(lambda: require_pulumi(root))


def _outcome(version: Callable[[], str]) -> Outcome:
    try:
        return fine(version())
    except ProgramError as error:
        return bad(error.says, error.fix)


def _optional(kubectl: Outcome) -> Outcome:
    """`up` and `down` do not run kubectl."""
    if kubectl.state is State.FINE:
        return kubectl
    return fine(f"{kubectl.says}; you need it only to look into the cluster yourself ({kubectl.fix})")
