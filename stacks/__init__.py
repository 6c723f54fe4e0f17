"""One wiring module per kind of stack. They connect components and create nothing themselves."""

from __future__ import annotations


def is_azure_stack(stack: str) -> bool:
    """Whether a stack of that name is an Azure front door."""
    return stack.startswith("azure")


def build(stack: str) -> None:
    """Build the stack of that name: the Azure front door when the name starts with azure, else an AWS day."""
    if is_azure_stack(stack):
        from stacks import azure_door

        azure_door.build(stack)
    else:
        from stacks import aws_day

        aws_day.build(stack)
