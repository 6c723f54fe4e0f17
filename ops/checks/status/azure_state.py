"""Azure: what a resource says of its own state, and how long a client secret still lives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ops.checks.check import Outcome, bad, fine


def health(properties: Mapping[str, Any], again: str) -> Outcome:
    """Whether it is there, which `again` would make it, and whether it is made."""
    if not properties:
        return bad("is gone", f"`{again}` makes it anew")
    state = str(properties["provisioningState"])
    return fine(state) if state == "Succeeded" else bad(state, "wait, or see the activity log of the resource group")


def secret_life(end: datetime, now: datetime, advice: str) -> Outcome:
    """Whether it has ended, and what is to be done then."""
    hours = (end - now).total_seconds() / 3600
    if hours <= 0:
        return bad(f"ended at {end:%F %R} UTC", advice)
    return fine(f"ends at {end:%F %R} UTC, in {hours / 24:.1f} days")
