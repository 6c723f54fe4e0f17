"""When `genai up` is done."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any, cast

import pytest

from ops.commands.up_and_down.up import UpResult, bring_up
from ops.stack.engine import Engine
from ops.stack.state import StackState, engine_urn
from tests.ops.up_and_down.stand_in import EMPTY, StandIn, holding, resource, unseen
from tests.ops.up_and_down.test_progress import plan

VPC = "urn:pulumi:dev::genaiplatform::genai:sample:Network$aws:ec2/vpc:Vpc::vpc"


@functools.cache
def complete() -> StackState:
    """The state after an `up` of the sample."""
    every = [resource(engine_urn(made.urn)) for made in plan().recording.resources]
    return replace(holding(*every), outputs={"url": "http://entry"})


def brought_up(engine: StandIn) -> UpResult:
    return bring_up(cast(Engine, engine), plan(), unseen)


def test_it_is_done_when_all_that_the_program_describes_is_there() -> None:
    engine = StandIn(EMPTY, complete())
    found = brought_up(engine)
    assert (found.exit_code, found.missing, found.errors) == (0, [], [])
    assert engine.done == ["up"]
    assert engine.said == []


@pytest.mark.parametrize(
    ("lack", "missing"),
    [
        (
            {"resources": [resource for resource in complete().resources if resource.urn != VPC]},
            ["aws:ec2/vpc:Vpc vpc"],
        ),
        ({"unfinished": [VPC]}, ["aws:ec2/vpc:Vpc vpc"]),
        ({"pending": ["creating something"]}, []),
        ({"outputs": {}}, []),
    ],
    ids=["a resource is not there", "one is not ready", "one never ended", "there are no outputs"],
)
def test_it_is_not_done_whatever_the_engine_says_when(lack: dict[str, Any], missing: list[str]) -> None:
    found = brought_up(StandIn(EMPTY, replace(complete(), **lack)))
    assert (found.exit_code, found.missing) == (1, missing)


def test_it_is_not_done_when_the_engine_complains_about_what_was_there_before() -> None:
    found = brought_up(StandIn(complete(), complete(), complaints=("update failed",)))
    assert (found.exit_code, found.missing, found.errors) == (1, [], ["update failed"])


def test_what_a_dead_run_had_begun_is_forgotten_after_saying_so() -> None:
    engine = StandIn(holding(pending=(VPC, f"{VPC}-2")), EMPTY, complete())
    assert brought_up(engine).exit_code == 0
    assert engine.done == ["forget", "up"]
    [sentence] = engine.said
    assert "in the middle of creating aws:ec2/vpc:Vpc vpc and 1 more" in sentence
    assert "`genai leftovers --stack dev`" in sentence


def test_after_ctrl_c_up_does_not_begin() -> None:
    engine = StandIn(holding(pending=(VPC,)), EMPTY)
    engine.interrupt_in("forget")
    assert brought_up(engine).exit_code == 1
    assert engine.done == ["forget"]


def test_up_does_not_begin_while_that_cannot_be_forgotten() -> None:
    engine = StandIn(holding(pending=(VPC,)), complaints=("the cluster does not answer",))
    found = brought_up(engine)
    assert engine.done == ["forget"]
    assert (found.exit_code, found.errors) == (1, ["the cluster does not answer"])
