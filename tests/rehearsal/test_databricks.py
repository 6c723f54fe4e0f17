"""The Databricks gateway on the real engine, in a simulated Azure with simulated workspaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.model.recorder import plain
from rehearsal import generated
from rehearsal.azure import types as azure_types
from rehearsal.azure.declared import problems
from rehearsal.azure.package import AzurePackage
from rehearsal.databricks.package import DatabricksPackage
from rehearsal.databricks.types import PREFIX, TYPES
from rehearsal.engine import RehearsalEngine
from rehearsal.package import RefusedError, Request
from rehearsal.run import changes, plain_secrets
from rehearsal.settings import EngineSettings, another
from rehearsal.simulation import Simulation
from tests import databricks_program
from tests.rehearsal.engines import (
    ALL,
    engine,
    fail_everything_once,
    get_past_a_failure,
    nothing_is_left,
    succeed,
    to_fail,
    touched,
)

SERVED = {**azure_types.TYPES, **TYPES, **generated.TYPES}
VARIANTS = ("service", "endpoint", "managed identity")
CASES = [
    (variant, token, name)
    for variant in VARIANTS
    for token, name in to_fail(databricks_program.recorded(variant).resources, TYPES)
    if ALL or variant == "service"
]


def databricks_engine(simulation: Simulation, folder: Path, variant: str = "service") -> RehearsalEngine:
    """A stack of that variant, its keys encrypted."""
    values = {**databricks_program.SETTINGS, **databricks_program.VARIANTS[variant]}
    plain_settings = {
        key if ":" in key else f"genaiplatform:{key}": value for key, value in values.items() if key != "providerKeys"
    }
    engine = RehearsalEngine(folder, "databricks", plain_settings, simulation.environment)
    engine.set_secrets(secrets())
    return engine


def secrets() -> dict[str, str]:
    return {f"providerKeys.{name}": key for name, key in databricks_program.KEYS.items()}


@pytest.mark.engine
@pytest.mark.parametrize("variant", VARIANTS if ALL else ["service", "managed identity"])
def test_a_day_comes_under_guardrails_changes_a_share_and_goes_without_a_trace(
    simulation: Simulation, folder: Path, variant: str
) -> None:
    day = databricks_engine(simulation, folder, variant)
    succeed(day.up("--policy-pack", str(day.project / "policies" / "guardrails")))
    keys = [*databricks_program.KEYS.values(), *simulation.secrets()]
    assert plain_secrets(day.state_text(), keys) == 0
    assert changes(succeed(day.up())) == 0
    begin = len(simulation.operations.done)
    settings = {
        key if ":" in key else f"genaiplatform:{key}": value
        for key, value in {**databricks_program.SETTINGS, **databricks_program.VARIANTS[variant]}.items()
        if key != "providerKeys"
    }
    day.configure({**settings, **another(EngineSettings(stack="databricks", plain=settings))})
    day.set_secrets(secrets())
    succeed(day.up())
    assert touched(simulation, begin) == {("update", "gateway")}
    succeed(day.destroy())
    nothing_is_left(simulation, day)


@pytest.mark.engine
def test_an_aws_day_calls_the_model_of_a_databricks_stack_and_both_go(simulation: Simulation, folder: Path) -> None:
    shared = databricks_engine(simulation, folder)
    succeed(shared.up())
    entry = {"name": "shared", "model": "databricks/chat", "databricksStack": "organization/genaiplatform/databricks"}
    day = engine(simulation, folder, models=[entry])
    succeed(day.up())
    assert plain_secrets(day.state_text(), simulation.secrets()) == 0
    assert changes(succeed(day.up())) == 0
    succeed(day.destroy())
    succeed(shared.destroy())
    nothing_is_left(simulation, day, shared)


@pytest.mark.engine
@pytest.mark.parametrize("variant", VARIANTS if ALL else ["endpoint"])
def test_the_gateway_comes_and_goes_although_everything_fails_once(
    simulation: Simulation, folder: Path, variant: str
) -> None:
    day = databricks_engine(simulation, folder, variant)
    every = {(one.type, one.name) for one in databricks_program.recorded(variant).resources if one.type in SERVED}
    assert fail_everything_once(simulation, "create", day.up) == every
    assert fail_everything_once(simulation, "delete", day.destroy) == every
    nothing_is_left(simulation, day)


@pytest.mark.engine
@pytest.mark.parametrize(("variant", "token", "name"), CASES)
def test_a_failure_of_the_gateway_is_named_and_the_next_command_gets_past_it(
    simulation: Simulation, folder: Path, variant: str, token: str, name: str
) -> None:
    get_past_a_failure(simulation, databricks_engine(simulation, folder, variant), token, name)


def test_every_databricks_type_of_the_program_is_in_the_table_and_no_other() -> None:
    programs = [databricks_program.recorded(variant) for variant in databricks_program.VARIANTS]
    used = {one.type for program in programs for one in program.resources if one.custom}
    assert {one for one in used if one.startswith("databricks:")} == set(TYPES)


@pytest.mark.parametrize("variant", databricks_program.VARIANTS)
def test_the_program_gives_what_the_sdk_requires(variant: str) -> None:
    made = [one for one in databricks_program.recorded(variant).resources if one.type in TYPES]
    assert len(made) > 5
    for one in made:
        assert list(problems(one.type, plain(one.inputs))) == []


def of(kind: str) -> str:
    (token,) = (token for token in TYPES if token.endswith(f":{kind}"))
    return token


class InWorkspace:
    """A package with one workspace, asked as its provider asks."""

    def __init__(self) -> None:
        azure = AzurePackage()
        group = f"{azure_types.SUBSCRIPTION}/resourceGroups/g"
        azure.resources[group] = {}
        inputs = {"resourceGroupName": "g", "workspaceName": "ws", "computeMode": "Serverless"}
        request = Request(type="azure-native:databricks:Workspace", name="w", inputs=inputs)
        self.workspace, outputs = azure.create(request)
        self.azure, self.package = azure, DatabricksPackage(azure)
        self.config = {"host": f"https://{outputs['workspaceUrl']}"}

    def request(self, kind: str, id_: str = "", **inputs: Any) -> Request:
        return Request(type=of(kind), name="it", id=id_, inputs=inputs, config=self.config)

    def create(self, kind: str, **inputs: Any) -> str:
        return self.package.create(self.request(kind, **inputs))[0]

    def service(self, *shares: int) -> dict[str, Any]:
        provider = "model-provider-services/main.s.gpt"
        destination = {"name": "a", "externalModelConfig": {"modelProviderService": provider, "target": {"model": "m"}}}
        return {
            "parent": "schemas/main.s",
            "modelServiceId": "chat",
            "config": {
                "routing": {"destinations": [{**destination, "trafficPercentage": share} for share in shares]},
                "inferenceTable": {"parent": "schemas/main.s", "tableNamePrefix": "chat"},
            },
        }

    def with_provider(self) -> InWorkspace:
        self.schema = self.create("Schema", catalogName="main", name="s", forceDestroy=True)
        config = {"targets": [{"model": "m"}]}
        self.create(
            "AiGatewayModelProviderService", parent="schemas/main.s", modelProviderServiceId="gpt", config=config
        )
        return self


def test_a_schema_with_an_inference_table_stays_unless_it_is_told_to_go_with_it() -> None:
    there = InWorkspace().with_provider()
    service = there.create("AiGatewayModelService", **there.service(100))
    there.package.delete(there.request("AiGatewayModelService", service))
    there.package.delete(there.request("AiGatewayModelProviderService", "model-provider-services/main.s.gpt"))
    with pytest.raises(RefusedError, match=r"is not empty: schemas/main\.s/tables/chat_payload"):
        there.package.delete(there.request("Schema", there.schema))
    there.package.delete(there.request("Schema", there.schema, forceDestroy=True))
    assert there.package.leftovers() == []


def test_a_provider_service_stays_while_a_model_service_needs_it() -> None:
    there = InWorkspace().with_provider()
    there.create("AiGatewayModelService", **there.service(100))
    with pytest.raises(RefusedError, match=r"still used by model-services/main\.s\.chat"):
        there.package.delete(there.request("AiGatewayModelProviderService", "model-provider-services/main.s.gpt"))


@pytest.mark.parametrize("shares", [(50,), (50, 51), (0,)])
def test_shares_that_are_not_100_are_refused(shares: tuple[int, ...]) -> None:
    there = InWorkspace().with_provider()
    with pytest.raises(RefusedError, match="do not sum to 100"):
        there.create("AiGatewayModelService", **there.service(*shares))


def test_nothing_is_made_or_removed_where_no_workspace_is() -> None:
    there = InWorkspace().with_provider()
    there.azure.delete(Request(type="azure-native:databricks:Workspace", name="w", id=there.workspace))
    with pytest.raises(RefusedError, match="cannot reach https://adb-"):
        there.create("SecretScope", name="scope")
    with pytest.raises(RefusedError, match="cannot reach"):
        there.package.delete(there.request("Schema", there.schema, forceDestroy=True))
    assert there.package.leftovers() != []


def test_the_managed_group_of_a_hybrid_workspace_outlives_it() -> None:
    azure = AzurePackage()
    group, managed = (f"{azure_types.SUBSCRIPTION}/resourceGroups/{name}" for name in ("g", "g-managed"))
    azure.resources[group] = {}
    inputs = {"resourceGroupName": "g", "workspaceName": "ws", "managedResourceGroupId": managed}
    request = Request(type="azure-native:databricks:Workspace", name="w", inputs=inputs)
    workspace, _ = azure.create(request)
    azure.delete(Request(type=request.type, name="w", id=workspace))
    assert azure.leftovers() == [group, managed]


def test_a_type_without_a_row_is_an_error() -> None:
    there = InWorkspace()
    with pytest.raises(RefusedError, match="does not know the type databricks:index/job:Job"):
        there.package.create(Request(type=f"{PREFIX}job:Job", name="it", config=there.config))
