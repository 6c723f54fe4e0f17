"""How much of the IPv4 internet is the world: shared by the settings and the guardrails."""

from __future__ import annotations

MOST_ADDRESSES = 2**28
"""More addresses than these, sixteen /8 ranges, belong to no single organization: that is the world."""
