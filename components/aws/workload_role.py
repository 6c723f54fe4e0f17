"""IAM role for one Kubernetes service account (IRSA)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class Permission:
    """Allows `actions` (IAM action names) on `resources` (ARNs)."""

    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class WorkloadRoleArgs:
    """Inputs of `WorkloadRole`. `oidc_issuer` goes without https://."""

    oidc_provider_arn: pulumi.Input[str]
    oidc_issuer: pulumi.Input[str]
    namespace: str
    service_account: str
    permissions: Sequence[Permission]
    tags: Mapping[str, pulumi.Input[str]]


class WorkloadRole(pulumi.ComponentResource):
    """An IAM role for one Kubernetes service account (IRSA) and nobody else."""

    arn: pulumi.Output[str]
    """Known once the role may do what it must, so that no pod starts too early."""

    def __init__(self, name: str, args: WorkloadRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the role; see `WorkloadRoleArgs`."""
        super().__init__("genai:aws:WorkloadRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        subject = f"system:serviceaccount:{args.namespace}:{args.service_account}"

        def trust(provider_arn: str, issuer: str) -> str:
            equals = {f"{issuer}:sub": subject, f"{issuer}:aud": "sts.amazonaws.com"}
            statement = {
                "Effect": "Allow",
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": provider_arn},
                "Condition": {"StringEquals": equals},
            }
            return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

        role = aws.iam.Role(
            name,
            description=f"{subject} of genaiplatform",
            assume_role_policy=pulumi.Output.all(args.oidc_provider_arn, args.oidc_issuer).apply(
                lambda values: trust(*values)
            ),
            tags=dict(args.tags),
            opts=child,
        )
        granted: list[pulumi.Output[str]] = []
        if args.permissions:  # IAM refuses a policy without a statement
            policy = aws.iam.RolePolicy(
                name,
                role=role.name,
                policy=pulumi.Output.json_dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": list(permission.actions),
                                "Resource": list(permission.resources),
                            }
                            for permission in args.permissions
                        ],
                    }
                ),
                opts=child,
            )
            granted.append(policy.id)
        self.arn = pulumi.Output.all(role.arn, *granted).apply(lambda values: str(values[0]))
        self.register_outputs({"arn": self.arn})
