"""Pinned versions: whether their vendors still support them."""

from __future__ import annotations

from datetime import date

from catalogue.pins import WARNING_DAYS
from ops.checks.check import Outcome, State, fine
from ops.model.pinned_versions import ending
from ops.model.recorder import Recording


def support(recording: Recording, today: date) -> Outcome:
    """Bad when the support of something is over; fine, but with what to do, when it ends soon."""
    pins = ending(recording, today)
    if not pins:
        return fine(f"nothing ends within {WARNING_DAYS} days")
    return Outcome(
        state=State.FINE if all(pin.supported(today) for pin in pins) else State.BAD,
        says="; ".join(pin.warning(today) for pin in pins),
        fix="; ".join(dict.fromkeys(f"{pin.instead} ({pin.source})" for pin in pins)),
    )
