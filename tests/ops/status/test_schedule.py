"""Schedules of workflows, and the one of this project."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.checks.status.schedule import WORKFLOW, ScheduleError, destroy_crons, next_destroy
from ops.project import ROOT

THURSDAY = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("30 9 * * *", "2026-11-26T09:30"),
        ("29 9 * * *", "2026-11-27T09:29"),
        ("17 10 * * *", "2026-11-26T10:17"),
        ("17 10-16/2 * * *", "2026-11-26T10:17"),
        ("0 8,20 * * 1-5", "2026-11-26T20:00"),
        ("0 8 * * 1-5", "2026-11-27T08:00"),
        ("0 8 * * 0", "2026-11-29T08:00"),
        ("*/20 * * * *", "2026-11-26T09:40"),
        ("5/25 23 * * 6", "2026-11-28T23:05"),
    ],
)
def test_the_next_destroy_is_the_first_that_the_cron_names(cron: str, expected: str) -> None:
    assert next_destroy([cron], None, THURSDAY) == at(expected)


@pytest.mark.parametrize("later", [timedelta(microseconds=1), timedelta(seconds=59)])
def test_a_minute_that_has_begun_is_over(later: timedelta) -> None:
    assert next_destroy(["30 9 * * *"], None, THURSDAY + later) == at("2026-11-27T09:30")


def test_of_several_crons_the_first_to_come_counts_and_of_none_none() -> None:
    assert next_destroy(["0 20 * * *", "0 12 * * *"], None, THURSDAY) == at("2026-11-26T12:00")
    assert next_destroy([], None, THURSDAY) is None
    assert next_destroy([], "2026-11-26T22:00:00Z", THURSDAY) is None


@pytest.mark.parametrize(
    ("keep_until", "expected"),
    [
        ("2026-11-26T11:00:00Z", "2026-11-26T12:17"),
        ("2026-11-26T12:17:00Z", "2026-11-26T12:17"),
        ("2026-11-26T12:17:01Z", "2026-11-26T14:17"),
        ("2026-11-26T20:00:00+09:00", "2026-11-26T12:17"),
        ("2026-11-26T11:00", "2026-11-26T12:17"),
        ("2026-11-28", "2026-11-28T10:17"),
        ("2026-11-24T22:00:00Z", "2026-11-26T10:17"),
    ],
)
def test_evenings_pass_by_until_the_time_of_the_tag(keep_until: str, expected: str) -> None:
    assert next_destroy(["17 10-16/2 * * *"], keep_until, THURSDAY) == at(expected)


@settings(deadline=None)
@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    weekdays=st.sets(st.integers(0, 6), min_size=1),
    now=st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31), timezones=st.just(UTC)),
)
def test_an_evening_comes_within_a_week_on_its_days_and_none_is_passed_over(
    minute: int, hour: int, weekdays: set[int], now: datetime
) -> None:
    found = next_destroy([f"{minute} {hour} * * {','.join(map(str, weekdays))}"], None, now)
    assert found
    days = [(now + timedelta(days=day)).replace(hour=hour, minute=minute, second=0, microsecond=0) for day in range(9)]
    assert found == min(day for day in days if day >= now and int(f"{day:%w}") in weekdays)


@pytest.mark.parametrize(
    ("crons", "keep_until", "says"),
    [
        (["0 10 * * *"], "tomorrow", "the tag genai:keep-until is 'tomorrow': set a time such as 2026-11-26T22:00:00Z"),
        (["0 10 1 * *"], None, "'0 10 1 * *' is not minute, hour"),
        (["0 10 * * MON"], None, "'0 10 * * MON' is not minute, hour"),
        (["0 10"], None, "'0 10' is not minute, hour"),
        (["0 10 * * 9"], None, "'0 10 * * 9' comes on no day"),
    ],
)
def test_what_is_no_time_is_told(crons: Sequence[str], keep_until: str | None, says: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        next_destroy(crons, keep_until, THURSDAY)
    assert says in str(caught.value)


def workflow(root: Path, text: str) -> None:
    (root / WORKFLOW).parent.mkdir(parents=True, exist_ok=True)
    (root / WORKFLOW).write_text(text)


def test_an_evening_is_every_cron_that_is_no_morning_of_a_stack_it_takes_down(tmp_path: Path) -> None:
    assert destroy_crons(tmp_path, "dev") == []
    workflow(
        tmp_path,
        """
on:
  schedule:
    - cron: "47 23 * * 0-4"
    - cron: "17 10 * * *"
    - cron: "17 12 * * *"
env:
  ACTION: ${{ github.event.schedule == '47 23 * * 0-4' && 'up' || 'down' }}
jobs:
  day:
    steps:
      - run: genai down --stack dev --json
""",
    )
    assert destroy_crons(tmp_path, "dev") == ["17 10 * * *", "17 12 * * *"]
    assert destroy_crons(tmp_path, "de") == []
    assert destroy_crons(tmp_path, "dev-2") == []


def test_the_projects_own_workflow_has_a_morning_and_an_evening() -> None:
    crons = [trigger["cron"] for trigger in yaml.safe_load((ROOT / WORKFLOW).read_text())[True]["schedule"]]
    found = destroy_crons(ROOT, "dev")
    assert set() < set(found) < set(crons)
    assert next_destroy(found, None, THURSDAY)
