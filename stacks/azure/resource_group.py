"""Azure resource group of a stack: its name, by which what is in soft delete can be told apart."""

from __future__ import annotations

_LONGEST = 82
"""Characters. A resource group takes 90 (Azure naming rules), and Pulumi adds eight."""


def group_name(stack: str) -> str:
    """The name in Pulumi; the one in Azure has eight hexadecimal digits behind it."""
    return f"genai-{stack}"[:_LONGEST]
