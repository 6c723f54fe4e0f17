"""Until when a Kubernetes version is at the standard price."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from components.aws.kubernetes_versions import STANDARD_SUPPORT_ENDS, in_standard_support


@pytest.mark.parametrize("version", STANDARD_SUPPORT_ENDS)
def test_extended_support_is_billed_from_the_day_that_standard_support_ends(version: str) -> None:
    ends = STANDARD_SUPPORT_ENDS[version]
    assert in_standard_support(version, ends - timedelta(days=1))
    assert not in_standard_support(version, ends)


@pytest.mark.parametrize("version", ["1.32", "9.99", "1.35.1", "", "35"])
def test_a_version_that_is_not_in_the_calendar_is_not_supported(version: str) -> None:
    assert not in_standard_support(version, date(2026, 1, 1))


def test_newer_versions_end_later() -> None:
    assert list(STANDARD_SUPPORT_ENDS.values()) == sorted(STANDARD_SUPPORT_ENDS.values())
