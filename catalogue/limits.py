"""Limits that the settings and the guardrails share: addresses that may enter, and the life of a client secret."""

from __future__ import annotations

MOST_ADDRESSES = 2**28
"""More addresses than these, sixteen /8 ranges, belong to no single organization: that is the world."""

LONGEST_SECRET_DAYS = 730
"""Days for which the secret of a client application in Entra ID may be valid; azuread's own default."""
