"""The Pulumi CLI, the AWS CLI and kubectl on this machine: whether each is installed and new enough."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from ops.checks.check import Check, Outcome, State, bad, fine, note

AWS_CLI = (2, 7)
"""What pulumi-eks asks for (nodejs/eks/dependencies.ts, assertCompatibleAWSCLIExists)."""


def tool_checks(root: Path, kubernetes_version: str) -> Mapping[str, Check]:
    """Whether `pulumi`, `aws` and `kubectl` are there and new enough; `kubernetes_version` is the cluster's."""
    major, minor = map(int, kubernetes_version.split("."))
    oldest = (major, minor - 1)  # kubernetes.io/releases/version-skew-policy: kubectl, one minor version
    return {
        "pulumi": lambda: pulumi(root),
        "aws": lambda: at_least(["aws", "--version"], AWS_CLI, "https://aws.amazon.com/cli"),
        "kubectl": lambda: _optional(
            at_least(["kubectl", "version", "--client"], oldest, "https://kubernetes.io/docs/tasks/tools")
        ),
    }


def _optional(kubectl: Outcome) -> Outcome:
    """No command of `genai` but `forward` runs kubectl."""
    if kubectl.state is State.FINE:
        return kubectl
    return note(f"{kubectl.says}; you need it only to look into the cluster yourself", kubectl.fix)


def pulumi(root: Path) -> Outcome:
    """Whether the Pulumi CLI is as new as `Pulumi.yaml` in that directory requires."""
    try:
        required = yaml.safe_load((root / "Pulumi.yaml").read_text(encoding="utf-8"))["requiredPulumiVersion"]
        minimum = tuple(map(int, required.removeprefix(">=").split(".")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        return bad(
            f"Pulumi.yaml does not tell which pulumi is needed ({error})", "restore it: `git checkout Pulumi.yaml`"
        )
    return at_least(["pulumi", "version"], minimum, "https://www.pulumi.com/docs/install")


def at_least(command: list[str], minimum: tuple[int, ...], where: str) -> Outcome:
    """Whether the program that this command asks for its version has at least that; `where` tells how to get it."""
    name, wanted = command[0], ".".join(map(str, minimum))
    try:
        answer = subprocess.run(  # noqa: S603  constants
            command,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    except FileNotFoundError:
        return bad(f"{name} is not installed", f"install version {wanted} or later: {where}")
    found = re.search(r"\d+\.\d+(\.\d+)?", answer.stdout)
    if found is None:
        raise RuntimeError(f"`{' '.join(command)}` names no version: {answer.stdout.strip()!r}")
    if tuple(map(int, found[0].split("."))) < minimum:
        return bad(f"{name} is {found[0]}, {wanted} is needed", f"update it: {where}")
    return fine(found[0])
