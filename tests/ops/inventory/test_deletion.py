"""How leftovers are removed, and what stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from unittest import mock

import pytest
from botocore.exceptions import ClientError, WaiterError
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.clouds.aws import Call, Wait
from ops.clouds.removal import PermanentError
from ops.inventory.deletion import ATTEMPTS, STAGES, clear_away, delete, in_order
from ops.inventory.found import FoundResource, Leftover
from ops.inventory.scan import Failure, Scan, run_finders
from tests.ops.inventory.recorded_calls import Answers
from tests.ops.inventory.world import REGION, World, answering, error


def everything(world: World) -> set[tuple[str, str]]:
    """All that any listing of the account knows, ours or not."""
    resources, failures = run_finders(world.day().finders())
    assert not failures
    return {(resource.kind, resource.id) for resource in resources}


def test_all_of_ours_goes_in_an_order_that_aws_takes_and_nothing_else_goes(
    world: World, answers_elsewhere: Answers
) -> None:
    """All other tests have what they need in `answers_elsewhere`, so this one may empty the account."""
    assert answers_elsewhere
    day = world.day()
    before = everything(world)
    asked: list[Sequence[Leftover]] = []
    said: list[str] = []

    def agreed(todo: Sequence[Leftover]) -> bool:
        asked.append(todo)
        return True

    with mock.patch("botocore.waiter.time.sleep"):
        scan = clear_away(day, day.scan(), agreed, said.append, pause=lambda: None)

    assert (scan.exit_code, scan.leftovers, scan.failures) == (0, [], [])
    ours = {(kind, identifier) for kind, found in world.ours.items() for identifier in found}
    assert everything(world) == before - ours - world.go_along
    # Two groups that name each other are freed at the same moment, so one may be tried too early.
    assert set(world.refused) <= {"DeleteSecurityGroup"}
    assert len(asked) == 1
    assert {(left.resource.kind, left.resource.id) for left in asked[0]} == ours
    assert sorted(said) == sorted(f"removed: {kind} {identifier}" for kind, identifier in ours)


def test_nothing_is_removed_without_a_yes() -> None:
    cloud = Memory({"VPC 1", "VPC 2"})
    scan = clear_away(cloud, cloud.scan(), lambda _: False, lambda _: None)
    assert cloud.there == {"VPC 1", "VPC 2"}
    assert scan.exit_code == 1


def test_what_a_removal_brings_to_light_is_asked_about_and_removed_too() -> None:
    """A deleted gateway of Azure goes on as a deleted one."""
    cloud = Memory({"resource group 1"}, becomes={"resource group 1": "deleted key vault 1"})
    asked: list[list[str]] = []

    def agreed(todo: Sequence[Leftover]) -> bool:
        asked.append([left.resource.kind for left in todo])
        return True

    assert clear_away(cloud, cloud.scan(), agreed, lambda _: None).exit_code == 0
    assert asked == [["resource group"], ["deleted key vault"]]


def test_a_removal_that_is_refused_leaves_the_others_to_go_and_the_exit_code_at_1() -> None:
    cloud = Memory({"NAT gateway 1", "VPC 1"}, refused={"NAT gateway 1"})
    said: list[str] = []
    scan = clear_away(cloud, cloud.scan(), lambda _: True, said.append, pause=lambda: pytest.fail("waited in vain"))
    assert cloud.there == {"NAT gateway 1"}
    assert scan.exit_code == 1
    assert said == ["not removed: NAT gateway 1: refused", "removed: VPC 1"]


def test_a_thing_that_others_hold_is_tried_again_after_a_pause() -> None:
    pauses: list[int] = []
    cloud = Memory({"VPC 1"}, held={"VPC 1": 3})
    delete(cloud.scan().leftovers, lambda _: None, pause=lambda: pauses.append(1))
    assert (cloud.there, len(pauses)) == (set(), 3)


def test_it_gives_up_after_a_while() -> None:
    pauses: list[int] = []
    cloud = Memory({"VPC 1"}, held={"VPC 1": 1000})
    delete(cloud.scan().leftovers, lambda _: None, pause=lambda: pauses.append(1))
    assert (cloud.there, len(pauses)) == ({"VPC 1"}, ATTEMPTS - 1)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_interleaving_of_failures_ends_in_0_while_something_is_left(data: st.DataObject) -> None:
    kinds = [kind for stage in STAGES for kind in stage]
    names = [f"{kind} 1" for kind in kinds]
    some = st.sets(st.sampled_from(names))
    there = data.draw(some)
    cloud = Memory(
        set(there),
        refused=data.draw(some),
        held=data.draw(st.dictionaries(st.sampled_from(names), st.integers(1, 2 * ATTEMPTS))),
        becomes=data.draw(st.dictionaries(st.sampled_from(names), st.sampled_from(names), max_size=3)),
        blind=data.draw(st.lists(st.sets(st.sampled_from(kinds)), max_size=3)),
        lies=data.draw(some),
    )
    scan = clear_away(cloud, cloud.scan(), lambda _: data.draw(st.booleans()), lambda _: None, pause=lambda: None)
    assert scan.exit_code == (2 if scan.failures else 1 if cloud.there else 0)


def test_things_go_stage_by_stage() -> None:
    names = {f"{kind} 1" for stage in STAGES for kind in stage}
    cloud = Memory(set(names))
    delete(cloud.scan().leftovers, lambda _: None)
    stage = {f"{kind} 1": number for number, kinds in enumerate(STAGES) for kind in kinds}
    assert [stage[name] for name in cloud.removed] == sorted(stage[name] for name in names)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("InvalidVolume.NotFound", "gone"),
        ("NoSuchEntity", "gone"),
        ("DBClusterNotFoundFault", "gone"),
        ("UnauthorizedOperation", "permanent"),
        ("AccessDeniedException", "permanent"),
        ("DependencyViolation", "again"),
        ("VolumeInUse", "again"),
    ],
)
def test_an_error_of_aws_is_read_as(world: World, code: str, outcome: str) -> None:
    def fail(_client: object, operation: str, _parameters: object) -> None:
        raise error(code, operation)

    step = Call(world.aws(), "ec2", "delete_volume", {"VolumeId": "vol-1"})
    with answering(fail):
        if outcome == "gone":
            step.run()
        else:
            with pytest.raises(PermanentError if outcome == "permanent" else ClientError, match=code):
                step.run()


def test_a_wait_that_never_ends_is_not_begun_again(world: World) -> None:
    def still_there(*_: object) -> object:
        return {"NatGateways": [{"State": "failed"}]}

    step = Wait(world.aws(), "ec2", "nat_gateway_deleted", {"NatGatewayIds": ["nat-1"]})
    with answering(still_there), mock.patch("botocore.waiter.time.sleep"), pytest.raises(PermanentError) as raised:
        step.run()
    assert isinstance(raised.value.__cause__, WaiterError)


@dataclass
class Memory:
    """A cloud of named things ("VPC 1") that fails as it is told to."""

    there: set[str]
    refused: set[str] = field(default_factory=set)
    held: dict[str, int] = field(default_factory=dict)
    """How often a removal fails before it works."""
    becomes: dict[str, str] = field(default_factory=dict)
    blind: list[set[str]] = field(default_factory=list)
    """Kinds that the first, second ... look cannot see."""
    lies: set[str] = field(default_factory=set)
    """Whose removal says that it worked, and did nothing."""
    removed: list[str] = field(default_factory=list)

    def scan(self) -> Scan:
        unseen = self.blind.pop(0) if self.blind else set()
        leftovers = []
        for name in sorted(self.there):
            kind, _, identifier = name.rpartition(" ")
            if kind not in unseen:
                step = Removal(self, name)
                resource = FoundResource(kind=kind, id=identifier, region=REGION, removal=(step,))
                leftovers.append(Leftover(resource=resource, why="is ours"))
        return Scan(leftovers=leftovers, failures=[Failure(what=kind, error="denied") for kind in sorted(unseen)])


@dataclass(frozen=True)
class Removal:
    """Removes a name from a `Memory`."""

    cloud: Memory
    name: str
    command: str = "true"

    def run(self) -> None:
        if self.name in self.cloud.refused:
            raise PermanentError("refused")
        if self.cloud.held.get(self.name, 0) > 0:
            self.cloud.held[self.name] -= 1
            raise RuntimeError("held")
        if self.name not in self.cloud.lies:
            self.cloud.there.discard(self.name)
            self.cloud.removed.append(self.name)
            if self.name in self.cloud.becomes:
                self.cloud.there.add(self.cloud.becomes[self.name])


def test_the_plan_shows_the_order_of_the_removal() -> None:
    cloud = Memory({"VPC 1", "subnet 1", "EKS cluster 1", "NAT gateway 1"})
    kinds = [item.resource.kind for item in in_order(cloud.scan().leftovers)]
    assert kinds == ["EKS cluster", "NAT gateway", "subnet", "VPC"]
