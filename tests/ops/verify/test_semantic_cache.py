"""The steps about answers that the gateway gives again: a cache that is well, and each defect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock

import pytest

from ops.checks.check import Outcome, State
from ops.checks.verify.gateway_models import GatewayModelSteps, model_step
from ops.checks.verify.http import client
from ops.checks.verify.semantic_cache import GIVEN_AGAIN, TO_NOBODY_ELSE, SemanticCacheSteps
from ops.checks.verify.step import attempt
from ops.clouds.log_analytics import Workspace
from ops.stack.running_stacks import RunningGateway
from tests.http_server import Answer, serve
from tests.ops.verify.models_world import OTHER, ROLELESS, TOKEN, WORKSPACE, ModelGateway, error
from tests.ops.verify.stream_clock import StreamClock
from tests.ops.verify.test_gateway_models import outputs

SECRETS = {
    "demo": "client-secret-0123456789",
    "batch": "secret-of-batch-0123456789",
    "night": "secret-of-night-0123456789",
}
REDIS = "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.Cache/redisEnterprise/genai-cache"


@pytest.fixture
def gateway(clock: StreamClock) -> Iterator[ModelGateway]:
    """Keeps answers; what is waited for has come at once, or never does."""
    with mock.patch("ops.checks.verify.polling.sleep"):
        yield ModelGateway(clock, caches=True, secrets={f"id-of-{name}": secret for name, secret in SECRETS.items()})


def prove(
    gateway: ModelGateway, secrets: Mapping[str, str] = SECRETS, chats: str = "gpt"
) -> tuple[Mapping[str, Outcome], set[str]]:
    """Both steps, after a model that answered; and what was told to be hidden."""
    outcomes = {model_step("gpt"): Outcome(state=State.FINE, says="answers")}
    hidden: set[str] = set()
    with serve(gateway.answer) as url, client() as http, mock.patch("ops.checks.verify.gateway.LOGIN", url):
        clients = {"clientIds": {name: f"id-of-{name}" for name in secrets}, "clientSecrets": secrets}
        own = {"models": ["gpt", "embed"], "client": "demo", "keyAlias": "demo", "semanticCacheId": REDIS}
        running = RunningGateway.model_validate({**outputs(url), **clients, **own})
        for step in SemanticCacheSteps(running, http, lambda: TOKEN, lambda: chats, hidden).steps(model_step("gpt")):
            outcomes[step.name] = attempt(step, outcomes, {TOKEN, *hidden, *secrets.values()})
    del outcomes[model_step("gpt")]
    return outcomes, hidden


def test_a_cache_that_is_well_gives_an_answer_again_to_who_had_it(gateway: ModelGateway) -> None:
    outcomes, hidden = prove(gateway)
    assert {name: (one.state, one.says) for name, one in outcomes.items()} == {
        GIVEN_AGAIN: (State.FINE, "gpt: asked 1 time, then the same answer; 3 pieces of a stream past the cache"),
        TO_NOBODY_ELSE: (State.FINE, "batch asked the same: a miss"),
    }
    assert hidden == {f"{OTHER}id-of-batch"}


def test_two_proofs_ask_different_things(gateway: ModelGateway) -> None:
    for _ in range(2):
        outcomes, _ = prove(gateway)
        assert {one.state for one in outcomes.values()} == {State.FINE}


def test_the_models_are_asked_even_while_their_last_answers_are_kept(gateway: ModelGateway) -> None:
    with serve(gateway.answer) as url, client() as http:
        own = {"models": ["gpt", "flash", "embed"], "client": "demo", "keyAlias": "demo", "semanticCacheId": REDIS}
        running = RunningGateway.model_validate({**outputs(url), **own})
        logs = Workspace(id=WORKSPACE, address=url, token=lambda _: {"accessToken": "of-az"})
        for _ in range(2):
            steps = GatewayModelSteps(running, http, lambda: TOKEN, "token", logs).steps()
            for step in steps[1:4]:
                assert step.prove() in ("answers", "an embedding of 8 numbers")
    bodies = [
        str(one.body["messages"]) for one in gateway.asked if isinstance(one.body, dict) and "messages" in one.body
    ]
    assert len(bodies) == len({*bodies}) == 6


def test_a_role_that_is_not_known_yet_is_waited_for(gateway: ModelGateway) -> None:
    gateway.failed = 3
    assert prove(gateway)[0][GIVEN_AGAIN].state == State.FINE
    gateway.missed = 9
    assert prove(gateway)[0][GIVEN_AGAIN].says.startswith("gpt: asked 9 times, then the same answer")
    gateway.without_role = 2
    outcomes, hidden = prove(gateway)
    assert outcomes[TO_NOBODY_ELSE].state == State.FINE
    assert ROLELESS in hidden


def test_another_application_that_may_not_use_the_model_proves_nothing(gateway: ModelGateway) -> None:
    gateway.theirs = {"flash"}
    assert prove(gateway)[0][TO_NOBODY_ELSE].says == "no other application may use gpt"
    alone = {"demo": SECRETS["demo"]}
    assert prove(gateway, alone)[0][TO_NOBODY_ELSE].says == "there is no other application"


def test_without_a_model_that_chats_nothing_is_asked(gateway: ModelGateway) -> None:
    outcomes, _ = prove(gateway, chats="")
    assert {one.says for one in outcomes.values()} == {"none of its models chats"}
    assert gateway.asked == []


def having(**attributes: Any) -> Callable[[ModelGateway], None]:
    return lambda gateway: vars(gateway).update(attributes)


def _other_answer(gateway: ModelGateway) -> None:
    """A question is answered with the answer to another one."""
    gateway.kept = mock.MagicMock()
    gateway.kept.get.side_effect = [None, Answer(200, {"choices": [{"message": {"content": "not this"}}]})]


def _answers_at_once(gateway: ModelGateway) -> None:
    """A question that nobody has asked is answered."""
    gateway.kept = mock.MagicMock()
    gateway.kept.get.return_value = Answer(200, {"choices": [{"message": {"content": "Yes."}}]})


DEFECTS: dict[str, tuple[Callable[[ModelGateway], None], str, str]] = {
    # defect: how it is made, which step finds it, what that says
    "the lookup fails without an error": (having(missed=10_000), GIVEN_AGAIN, "after 300 s still a miss"),
    "the policy has no cache": (having(caches=False), GIVEN_AGAIN, "its header x-gateway-cache is missing"),
    "the answer is another one": (
        _other_answer,
        GIVEN_AGAIN,
        "an answer to this question that no model gave: not this",
    ),
    "it answers what nobody asked": (_answers_at_once, GIVEN_AGAIN, "an answer to this question that no model gave"),
    "the cache is never reached": (having(failed=10_000), GIVEN_AGAIN, "after 300 s still POST"),
    "the model is down": (
        lambda gateway: gateway.instead.update(gpt=[error(503, "no_deployment_available")]),
        GIVEN_AGAIN,
        "no_deployment_available",
    ),
    "a stream comes out of it": (having(stream_header="hit"), GIVEN_AGAIN, "a stream came with x-gateway-cache: hit"),
    "a stream goes into it": (having(stream_header="miss"), GIVEN_AGAIN, "a stream came with x-gateway-cache: miss"),
    "it answers whoever asks": (
        having(shared=True),
        TO_NOBODY_ELSE,
        "batch asked what demo had asked: x-gateway",
    ),
    "another application cannot log in": (having(secrets={}), TO_NOBODY_ELSE, "AADSTS7000222"),
    "another application never gets its role": (having(without_role=10_000), TO_NOBODY_ELSE, "batch still gets: POST"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_fails_its_step_and_says_what_was_seen(gateway: ModelGateway, defect: str) -> None:
    make, step, says = DEFECTS[defect]
    make(gateway)
    outcomes, hidden = prove(gateway)
    assert outcomes[step].state == State.BAD
    assert says in outcomes[step].says
    assert outcomes[step].fix
    assert outcomes[GIVEN_AGAIN if step == TO_NOBODY_ELSE else TO_NOBODY_ELSE].state != State.BAD
    shown = "".join(one.says for one in outcomes.values())
    assert not [secret for secret in (TOKEN, *hidden, *SECRETS.values()) if secret in shown]
