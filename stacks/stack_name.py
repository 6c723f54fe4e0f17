"""Pulumi stack names that EKS and tags can carry: part of the cluster's name and the tag Environment."""

from __future__ import annotations

import re

LONGEST = 86
"""Characters. The cluster is `genai-<stack>-` and 7 more, and EKS takes 100 (EKS API reference, CreateCluster)."""


def problem(stack: str) -> str | None:
    """Say what is wrong with the name of a stack; None when nothing is."""
    if re.fullmatch(rf"[a-z0-9_-]{{1,{LONGEST}}}", stack):
        return None
    return (
        f"the stack is called {stack!r}, which not every service can carry in its names: use lower-case letters, "
        f"digits, - and _, at most {LONGEST}, such as dev (`pulumi stack rename`)"
    )
