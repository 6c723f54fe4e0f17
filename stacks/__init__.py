"""One wiring module per kind of stack. They connect components and create nothing themselves."""

from __future__ import annotations

from stacks import stack_name


def build(stack: str) -> None:
    """Build the stack of that name: the Azure front door when the name starts with azure, else an AWS day."""
    if problem := stack_name.problem(stack):
        from stacks.configuration import SettingsError

        raise SettingsError(problem)
    if stack.startswith("azure"):
        from stacks import azure_door

        azure_door.build(stack)
    else:
        from stacks import aws_day

        aws_day.build(stack)
