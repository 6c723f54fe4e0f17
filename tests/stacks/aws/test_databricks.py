"""A model of the AWS stack that a Databricks stack serves: how it is called, what it costs, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ops.model.recorder import Recording, Secret, plain, record
from stacks.errors import SettingsError
from tests import databricks_program
from tests.azure_program import config
from tests.program import plaintext

STACK = "organization/genaiplatform/databricks"
ENTRY: Mapping[str, Any] = {"name": "shared", "model": "databricks/chat", "databricksStack": STACK}
ECHO = {"name": "echo", "model": "openai/echo", "params": {"mock_response": "pong"}}


def run(*models: Mapping[str, Any], outputs: Mapping[str, Any] | None = None, variant: str = "service") -> Recording:
    there = {**databricks_program.recorded(variant).outputs, **(outputs or {})}
    return record(
        config=config({"models": [*models, ECHO], "providerKeys": {"mine": "provider-key-in-config"}}),
        secret_keys=["genaiplatform:providerKeys"],
        other_stacks={STACK: there, f"{STACK}-2": there},
    )


def params(recording: Recording, name: str = "shared") -> dict[str, Any]:
    values = plain(recording.one("kubernetes:helm.sh/v3:Release", "litellm").inputs)["values"]
    listed = {
        one["model_name"]: one["litellm_params"] for one in values["gateway"]["config"]["proxy_config"]["model_list"]
    }
    return dict(listed[name])


def test_a_model_service_is_called_by_its_full_name_at_the_address_of_the_workspace() -> None:
    assert params(run(ENTRY)) == {
        "model": "databricks/genaiplatform_databricks_a1b2c3d.genaiplatform_databricks.chat",
        "api_base": "https://adb-1234567890123456.7.azuredatabricks.net",
        "input_cost_per_token": pytest.approx(0.225e-6),
        "output_cost_per_token": pytest.approx(1.55e-6),
        "num_retries": 0,
        "max_retries": 0,
    }


def test_an_endpoint_is_called_below_the_path_that_litellm_does_not_know() -> None:
    found = params(run(ENTRY, variant="endpoint"))
    assert found["model"] == "databricks/chat"
    assert found["api_base"] == "https://adb-1234567890123456.7.azuredatabricks.net/serving-endpoints"


def test_the_login_stands_in_a_secret_and_nowhere_else() -> None:
    recording = run(ENTRY)
    secret = plain(databricks_program.recorded().outputs["clientSecret"])
    environment = recording.one("kubernetes:core/v1:Secret", "litellm-env").inputs["stringData"]
    assert plain(environment)["DATABRICKS_CLIENT_SECRET"] == secret
    assert isinstance(environment, Secret) or isinstance(environment["DATABRICKS_CLIENT_SECRET"], Secret)
    assert secret not in [text for one in recording.resources for text in plaintext(one.inputs)]


def test_what_the_settings_say_about_price_and_retries_wins() -> None:
    entry = {**ENTRY, "params": {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6, "num_retries": 3}}
    found = params(run(entry, outputs={"costs": None}))
    assert (found["input_cost_per_token"], found["output_cost_per_token"], found["num_retries"]) == (1e-6, 2e-6, 3)


def test_a_day_without_such_a_model_reads_no_other_stack() -> None:
    assert not record(config=config({"models": [ECHO]})).of_type("pulumi:pulumi:StackReference")


@pytest.mark.parametrize(
    ("entries", "outputs", "message"),
    [
        ([{**ENTRY, "databricksStack": "databricks"}], {}, "'databricks' is not the full name of a stack: write"),
        ([{**ENTRY, "databricksStack": ""}], {}, "'' is not the full name of a stack"),
        ([{**ENTRY, "databricksStack": " a/b/c"}], {}, "' a/b/c' is not the full name of a stack"),
        ([{**ENTRY, "model": "azure/chat"}], {}, "its model is azure/chat, which is not on Databricks: write databr"),
        ([{**ENTRY, "providerKey": "mine"}], {}, "its login comes from the Databricks stack: take providerKey out"),
        ([{**ENTRY, "params": {"api_base": "https://x"}}], {}, "api_base comes from the Databricks stack"),
        ([{**ENTRY, "params": {"base_url": "https://x"}}], {}, "base_url comes from the Databricks stack"),
        (
            [{**ENTRY, "params": {"input_cost_per_token": None}}],
            {},
            "input_cost_per_token is None, which counts nothing",
        ),
        ([{**ENTRY, "params": {"output_cost_per_token": -1}}], {}, "output_cost_per_token is -1, which counts nothing"),
        (
            [
                ENTRY,
                {"name": "own", "model": "o", "providerKey": "mine", "params": {"custom_llm_provider": "databricks"}},
            ],
            {},
            "models: own is on Databricks without databricksStack",
        ),
        (
            [ENTRY, {**ENTRY, "name": "second", "databricksStack": f"{STACK}-2"}],
            {},
            "are both named as databricksStack, and LiteLLM logs in to one Databricks: name one",
        ),
        (
            [ENTRY, {"name": "own", "model": "databricks/other", "providerKey": "mine"}],
            {},
            "models: own is on Databricks without databricksStack, and its address would be sent the login of",
        ),
        ([{**ENTRY, "model": "databricks/other"}], {}, "stack databricks serves chat: write databricks/chat"),
        ([ENTRY], {"costs": None}, "models: shared has no price, so LiteLLM would count nothing: set inputCost"),
        ([ENTRY], {"servedModel": None}, "no usable output servedModel: run `pulumi up -s databricks`"),
        ([ENTRY], {"clientSecret": Secret("")}, "the secret outputs of stack databricks cannot be decrypted here"),
        (
            [{**ENTRY, "databricksStack": "organization/genaiplatform/dev"}],
            {},
            "models: databricksStack names organization/genaiplatform/dev, which is an AWS stack: name a Databr",
        ),
    ],
)
def test_what_could_not_be_called_or_counted_is_refused(
    entries: list[Mapping[str, Any]], outputs: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError) as error:
        run(*entries, outputs=outputs)
    assert message in str(error.value), json.dumps(str(error.value))
