"""Stage, cost, sentence and next command that follow from what was found of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.checks.check import Outcome, State
from ops.checks.status.status import Found, Stage, Status

NOW = datetime(2026, 11, 26, 13, 14, tzinfo=UTC)
UP: Mapping[str, Any] = {"litellmUrl": "http://x"}


def status(
    outputs: Mapping[str, Any] | None,
    *states: State,
    exists: bool = True,
    complete: bool = True,
    seen: bool = True,
    aws_stack: str = "",
) -> Status:
    return Status(
        stack="dev",
        place="us-east-1",
        now=NOW,
        found=Found(seen=seen, exists=exists, complete=complete, since=NOW - timedelta(hours=5, minutes=12), checks={}),
        outputs=outputs,
        outcomes={str(number): Outcome(state=state, says="says") for number, state in enumerate(states)},
        usd_per_hour=0.83,
        aws_stack=aws_stack,
    )


@pytest.mark.parametrize(
    ("made", "stage", "code", "says", "next_"),
    [
        (status(UP, State.FINE), Stage.UP, 0, "is up", "`genai verify --stack dev`"),
        (status(UP, aws_stack="aws"), Stage.UP, 0, "is up", "`genai verify --stack aws --azure-stack dev`"),
        (status(UP, State.FINE, State.BAD), Stage.UP, 1, "is up", "see to what is not well; `pulumi up -s dev`"),
        (status(UP, State.BAD, State.COULD_NOT_LOOK), Stage.UP, 2, "is up", "see to what is not well"),
        (
            status({}, exists=False, complete=False),
            Stage.DOWN,
            1,
            "is down: it has no outputs, and no part of it exists",
            "`pulumi up -s dev` begins a day",
        ),
        (
            status({}, State.FINE),
            Stage.BETWEEN,
            1,
            "is on its way up, or `up` did not come to its end",
            "`pulumi up -s dev` finishes the day, or `pulumi destroy -s dev` ends it",
        ),
        (
            status(UP, State.BAD, complete=False),
            Stage.BETWEEN,
            1,
            "is on its way down, or lost a part",
            "`pulumi up -s dev` finishes the day, or `pulumi destroy -s dev` ends it",
        ),
        (
            status(UP, State.BAD, exists=False, complete=False),
            Stage.BETWEEN,
            1,
            "is gone without `destroy`",
            "`pulumi destroy -s dev --refresh` clears the state",
        ),
        (status(None, State.COULD_NOT_LOOK), Stage.UNKNOWN, 2, "cannot be looked at whole", "`genai status --stack"),
        (status({}, exists=False, seen=False), Stage.UNKNOWN, 2, "cannot be looked at whole", "`genai status --stack"),
    ],
)
def test_each_stage_has_its_sentence_its_next_command_and_its_exit_code(
    made: Status, stage: Stage, code: int, says: str, next_: str
) -> None:
    assert (made.stage, made.exit_code) == (stage, code)
    assert says in made.says
    assert next_ in made.next


@settings(deadline=None)
@given(
    outputs=st.sampled_from([None, {}, UP]),
    states=st.lists(st.sampled_from(State)),
    exists=st.booleans(),
    complete=st.booleans(),
    seen=st.booleans(),
)
def test_the_exit_code_is_0_only_when_all_was_seen_all_is_there_and_all_is_well(
    outputs: Mapping[str, Any] | None, states: list[State], exists: bool, complete: bool, seen: bool
) -> None:
    made = status(outputs, *states, exists=exists, complete=complete, seen=seen)
    well = bool(outputs) and complete and seen and set(states) <= {State.FINE, State.NOTE}
    assert (made.exit_code == 0) == well
    if outputs is None or not seen or State.COULD_NOT_LOOK in states:
        assert made.exit_code == 2


def test_what_it_cost_is_its_age_at_the_price_of_an_idle_hour() -> None:
    made = status(UP)
    assert made.hours == pytest.approx(5.2)
    assert made.usd == pytest.approx(5.2 * 0.83)
