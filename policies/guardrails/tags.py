"""CrossGuard rule about tags, by which bills and `genai leftovers` find resources."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from catalogue.resource_types import TYPES
from policies.guardrails.rule import known, resource_rule

REQUIRED = ("Project", "Environment", "Owner", "ManagedBy", "StackId")
TAGGABLE = tuple(type_token for type_token, row in TYPES.items() if row.taggable)
"""What the program makes and AWS or Azure can tag. Not in it: the OIDC provider, to which pulumi-eks passes no tags."""


@resource_rule(*TAGGABLE)
def everything_carries_the_required_tags(resource: ResourceValidationArgs) -> Iterator[str]:
    """Whatever can be tagged says project, environment, owner, who manages it and which stack it is of."""
    if resource.resource_type == "eks:index:Cluster" and not resource.props:
        return  # in the engine pulumi-eks may register its component without inputs; its children have them
    present = {*(resource.props.get("tags") or ()), *(known(resource.props, "tagsAll") or ())}
    missing = [tag for tag in REQUIRED if tag not in present or known(resource.props, "tags", tag) == ""]
    if missing:
        yield f"tags lack {', '.join(missing)}: pass the component's tags on"
