"""Seconds of a rehearsal of size `day`, and the part of them that the Pulumi engine takes."""

from __future__ import annotations

import resource
import time

from ops.project import ROOT
from ops.stack.settings_file import read
from rehearsal.engine import RehearsalError, find_cli
from rehearsal.run import rehearse
from rehearsal.settings import engine_settings
from rehearsal.simulation import running

LIMIT = 60.0


def measure() -> bool:
    """Print the seconds of up, up and destroy; whether the limit is kept. Without a CLI, say so: not kept."""
    try:
        find_cli()
    except RehearsalError as error:
        print(f"a rehearsed day               not measured: {error}")
        return False
    with running() as simulation:
        before, begin = _cpu(), time.perf_counter()
        summary = rehearse(simulation, engine_settings(read(ROOT, "dev")))
        seconds, after = time.perf_counter() - begin, _cpu()
    ours, engine = (late - early for early, late in zip(before, after, strict=True))
    share = engine / (ours + engine)
    print(f"a rehearsed day               {seconds:.1f} s (limit {LIMIT:.0f}), {share:.0%} of its CPU the engine's")
    return summary.good and seconds <= LIMIT


def _cpu() -> tuple[float, float]:
    """Seconds of CPU of this process, which simulates the cloud, and of the engine with all it starts."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    ours, children = (usage.ru_utime + usage.ru_stime for usage in usages)
    return ours, children
