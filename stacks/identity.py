"""Pulumi Random makes the id of a stack, which no other stack has; everything that can be tagged carries it."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_random as random


def stack_id(name: str) -> pulumi.Output[str]:
    """Seven lowercase letters and digits, made at the stack's first `up` and gone with its last resource.

    `name` is that of the resource. On AWS the id also ends the name of the cluster, and so stands in what EKS makes.
    """
    return random.RandomString(name, length=7, upper=False, special=False).result


def tags(stack: str, id_: pulumi.Output[str], *, owner: str) -> Mapping[str, pulumi.Input[str]]:
    """The tags that everything of the stack carries."""
    return {
        "Project": "genaiplatform",
        "Environment": stack,
        "Owner": owner,
        "ManagedBy": "pulumi",
        "StackId": id_,
    }
