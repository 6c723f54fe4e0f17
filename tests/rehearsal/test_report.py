"""How a rehearsal ends in words."""

from __future__ import annotations

import pytest

from rehearsal.report import print_summary
from rehearsal.run import Summary


@pytest.mark.parametrize(
    ("summary", "verdict"),
    [
        (Summary(changes_in_second_up=0), "A clean day: a second up changed nothing, and in the end nothing was left."),
        (Summary(changes_in_second_up=2), "Not a clean day: the lines above say why."),
        (Summary(changes_in_second_up=0, left_in_state=1), "Not a clean day: the lines above say why."),
    ],
)
def test_the_last_line_is_a_verdict(summary: Summary, verdict: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(summary, {"up": {"planned": 1, "rehearsed": 1, "deviation": 0}})
    assert capsys.readouterr().out.splitlines()[-1] == verdict
