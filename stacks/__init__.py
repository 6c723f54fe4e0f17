"""Wiring modules, one for each kind of stack. They connect components and create nothing themselves."""

from __future__ import annotations


def build(stack: str) -> None:
    """Build the stack of that name, which with the setting `kind` says what kind it is (`stacks.kinds`)."""
    # Late: stacks.bedrock is also read where there is no Pulumi, beside LiteLLM.
    import pulumi

    from stacks.kinds import kind_of

    kind_of(stack, pulumi.Config().get("kind") or "").build(stack)
