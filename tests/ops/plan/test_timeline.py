"""Lengths of up and destroy on graphs computed by hand, and properties that hold on every graph."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ops.model import timeline

#   a(2) ── b(10) ── d(1)
#     └──── c(4) ────┘
#   e(5)                      independent
DIAMOND = {
    "a": frozenset[str](),
    "b": frozenset("a"),
    "c": frozenset("a"),
    "d": frozenset("bc"),
    "e": frozenset[str](),
}
SECONDS = {"a": 2.0, "b": 10.0, "c": 4.0, "d": 1.0, "e": 5.0}


def path(up: timeline.Up) -> str:
    return "".join(step.urn for step in up.critical_path)


def test_up_takes_as_long_as_the_longest_chain() -> None:
    up = timeline.up(DIAMOND, SECONDS)
    assert (up.seconds, path(up)) == (13, "abd")


def test_a_longer_chain_takes_over_the_critical_path() -> None:
    up = timeline.up(DIAMOND, {**SECONDS, "c": 11.0})
    assert (up.seconds, path(up)) == (14, "acd")


def test_slack_is_how_much_later_a_resource_may_end() -> None:
    steps = timeline.up(DIAMOND, SECONDS).steps
    assert {urn: step.slack for urn, step in steps.items()} == {"a": 0, "b": 0, "c": 6, "d": 0, "e": 8}
    assert (steps["c"].start, steps["c"].end) == (2, 6)


def test_destroy_deletes_in_waves_by_depth_deepest_first() -> None:
    down = timeline.down(DIAMOND, SECONDS)
    assert [(wave.depth, wave.urns, wave.seconds) for wave in down.waves] == [
        (2, ("d",), 1),
        (1, ("b", "c"), 10),
        (0, ("e", "a"), 5),
    ]


def test_destroy_is_the_sum_of_the_slowest_of_each_wave_not_the_longest_chain() -> None:
    # Along the graph 13 seconds would do; e is alone in its chain and still delays everything by 3.
    assert timeline.down(DIAMOND, SECONDS).seconds == 16


def test_one_more_edge_moves_a_slow_deletion_beside_another() -> None:
    deeper = {**DIAMOND, "e": frozenset("a")}
    assert timeline.down(deeper, SECONDS).seconds == 1 + 10 + 2


def test_nothing_takes_no_time() -> None:
    assert timeline.up({}, {}).seconds == timeline.down({}, {}).seconds == 0


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, frozenset[str]], dict[str, float]]:
    size = draw(st.integers(1, 25))
    edges = {
        str(node): frozenset(str(other) for other in draw(st.sets(st.integers(0, node - 1), max_size=4)))
        if node
        else frozenset[str]()
        for node in range(size)
    }
    return edges, {node: draw(st.integers(0, 600)) for node in edges}


@settings(deadline=None)
@given(graphs())
def test_no_wave_deletes_a_resource_before_all_that_depend_on_it(
    graph: tuple[dict[str, frozenset[str]], dict[str, float]],
) -> None:
    edges, seconds = graph
    wave_of = {urn: index for index, wave in enumerate(timeline.down(edges, seconds).waves) for urn in wave.urns}
    assert wave_of.keys() == edges.keys()
    assert all(wave_of[urn] < wave_of[other] for urn, waits_for in edges.items() for other in waits_for)


@settings(deadline=None)
@given(graphs())
def test_nothing_is_created_before_what_it_waits_for_and_the_path_fills_the_whole_time(
    graph: tuple[dict[str, frozenset[str]], dict[str, float]],
) -> None:
    edges, seconds = graph
    up = timeline.up(edges, seconds)
    assert all(up.steps[urn].start >= up.steps[other].end for urn, waits_for in edges.items() for other in waits_for)
    assert sum(seconds[step.urn] for step in up.critical_path) == up.seconds
    assert all(step.slack == 0 for step in up.critical_path)
    assert timeline.down(edges, seconds).seconds >= up.seconds
