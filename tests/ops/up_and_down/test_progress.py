"""How far an operation is, from the engine's events."""

from __future__ import annotations

import functools

import pytest

from ops.stack.plan import Plan, make_plan
from ops.stack.progress import Part, PartStatus, Progress, Work, creation, deletion
from ops.stack.settings_file import StackConfig
from ops.stack.state import engine_urn
from tests.ops.plan import sample
from tests.ops.up_and_down.stand_in import begins, ends, fails, says


@functools.cache
def plan() -> Plan:
    return make_plan(StackConfig(stack="dev", values={}, secret_keys=()), sample.program)


def urn(name: str) -> str:
    """Of the resource of the sample that is called so, as the engine writes it."""
    (found,) = (resource.urn for resource in plan().resources if resource.name == name and resource.custom)
    return engine_urn(found)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(clock: Clock) -> Progress:
    return Progress(creation(plan()), clock=clock)


def part(progress: Progress, name: str) -> Part:
    (found,) = (part for part in progress.parts if part.name == name)
    return found


def test_before_anything_happened_all_components_wait_and_the_plan_is_what_is_left(progress: Progress) -> None:
    assert {part.name: part.status for part in progress.parts} == dict.fromkeys(
        ["network", "platform", "stores", "workloads"], PartStatus.WAITING
    )
    assert progress.seconds_left == plan().up.seconds == creation(plan()).seconds


def test_a_component_works_while_one_of_its_resources_does_and_is_done_with_the_last(progress: Progress) -> None:
    names = ["database", "database-0", "cache", "bucket", "password"]
    for name in names:
        progress.on_event(begins(urn(name)))
        assert part(progress, "stores").status is PartStatus.WORKING
        progress.on_event(ends(urn(name)))
        assert part(progress, "stores").status is (PartStatus.DONE if name == names[-1] else PartStatus.WAITING)
    assert part(progress, "network").status is PartStatus.WAITING


def test_elapsed_is_what_the_engine_was_busy_for_however_many_resources_at_a_time(
    progress: Progress, clock: Clock
) -> None:
    progress.on_event(begins(urn("database")))
    clock.now += 10
    progress.on_event(begins(urn("cache")))
    clock.now += 10
    progress.on_event(ends(urn("database")))
    assert part(progress, "stores").seconds == 20
    progress.on_event(ends(urn("cache")))
    clock.now += 100
    assert part(progress, "stores").seconds == 20
    progress.on_event(begins(urn("database-0")))
    clock.now += 5
    assert part(progress, "stores").seconds == 25
    assert progress.seconds == 125


def test_the_typical_time_of_a_component_leaves_out_what_it_waits_for(progress: Progress) -> None:
    """The Aurora cluster (0:43) and its instance (6:21), beside the cache (8:03): nothing of it waits for EKS."""
    assert part(progress, "stores").typical == 483
    workloads = part(progress, "workloads").typical
    assert 0 < workloads < plan().up.seconds - part(progress, "platform").typical + 1


def test_what_is_left_shrinks_with_what_runs_on_the_longest_way_and_never_below_nothing(
    progress: Progress, clock: Clock
) -> None:
    total = progress.seconds_left
    progress.on_event(begins(urn("vpc")))
    clock.now += 10
    assert progress.seconds_left == total - 10
    clock.now += 1000
    assert progress.seconds_left == total - 12, "a VPC takes 12 s, whatever this one does"
    progress.on_event(ends(urn("vpc")))
    assert progress.seconds_left == total - 12
    for resource in plan().resources:
        progress.on_event(begins(engine_urn(resource.urn)))
        progress.on_event(ends(engine_urn(resource.urn)))
    assert progress.seconds_left == 0


def test_what_stands_already_is_done_before_the_engine_says_so_and_works_again_when_it_changes() -> None:
    standing = [engine_urn(resource.urn) for resource in plan().resources]
    progress = Progress(creation(plan()), standing=standing)
    assert progress.seconds_left == 0
    for name in ("vpc", "cache"):
        progress.on_event(begins(urn(name), "same"))
        progress.on_event(ends(urn(name), "same"))
    assert {part.status for part in progress.parts} == {PartStatus.DONE}
    progress.on_event(begins(urn("cache"), "update"))
    assert part(progress, "stores").status is PartStatus.WORKING


def test_a_failure_stays_one_and_what_failed_is_not_waited_for(progress: Progress) -> None:
    before = progress.seconds_left
    progress.on_event(begins(urn("vpc")))
    progress.on_event(fails(urn("vpc")))
    assert part(progress, "network").status is PartStatus.FAILED
    assert progress.seconds_left == before - 12


def test_looking_at_what_is_there_is_no_progress(progress: Progress) -> None:
    for op in ("refresh", "read"):
        progress.on_event(begins(urn("vpc"), op))
        assert part(progress, "network").status is PartStatus.WAITING
        progress.on_event(ends(urn("vpc"), op))
    assert progress.seconds_left == plan().up.seconds


def test_errors_name_their_resources_once_for_all_that_have_the_same(progress: Progress) -> None:
    progress.on_event(says("update failed\n"))
    assert progress.errors == ["update failed"]
    for name in ("vpc", "cache"):
        progress.on_event(says("<{%fg 1%}>no such <{%reset%}>account\n", urn(name)))
    progress.on_event(says("quota", urn("nat")))
    progress.on_event(says("only so you know", urn("nat"), severity="info"))
    assert progress.errors == [
        "aws:ec2/vpc:Vpc vpc and 1 more: no such account",
        "aws:ec2/natGateway:NatGateway nat: quota",
    ]


def test_of_a_traceback_only_what_was_raised_is_shown(progress: Progress) -> None:
    progress.on_event(
        says(
            "Program failed with an unhandled exception:\nTraceback (most recent call last):\n"
            '  File "a.py", line 1, in <module>\n    build()\n    ^^^^^\n'
            '  File "b.py", line 2, in build\n    raise SettingsError(text)\n'
            "stacks.configuration.SettingsError: one thing is wrong\nand another\n"
        )
    )
    assert progress.errors == ["one thing is wrong\nand another"]


def test_a_destroy_is_measured_in_waves() -> None:
    work: Work = deletion(plan().resources)
    assert work.seconds == plan().down.seconds
    clock = Clock()
    progress = Progress(work, clock=clock)
    deepest = plan().down.waves[0]
    for item in deepest.urns:
        progress.on_event(begins(item, "delete"))
        progress.on_event(ends(item, "delete"))
    assert progress.seconds_left == plan().down.seconds - deepest.seconds
