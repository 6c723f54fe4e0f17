"""A resource of AWS or Azure that was found, and why it is counted as the stack's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from catalogue.price import HOURS_PER_MONTH
from catalogue.prices import PRICES
from ops.clouds.removal import RemovalStep


@dataclass(frozen=True, kw_only=True)
class FoundResource:
    """What exists, ours or not.

    `part_of` is the kind and id of what it has no use without. `hosts` are the DNS names that a certificate is for
    or a record proves. `priced` are items of `catalogue.prices` with how many of each; None when it is paid by use.
    """

    kind: str
    id: str
    region: str
    """Empty for what has none."""
    removal: tuple[RemovalStep, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None
    priced: Sequence[tuple[str, float]] | None = ()
    cluster: str = ""
    """The name of the EKS cluster that its own name holds."""
    part_of: tuple[str, str] = ("", "")
    hosts: frozenset[str] = frozenset()
    soft_deleted: bool = False
    """Deleted already, but for some days it can be recovered and keeps its name."""
    evidence: str = ""
    """Why it is ours, where the one who found it can tell."""

    @property
    def command(self) -> str:
        """The shell command that removes it."""
        return " && ".join(step.command for step in self.removal)

    @property
    def usd_per_month(self) -> float | None:
        """Cost while it stays as it is; None when it is paid by use or its region has no price for it."""
        prices = PRICES.get(self.region, {})
        if self.priced is None or any(item not in prices for item, _ in self.priced):
            return None
        return sum(prices[item].usd_per_hour * quantity for item, quantity in self.priced) * HOURS_PER_MONTH


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """A resource of ours, and how that is known."""

    resource: FoundResource
    why: str
