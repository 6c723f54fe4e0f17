"""The proof of a Databricks stack, against a server that answers as a workspace does."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from ops.checks.check import Outcome, State
from ops.checks.verify import databricks
from ops.checks.verify.databricks import chance, named_by, proof_of_databricks
from ops.checks.verify.step import attempt
from ops.stack.running_stacks import RunningDatabricks
from tests.http_server import Answer, Request, serve

SECRET, TOKEN, OWN = "the-client-secret", "the-token-of-litellm", "the-token-of-az"


class Workspace:
    """All is well: two models answer in turn, the table has rows, the system tables are somebody else's."""

    def __init__(self) -> None:
        self.models: Iterator[str] = itertools.cycle(["gpt-4o-mini-2024-07-18", "gemini-2.5-flash"])
        self.rows = 25
        self.completion: Callable[[Request], Answer] = self._complete
        self.usage = Answer(200, failed("PERMISSION_DENIED: no SELECT on system.ai_gateway.usage"))
        self.paths: list[str] = []

    def __call__(self, request: Request) -> Answer:
        self.paths.append(request.path)
        match request.path:
            case "/oidc/v1/token":
                return Answer(200, {"access_token": TOKEN})
            case "/api/2.0/sql/statements":
                assert request.headers["Authorization"] == f"Bearer {OWN}"
                return self.usage if "system." in request.body["statement"] else Answer(200, answered(self.rows))
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return Answer(401, {"error_code": 401})
        return self.completion(request)

    def _complete(self, _: Request) -> Answer:
        return Answer(200, {"model": next(self.models), "choices": [{"message": {"content": "Yes"}}]})


def answered(rows: int) -> dict[str, Any]:
    return {"status": {"state": "SUCCEEDED"}, "result": {"data_array": [[str(rows)]]}}


def failed(message: str) -> dict[str, Any]:
    return {"status": {"state": "FAILED", "error": {"message": message}}}


def prove(workspace: Workspace, **changes: Any) -> Mapping[str, Outcome]:
    with serve(workspace) as url:
        stack = RunningDatabricks.model_validate(
            {
                "stack": "databricks",
                "workspaceUrl": url,
                "gateway": "service",
                "servedModel": "main.genaiplatform.chat",
                "shares": {"gpt": 50, "gemini": 50, "spare": 0},
                "answersAs": {"gpt": "gpt-4o-mini", "gemini": "gemini-2.5-flash", "spare": "gpt-4o"},
                "clientId": "client",
                "clientSecret": SECRET,
                "inferenceTable": "main.genaiplatform.chat_payload",
                "warehouseId": "w-1",
                **changes,
            }
        )
        outcomes: dict[str, Outcome] = {}
        with proof_of_databricks(stack, lambda _: {"accessToken": OWN}) as proof:
            for step in proof.steps:
                outcomes[step.name] = attempt(step, outcomes, proof.secrets)
    assert not any(secret in outcome.says for secret in (SECRET, TOKEN, OWN) for outcome in outcomes.values())
    return outcomes


def test_a_stack_that_works_is_proved_and_the_missing_right_is_named() -> None:
    workspace = Workspace()
    outcomes = prove(workspace)
    assert {outcome.state for outcome in outcomes.values()} == {State.FINE}
    assert outcomes["split"].says == (
        "gpt-4o-mini 12 of 24 for 50 %, gemini-2.5-flash 12 of 24 for 50 %, gpt-4o 0 of 24 for 0 %"
    )
    assert "an administrator of the account grants SELECT on it" in outcomes["usage of everybody"].says
    assert "/ai-gateway/mlflow/v1/chat/completions" in workspace.paths


def test_usage_that_may_be_read_is_counted() -> None:
    workspace = Workspace()
    workspace.usage = Answer(200, answered(7))
    assert prove(workspace)["usage of everybody"].says == "system.ai_gateway.usage has 7 rows"


def test_an_endpoint_is_asked_under_its_own_path() -> None:
    workspace = Workspace()
    assert prove(workspace, gateway="endpoint", servedModel="chat")["split"].state == State.FINE
    assert "/serving-endpoints/chat/completions" in workspace.paths


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-4o-2024-08-06", "llama"])
def test_a_model_that_answers_all_calls_of_a_split_is_objected_to(model: str) -> None:
    workspace = Workspace()
    workspace.models = itertools.repeat(model)
    outcome = prove(workspace)["split"]
    assert outcome.state == State.BAD
    assert model.removesuffix("-2024-08-06") in outcome.says


def test_models_that_are_called_the_same_are_counted_together() -> None:
    workspace = Workspace()
    workspace.models = itertools.repeat("gpt-4o-mini")
    shares, answers = {"gpt": 50, "gpt_2": 50}, {"gpt": "gpt-4o-mini", "gpt_2": "gpt-4o-mini"}
    assert prove(workspace, shares=shares, answersAs=answers)["split"].says == "gpt-4o-mini 24 of 24 for 100 %"


def test_a_table_without_the_calls_is_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databricks, "TABLE_SECONDS", 0)
    workspace = Workspace()
    workspace.rows = 0
    assert prove(workspace)["inference table"].says == "no row after 0 s"


def test_a_refused_completion_is_told_and_what_needs_it_is_skipped() -> None:
    workspace = Workspace()
    workspace.completion = lambda _: Answer(403, {"message": "no EXECUTE on main.genaiplatform.chat"})
    outcomes = prove(workspace)
    assert "no EXECUTE" in outcomes["completion through Databricks"].says
    assert (outcomes["split"].state, outcomes["inference table"].state) == (State.SKIPPED, State.SKIPPED)


def test_a_workspace_that_answers_strangers_is_bad() -> None:
    class Open(Workspace):
        def __call__(self, request: Request) -> Answer:
            return self._complete(request) if request.path.startswith("/ai-gateway") else super().__call__(request)

    assert prove(Open())["Databricks refuses without a token"].state == State.BAD


def test_without_payloads_no_table_is_looked_for() -> None:
    assert not {"inference table", "usage of everybody"} & prove(Workspace(), inferenceTable="", warehouseId="").keys()


def test_chance_is_that_of_an_exact_binomial_test() -> None:
    assert chance(12, 24, 0.5) == pytest.approx(1)
    assert chance(24, 24, 0.5) == pytest.approx(2 / 2**24)
    assert chance(0, 24, 0.0) == chance(24, 24, 1.0) == pytest.approx(1)
    assert chance(1, 24, 0.0) == 0
    assert chance(5, 24, 0.5) > databricks.STRANGE > chance(3, 24, 0.5)


def test_a_longer_name_is_another_model() -> None:
    models = {"gpt-4o": 1, "gpt-4o-mini": 1}
    assert named_by("gpt-4o-mini-2024-07-18", models) == "gpt-4o-mini"
    assert named_by("gpt-4o-audio", models) == "gpt-4o-audio"
