"""One wiring module per kind of stack. They connect components and create nothing themselves."""

from __future__ import annotations


def build(stack: str) -> None:
    """Build the stack of that name. Every AWS day, whatever its name, is built by `aws_day`."""
    from stacks import aws_day

    aws_day.build(stack)
