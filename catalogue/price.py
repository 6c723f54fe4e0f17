"""A price of the catalogue: USD, its source and its date. Tables write many figures of one source at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

HOURS_PER_MONTH = 730
"""As AWS converts monthly prices."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """USD for one unit for one hour."""

    usd_per_hour: float
    source: str
    date: str
    """When the source was made or, where it does not say, read; ISO 8601."""


@dataclass(frozen=True, kw_only=True)
class UsagePrice:
    """What is paid by use, and so is not in the cost of a day that nobody uses."""

    usd: float
    unit: str
    source: str
    date: str


def prices(source: str, date: str) -> Callable[[Mapping[str, float]], Mapping[str, Price]]:
    """Turns USD an hour by item into prices of that source."""
    return lambda table: {
        item: Price(usd_per_hour=usd_per_hour, source=source, date=date) for item, usd_per_hour in table.items()
    }


def usage(source: str, date: str) -> Callable[[Mapping[str, tuple[float, str]]], Mapping[str, UsagePrice]]:
    """Turns USD and unit by item into prices of that source."""
    return lambda table: {
        item: UsagePrice(usd=usd, unit=unit, source=source, date=date) for item, (usd, unit) in table.items()
    }
