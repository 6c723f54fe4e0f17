"""The Pulumi program: which stack am I? Build it."""

import pulumi

from stacks import build

build(pulumi.get_stack())
