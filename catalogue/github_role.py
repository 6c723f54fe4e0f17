"""CloudFormation: writes the actions of `PlatformPolicy` into deploy/github-role.yaml, from the catalogue.

`python -m catalogue.github_role` writes the file; a test holds it to be current.
"""

from __future__ import annotations

import itertools
import re
import textwrap
from pathlib import Path

from catalogue import aws_agentcore_types
from catalogue.resource_types import ACTIONS

FILE = Path(__file__).resolve().parent.parent / "deploy" / "github-role.yaml"
_BLOCK = re.compile(r"(PlatformPolicy:\n.*?Action: \[\n)(.*?)( +\]\n)", re.DOTALL)


DAY_ACTIONS = {
    token: actions
    for token, actions in ACTIONS.items()
    if token not in {*aws_agentcore_types.TYPES, *aws_agentcore_types.FUNCTIONS}
}
"""The workflow runs AWS days; an MCP stack stays, and whoever keeps it makes it."""


def with_current_actions(template: str) -> str:
    """The template with every action that the resources of an AWS day need, a paragraph for each service."""
    actions = sorted(set(itertools.chain.from_iterable(DAY_ACTIONS.values())))
    services = itertools.groupby(actions, key=lambda action: action.partition(":")[0])
    paragraphs = (textwrap.fill(", ".join(names), width=100, break_on_hyphens=False) for _, names in services)
    listed = textwrap.indent(",\n".join(paragraphs), " " * 14)
    return _BLOCK.sub(lambda block: f"{block[1]}{listed}\n{block[3]}", template)


if __name__ == "__main__":
    FILE.write_text(with_current_actions(FILE.read_text(encoding="utf-8")), encoding="utf-8")
