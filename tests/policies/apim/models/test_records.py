"""What the model gateway records of a call that it refuses: the logs count errors by it."""

from __future__ import annotations

from collections.abc import Callable

from tests.policies.apim.models.cases import answers
from tests.policies.apim.models.world import FLASH, MODELS, RESPONSES, SMALL, ModelWorld, policy


def test_a_refused_call_is_recorded_with_the_model_that_it_asked_for(model_world: Callable[..., ModelWorld]) -> None:
    world = model_world(policy())
    world.refused(403, "model_not_allowed", "client-a", model=SMALL)
    assert world.traces[-1]["model"] == SMALL
    world.refused(400, "operation_not_supported", model=FLASH, operation=RESPONSES)
    assert world.traces[-1]["model"] == FLASH
    world.answers["generativelanguage"] = answers(401)
    world.failed(502, "provider_refused", model=FLASH)
    assert world.traces[-1]["model"] == FLASH


def test_what_callers_make_up_is_not_recorded_as_a_model(model_world: Callable[..., ModelWorld]) -> None:
    world = model_world(policy())
    for made_up in ("gpt-6", "a\nb", "x" * 5000):
        world.refused(404, "model_not_found", model=made_up)
        assert world.traces[-1]["model"] == "-"
    world.refused(400, "model_missing", body="{}")
    world.refused(401, "invalid_token", "unsigned")
    world.refused(401, "invalid_token", "unsigned", operation=MODELS)
    assert [trace["model"] for trace in world.traces[-3:]] == ["-", "-", "-"]
