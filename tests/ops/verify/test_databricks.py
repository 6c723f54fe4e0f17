"""The proof of a Databricks stack, against a server that answers as a workspace does."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import catalog, serving

from ops.checks.check import Outcome, State
from ops.checks.verify import databricks, databricks_fallback
from ops.checks.verify.databricks import chance, named_by, proof_of_databricks
from ops.checks.verify.step import attempt
from ops.stack.running_stacks import RunningDatabricks
from tests.http_server import Answer, Request, serve

SHAPES: Mapping[str, Any] = {
    "model-services": catalog.ModelServiceConfig,
    "model-provider-services": catalog.ModelProviderServiceConfig,
}
SPARE = {
    "name": "spare",
    "destination_type": "DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL",
    "external_model_config": {
        "model_provider_service": "model-provider-services/main.genaiplatform.spare",
        "target": {"model": "gpt-4o"},
    },
}
SERVICE = {"config": {"routing": {"destinations": [], "fallback": {"destinations": [SPARE]}}}}
KEY = {"openai_api_key": "{{secrets/genaiplatform/openai}}"}
EXTERNAL = {"name": "gpt-4o", "provider": "openai", "task": "llm/v1/chat", "openai_config": KEY}
ENDPOINT = {
    "config": {"served_entities": [{"name": name, "external_model": EXTERNAL} for name in ("gpt", "gemini", "spare")]}
}
SECRET, TOKEN, OWN = "the-client-secret", "the-token-of-litellm", "the-token-of-az"


class Workspace:
    """All is well: two models answer in turn, the table has rows, the system tables are somebody else's."""

    def __init__(self) -> None:
        self.models: Iterator[str] = itertools.cycle(["gpt-4o-mini-2024-07-18", "gemini-2.5-flash"])
        self.rows = 25
        self.completion: Callable[[Request], Answer] = self._complete
        self.usage = Answer(200, failed("PERMISSION_DENIED: no SELECT on system.ai_gateway.usage"))
        self.paths: list[str] = []
        self.routes: list[str] = []
        self.made: dict[str, Any] = {}
        """What was made beside the gateway, by path."""
        self.fallback_answers = True

    def __call__(self, request: Request) -> Answer:
        self.paths.append(request.path)
        self.routes.append(request.route)
        match request.path:
            case "/.well-known/databricks-config":
                return Answer(404)
            case "/oidc/v1/token":
                return Answer(200, {"access_token": TOKEN})
            case "/api/2.0/sql/statements":
                assert request.headers["Authorization"] == f"Bearer {OWN}"
                return self.usage if "system." in request.body["statement"] else self.table()
        if request.path.startswith(("/api/2.1/unity-catalog/", "/api/2.0/serving-endpoints")):
            assert request.headers["Authorization"] == f"Bearer {OWN}"
            return self._catalogue(request)
        if (copy := "genai_verify_" in request.body["model"]) and not self.fallback_answers:
            return Answer(502, {"message": "genai-verify.invalid is not known"})
        if copy:
            return Answer(200, {"model": "gpt-4o-2024-08-06", "choices": [{"message": {"content": "Yes"}}]})
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return Answer(401, {"error_code": 401})
        return self.completion(request)

    def table(self) -> Answer:
        return Answer(200, answered(self.rows))

    def _catalogue(self, request: Request) -> Answer:
        """Reads the gateway that is there, and makes, reads and deletes what comes beside it."""
        kind = request.path.rpartition("/")[2]
        match request.method:
            case "POST" if kind == "serving-endpoints":
                config = request.body["config"]
                assert serving.EndpointCoreConfigInput.from_dict(config).as_dict() == config
                self.made[f"{request.path}/{request.body['name']}"] = request.body
                return Answer(200, request.body)
            case "POST":
                name = request.query[f"{kind.removesuffix('s').replace('-', '_')}_id"]
                full_name = f"{kind}/{request.query['parent'].removeprefix('schemas/')}.{name}"
                assert SHAPES[kind].from_dict(request.body["config"]).as_dict() == request.body["config"]
                self.made[f"/api/2.1/unity-catalog/{full_name}"] = request.body
                return Answer(200, {"name": full_name, **request.body})
            case "DELETE":
                del self.made[request.path]
                return Answer(200, {})
        return Answer(200, ENDPOINT if "serving-endpoints" in request.path else SERVICE)

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


@pytest.mark.parametrize("gateway", ["service", "endpoint"])
@pytest.mark.parametrize("answers", [True, False])
def test_the_fallback_answers_on_a_copy_that_is_gone_afterwards(
    gateway: str, answers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databricks_fallback, "SECONDS", 0)
    workspace = Workspace()
    workspace.fallback_answers = answers
    outcome = prove(workspace, gateway=gateway)["fallback"]
    assert outcome.state == (State.FINE if answers else State.BAD)
    assert ("gpt-4o-2024-08-06 answered where the first model" if answers else "no fallback answered") in outcome.says
    assert workspace.made == {}
    assert sum("genai_verify_" in path for path in workspace.paths) == (2 if gateway == "service" else 1)


def test_another_model_than_the_fallback_proves_nothing() -> None:
    outcome = prove(Workspace(), answersAs={"gpt": "gpt-4o-mini", "gemini": "gemini-2.5-flash", "spare": "llama"})
    assert outcome["fallback"].says == "gpt-4o-2024-08-06 answered, and the fallbacks are llama"


def test_what_may_not_be_made_beside_the_gateway_is_told() -> None:
    class Closed(Workspace):
        def _catalogue(self, request: Request) -> Answer:
            refused = request.method == "POST" and request.path.endswith("/model-services")
            return Answer(403, {"message": "no CREATE"}) if refused else super()._catalogue(request)

    workspace = Closed()
    assert "no CREATE" in prove(workspace)["fallback"].says
    assert workspace.made == {}


def test_a_stack_without_a_fallback_has_no_such_step() -> None:
    assert "fallback" not in prove(Workspace(), shares={"gpt": 50, "gemini": 50})


def test_a_table_that_the_gateway_has_not_made_yet_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Early(Workspace):
        def table(self) -> Answer:
            return Answer(200, failed("[TABLE_OR_VIEW_NOT_FOUND] main.genaiplatform.chat_payload cannot be found"))

    monkeypatch.setattr(databricks, "TABLE_SECONDS", 0)
    assert "no table after 0 s" in prove(Early())["inference table"].says


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


def test_a_version_that_is_served_beside_its_model_is_itself() -> None:
    models = {"gpt-4o": 1, "gpt-4o-2024-08-06": 1}
    for order in (models, dict(reversed(models.items()))):
        assert named_by("gpt-4o-2024-08-06", order) == "gpt-4o-2024-08-06"
        assert named_by("gpt-4o-2024-11-20", order) == "gpt-4o"


def test_the_table_is_asked_in_utc_whatever_the_time_zone_of_the_warehouse_is() -> None:
    asked: list[str] = []

    class Asked(Workspace):
        def __call__(self, request: Request) -> Answer:
            asked.append(str(request.body.get("statement", "")) if isinstance(request.body, dict) else "")
            return super().__call__(request)

    assert prove(Asked())["inference table"].state == State.FINE
    (question,) = [text for text in asked if "chat_payload" in text]
    assert re.search(r"event_time >= '[0-9]{4}(-[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2}Z'$", question)


def routes(workspace: Workspace, **changes: Any) -> set[str]:
    prove(workspace, **changes)
    return {re.sub(r"genai_verify_[0-9a-f]{8}", "copy", route) for route in workspace.routes if "/api/2." in route}


def test_databricks_own_sdk_asks_the_same_questions() -> None:
    ours = routes(Workspace()) | routes(Workspace(), gateway="endpoint", servedModel="chat")
    workspace, schema = Workspace(), "schemas/main.genaiplatform"
    with serve(workspace) as url:
        sdk = WorkspaceClient(host=url, token=OWN)
        sdk.statement_execution.execute_statement(statement="SELECT 1", warehouse_id="w-1", wait_timeout="50s")
        sdk.ai_gateway.get_model_service("model-services/main.genaiplatform.chat")
        provider = catalog.ModelProviderService(config=catalog.ModelProviderServiceConfig())
        sdk.ai_gateway.create_model_provider_service(provider, schema, "copy_provider")
        service = catalog.ModelService(config=catalog.ModelServiceConfig())
        sdk.ai_gateway.create_model_service(service, schema, "copy")
        sdk.ai_gateway.delete_model_service("model-services/main.genaiplatform.copy")
        sdk.ai_gateway.delete_model_provider_service("model-provider-services/main.genaiplatform.copy_provider")
        sdk.serving_endpoints.get("chat")
        sdk.serving_endpoints.create("copy", config=serving.EndpointCoreConfigInput(name="copy"))
        sdk.serving_endpoints.delete("copy")
    assert ours == {route for route in workspace.routes if "/api/2." in route}
