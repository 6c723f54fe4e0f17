"""The duration of a stack's up and destroy, as planned and as the engine schedules it."""

from __future__ import annotations

import pytest

from ops.project import ROOT
from ops.stack import settings_file
from ops.stack.plan import make_plan
from rehearsal.report import compare
from rehearsal.run import rehearse
from rehearsal.settings import EngineSettings
from rehearsal.simulation import Simulation
from tests.rehearsal.engines import config

pytestmark = pytest.mark.engine

SECONDS_PER_MINUTE = 6


def test_the_engine_takes_as_long_as_the_plan_says(simulation: Simulation) -> None:
    simulation.operations.scale = SECONDS_PER_MINUTE / 60
    summary = rehearse(simulation, EngineSettings(stack="dev", plain=config()))
    assert summary.good, summary.as_json()
    plan = make_plan(settings_file.read(ROOT, "dev"))
    compared = compare(plan, plan, summary, simulation.operations.scale)
    assert set(compared) == {"up", "destroy"}
    for part, times in compared.items():
        assert abs(times["deviation"]) < 0.1, f"{part}: {times}"
