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

SECONDS_PER_MINUTE = (6, 12)
"""The second for a machine with other work: of a minute that takes half as much, of what the plan lacks the same."""


def test_the_engine_takes_as_long_as_the_plan_says(simulation: Simulation) -> None:
    plan = make_plan(settings_file.read(ROOT, "dev"))
    for seconds in SECONDS_PER_MINUTE:
        simulation.operations.scale = seconds / 60
        summary = rehearse(simulation, EngineSettings(stack="dev", plain=config()))
        assert summary.good, summary.as_json()
        compared = compare(plan, plan, summary, simulation.operations.scale)
        assert set(compared) == {"up", "destroy"}
        if all(abs(times["deviation"]) < 0.1 for times in compared.values()):
            return
    raise AssertionError(str(compared))
