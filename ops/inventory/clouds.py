"""Clouds of each kind of stack: AWS and Azure, and how what a stack has in them is listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ops.clouds import aws
from ops.inventory.azure import AzureStackInventory
from ops.inventory.databricks import DatabricksStackInventory
from ops.inventory.scan import AwsStackInventory, Inventory, Scan
from ops.stack.identity import StackIdentity


@dataclass(frozen=True, kw_only=True)
class StackPlace:
    """A stack, what is its own, and where it is, as far as that is known. Azure is scanned in every region."""

    stack: str
    identity: StackIdentity = field(default_factory=StackIdentity)
    region: str = ""
    domain: str = ""


@dataclass(frozen=True, kw_only=True)
class CloudProvider:
    """A cloud: how what a stack has in it is listed, and what reports call the place that was scanned."""

    inventory: Callable[[StackPlace], Inventory]
    place: Callable[[StackPlace], str]


AWS = CloudProvider(
    inventory=lambda at: AwsStackInventory(aws.Aws(at.region), at.stack, at.domain, at.identity),
    place=lambda at: f"{at.region} and what has no region",
)
AWS_WITH_AGENTCORE = CloudProvider(
    inventory=lambda at: AwsStackInventory(aws.Aws(at.region), at.stack, at.domain, at.identity, agentcore=True),
    place=AWS.place,
)
AZURE = CloudProvider(
    inventory=lambda at: AzureStackInventory(stack=at.stack, identity=at.identity),
    place=lambda _: "Azure",
)

DATABRICKS = CloudProvider(
    inventory=lambda at: DatabricksStackInventory(azure=AzureStackInventory(stack=at.stack, identity=at.identity)),
    place=lambda _: "its Databricks workspaces",
)

CLOUDS: Mapping[str, Sequence[CloudProvider]] = {
    "aws": [AWS],
    "azure": [AZURE],
    "mcp": [AWS_WITH_AGENTCORE, AZURE],
    "databricks": [AZURE, DATABRICKS],
}
"""What the stacks of a kind are in, by the name of the kind (`stacks.kinds`)."""


@dataclass(frozen=True)
class StackInventory:
    """All clouds of a stack as one."""

    clouds: Sequence[CloudProvider]
    at: StackPlace

    @property
    def place(self) -> str:
        """What reports call it."""
        return " and ".join(cloud.place(self.at) for cloud in self.clouds)

    def scan(self) -> Scan:
        """Ask all clouds now."""
        scans = [cloud.inventory(self.at).scan() for cloud in self.clouds]
        return Scan(
            leftovers=[leftover for scan in scans for leftover in scan.leftovers],
            failures=[failure for scan in scans for failure in scan.failures],
            uncertain=[leftover for scan in scans for leftover in scan.uncertain],
        )
