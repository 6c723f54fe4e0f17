"""Pulumi programs, one for each kind of stack. They connect components and create nothing themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from stacks import public_address


def build(stack: str, caller_address: Callable[[], str] | None = None) -> None:
    """Build the stack of that name, which with the setting `kind` says what kind it is (`stacks.kinds`).

    `caller_address` tells the public IPv4 address of whoever runs this, for `allowedCidrs: [auto]`; by default it is
    looked up.
    """
    # Late: stacks.aws.bedrock is also read where there is no Pulumi, beside LiteLLM.
    import pulumi

    from stacks.kinds import kind_of

    kind_of(stack, pulumi.Config().get("kind") or "").build(
        stack, caller_address or partial(public_address.look_up, stack)
    )
