"""Duration of `pulumi up` and `pulumi destroy`, from the engine's graph and the seconds of each resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ops.model.engine_graph import Edges

Seconds = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class TimelineStep:
    """The creation of one resource, in seconds from the start; `slack` seconds later would still do."""

    urn: str
    start: float
    end: float
    slack: float


@dataclass(frozen=True, kw_only=True)
class Up:
    """`pulumi up` of a new stack: everything starts as soon as what it waits for is there."""

    seconds: float
    steps: Mapping[str, TimelineStep]
    critical_path: tuple[TimelineStep, ...]
    """The chain that decides the length, first to last; each starts when the one before ends."""


@dataclass(frozen=True, kw_only=True)
class Wave:
    """Deletions that run at the same time; the next wave waits for the slowest."""

    depth: int
    seconds: float
    urns: tuple[str, ...]
    """Slowest first."""


@dataclass(frozen=True, kw_only=True)
class Down:
    """`pulumi destroy`: the engine deletes in waves, deepest first, and never starts one before the last has ended."""

    seconds: float
    waves: tuple[Wave, ...]


def up(edges: Edges, seconds: Seconds) -> Up:
    """The longest path, with as many creations at a time as there are (`pulumi up --parallel` is no limit here)."""
    start: dict[str, float] = {}
    end: dict[str, float] = {}
    for urn, waits_for in edges.items():
        start[urn] = max((end[dependency] for dependency in waits_for), default=0)
        end[urn] = start[urn] + seconds[urn]
    total = max(end.values(), default=0)
    latest_end = dict.fromkeys(edges, total)
    for urn, waits_for in reversed(list(edges.items())):
        for dependency in waits_for:
            latest_end[dependency] = min(latest_end[dependency], latest_end[urn] - seconds[urn])
    steps = {
        urn: TimelineStep(urn=urn, start=start[urn], end=end[urn], slack=latest_end[urn] - end[urn]) for urn in edges
    }
    path: list[TimelineStep] = []
    urn = max(edges, key=lambda candidate: (end[candidate], candidate), default="")
    while urn:
        path.append(steps[urn])
        urn = max(edges[urn], key=lambda dependency: (end[dependency], dependency), default="")
    return Up(seconds=total, steps=steps, critical_path=tuple(reversed(path)))


def down(edges: Edges, seconds: Seconds) -> Down:
    """The waves of the engine: one for each depth from the roots of the graph.

    pulumi pkg/resource/deploy/step_generator.go, ScheduleDeletes: take away all resources that depend on nothing
    left, again and again, then delete these sets in reverse. That is the length of the longest chain below a resource.
    """
    depth: dict[str, int] = {}
    for urn, waits_for in edges.items():
        depth[urn] = max((depth[dependency] + 1 for dependency in waits_for), default=0)
    by_depth: dict[int, list[str]] = {}
    for urn, level in depth.items():
        by_depth.setdefault(level, []).append(urn)
    waves = tuple(
        Wave(
            depth=level,
            seconds=max(seconds[urn] for urn in by_depth[level]),
            urns=tuple(sorted(by_depth[level], key=lambda urn: (-seconds[urn], urn))),
        )
        for level in sorted(by_depth, reverse=True)
    )
    return Down(seconds=sum(wave.seconds for wave in waves), waves=waves)
