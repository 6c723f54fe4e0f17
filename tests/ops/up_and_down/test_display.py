"""The progress display while the engine works."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from ops.commands.up_and_down import display
from ops.commands.up_and_down.display import shown
from ops.console import minutes
from ops.stack.progress import Progress, creation
from ops.stack.state import engine_urn
from tests.ops.up_and_down.stand_in import begins, ends, fails, says
from tests.ops.up_and_down.test_progress import Clock, plan, urn
from tests.waiting import until


def piped() -> Console:
    return Console(file=io.StringIO(), width=150, highlight=False, emoji=False)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_piped_a_component_that_is_done_or_failed_is_one_line() -> None:
    console, clock = piped(), Clock()
    progress = Progress(creation(plan()), clock=clock)
    with shown(progress, console) as watch:
        for name in ("vpc", "subnet-0", "subnet-1", "address", "nat", "entry"):
            watch(begins(urn(name)))
            clock.now += 30
            watch(ends(urn(name)))
        watch(says("debug: a great many of these", severity="debug"))
        watch(begins(urn("cache")))
        clock.now += 5
        watch(fails(urn("cache")))
    assert printed(console).splitlines() == [
        "  3:00  network done in 3:00 (typically 2:44)",
        "  3:05  stores failed in 0:05 (typically 8:03)",
    ]


def test_piped_a_long_silence_is_broken_by_what_the_engine_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "HEARTBEAT", 0.001)
    console, clock = piped(), Clock()
    progress = Progress(creation(plan()), clock=clock)
    with shown(progress, console) as watch:
        watch(begins(urn("vpc")))
        clock.now += 5
        until(lambda: "0:05" in printed(console), "nothing broke the silence")
    total = minutes(plan().up.seconds - 5)
    assert f"  0:05  about {total} left; working on network 0:05\n" in printed(console)


def test_on_a_terminal_every_component_is_a_row_and_the_end_stays_to_be_read() -> None:
    console = Console(file=io.StringIO(), width=100, height=50, force_terminal=True, color_system=None)
    progress = Progress(creation(plan()), clock=Clock())
    with shown(progress, console) as watch:
        for resource in plan().resources:
            watch(begins(engine_urn(resource.urn)))
            watch(ends(engine_urn(resource.urn)))
    last = printed(console).rpartition("Component")[2]
    rows = [line.split() for line in last.splitlines() if line.split()[1:2] == ["done"]]
    assert [row[0] for row in rows] == [part.name for part in progress.parts]
    assert len(rows) == 4


def test_an_operation_that_takes_longer_says_so() -> None:
    console, clock = piped(), Clock()
    progress = Progress(
        creation(plan()), standing=[engine_urn(resource.urn) for resource in plan().resources], clock=clock
    )
    progress.on_event(begins(urn("cache"), "update"))
    clock.now += 1000
    assert display.busy_line(progress) == " 16:40  longer than usual; working on stores 16:40"
    console.print(display.table(progress))
    assert "longer than usual" in printed(console)
