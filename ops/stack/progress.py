"""Pulumi engine events as progress: one part for each component, and how far an operation is."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import dropwhile

from pulumi.automation.events import EngineEvent, OpType

from ops.model import engine_graph, timeline, typical_times
from ops.model.recorder import Resource
from ops.stack.plan import Plan
from ops.stack.state import engine_urn, short

_COLOR = re.compile(r"<\{%[^%]*%\}>")
_READING = (OpType.READ, OpType.REFRESH, OpType.SAME)
"""Operations that change nothing."""

Span = tuple[float, float]
"""Begin and end, in seconds."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """What an operation has to do, by URNs of the engine."""

    parts: Mapping[str, Sequence[str]]
    """The resources of each component, by its name."""
    typical: Mapping[str, Span]
    """When the engine is usually busy with each resource, from the beginning of the operation."""
    length: Callable[[timeline.Seconds], float]
    """Seconds that the operation lasts when each resource takes the seconds given."""

    @property
    def seconds(self) -> float:
        """Seconds that it usually lasts."""
        return self.length({urn: end - begin for urn, (begin, end) in self.typical.items()})


def creation(plan: Plan) -> Work:
    """What `up` of a new stack does."""
    edges = {engine_urn(urn): frozenset(map(engine_urn, waits_for)) for urn, waits_for in plan.edges.items()}
    return Work(
        parts=_parts(plan.resources),
        typical={engine_urn(urn): (step.start, step.end) for urn, step in plan.up.steps.items()},
        length=lambda seconds: timeline.up(edges, seconds).seconds,
    )


def deletion(resources: Sequence[Resource]) -> Work:
    """What `destroy` of these resources does."""
    edges, seconds = engine_graph.edges(resources), typical_times.delete_seconds(resources)
    typical: dict[str, Span] = {}
    start = 0.0
    for wave in timeline.down(edges, seconds).waves:
        typical |= {urn: (start, start + seconds[urn]) for urn in wave.urns}
        start += wave.seconds
    return Work(parts=_parts(resources), typical=typical, length=lambda seconds: timeline.down(edges, seconds).seconds)


def _parts(resources: Iterable[Resource]) -> dict[str, list[str]]:
    """Components with what they hold; what no component of ours holds is for the engine alone, or done in no time."""
    by_urn = {resource.urn: resource for resource in resources}
    parts: dict[str, list[str]] = {}
    for resource in by_urn.values():
        if resource.custom and (holder := engine_graph.holder(resource, by_urn)):
            parts.setdefault(holder.name, []).append(engine_urn(resource.urn))
    return parts


class PartStatus(StrEnum):
    """Of a part."""

    WAITING = "waiting"
    WORKING = "working"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Part:
    """A component. `seconds` is how long the engine has been busy with it, `typical` how long it usually is."""

    name: str
    status: PartStatus
    seconds: float
    typical: float


class Progress:
    """Gets the events of one operation. Safe to use from many threads.

    `standing` are the URNs of what is there already, `clock` tells seconds.
    """

    def __init__(self, work: Work, standing: Collection[str] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._said: dict[str, list[str]] = {}
        """The resources that an error is about, by its message; none when it is about the operation."""
        self._work, self._clock, self._lock, self._start = work, clock, threading.Lock(), clock()
        self._began: dict[str, float] = {}
        self._ended: dict[str, float] = dict.fromkeys(standing, self._start)
        self._failed: set[str] = set()

    @property
    def seconds(self) -> float:
        """How long the operation has been going on."""
        return self._clock() - self._start

    @property
    def seconds_left(self) -> float:
        """An estimate: what is not done takes its typical time, less what it already had."""
        with self._lock:
            left = {urn: self._left(urn, end - begin) for urn, (begin, end) in self._work.typical.items()}
        return self._work.length(left)

    @property
    def parts(self) -> list[Part]:
        """In the order in which the engine usually begins with them."""
        with self._lock:
            return [self._part(name, urns) for name, urns in sorted(self._work.parts.items(), key=self._usual_begin)]

    @property
    def errors(self) -> list[str]:
        """What the engine complained about: of resources, if it named any, for then all else follows from that."""
        with self._lock:
            about_resources = {message: about for message, about in self._said.items() if about}
            return [_complaint(message, about) for message, about in (about_resources or self._said).items()]

    def on_event(self, event: EngineEvent) -> None:
        """Take in what the engine says."""
        with self._lock:
            if event.resource_pre_event and event.resource_pre_event.metadata.op not in _READING:
                urn = event.resource_pre_event.metadata.urn
                self._began[urn] = self._clock()
                self._ended.pop(urn, None)
            elif event.res_outputs_event and event.res_outputs_event.metadata.op not in _READING:
                self._ended[event.res_outputs_event.metadata.urn] = self._clock()
            elif event.res_op_failed_event:
                urn = event.res_op_failed_event.metadata.urn
                self._ended[urn] = self._clock()
                self._failed.add(urn)
            elif (diagnostic := event.diagnostic_event) and diagnostic.severity == "error":
                about = self._said.setdefault(_gist(diagnostic.message), [])
                about += [short(diagnostic.urn)] if diagnostic.urn else []

    def _left(self, urn: str, typical: float) -> float:
        if urn in self._ended:
            return 0
        now = self._clock()
        return max(typical - (now - self._began.get(urn, now)), 0)

    def _part(self, name: str, urns: Sequence[str]) -> Part:
        now = self._clock()
        busy = [(self._began[urn], self._ended.get(urn, now)) for urn in urns if urn in self._began]
        if self._failed.intersection(urns):
            status = PartStatus.FAILED
        elif self._ended.keys() >= set(urns):
            status = PartStatus.DONE
        else:
            running = self._began.keys() & set(urns) - self._ended.keys()
            status = PartStatus.WORKING if running else PartStatus.WAITING
        return Part(
            name=name,
            status=status,
            seconds=_covered(busy),
            typical=_covered(self._work.typical[urn] for urn in urns),
        )

    def _usual_begin(self, part: tuple[str, Sequence[str]]) -> float:
        return min(self._work.typical[urn][0] for urn in part[1])


def _gist(message: str) -> str:
    """The message without colors, and of a Python traceback only what was raised."""
    text = _COLOR.sub("", message).strip()
    _, traceback, last = text.rpartition("\n  File ")
    if not traceback:
        return text
    raised = "\n".join(dropwhile(lambda line: line.startswith(" "), last.splitlines()[1:]))
    return re.sub(r"^(\w+\.)+\w+: ", "", raised)  # the class, where it is no built-in one


def _complaint(message: str, about: Sequence[str]) -> str:
    more = f" and {len(about) - 1} more" if about[1:] else ""
    return f"{about[0]}{more}: {message}" if about else message


def _covered(spans: Iterable[Span]) -> float:
    """Seconds that lie in at least one of the spans."""
    total, until = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(end - max(begin, until), 0)
        until = max(until, end)
    return total
