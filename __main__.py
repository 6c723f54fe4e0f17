"""Pulumi program: builds the stack that the engine runs."""

import pulumi

from stacks import build

build(pulumi.get_stack())
