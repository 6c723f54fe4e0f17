"""What is logged of a request, and what is not."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

import pytest

from catalogue import model_prices
from components.azure import usage
from ops.model.recorder import Recording, plain
from tests.azure_program import CACHED, recorded, run
from tests.components.azure.log_tables import TABLES

DEPLOYMENT = "azure-native:resources:Deployment"
NOTHING = {"headers": [], "body": {"bytes": 0}}


def application_insights(recording: Recording) -> list[dict[str, Any]]:
    """The diagnostics that lead to Application Insights, of the service and of the API."""
    return [
        dict(recording.one(f"azure-native:apimanagement:{kind}").inputs) for kind in ("Diagnostic", "ApiDiagnostic")
    ]


def azure_monitor(recording: Recording) -> list[dict[str, Any]]:
    """The logger and the diagnostic that lead to Azure Monitor."""
    resources: list[dict[str, Any]] = recording.one(DEPLOYMENT).inputs["properties"]["template"]["resources"]
    return resources


def test_traces_of_the_policy_get_through_at_both_levels() -> None:
    """A trace is dropped where the verbosity is above its severity, and the API's diagnostic wins."""
    for diagnostic in application_insights(recorded()):
        assert diagnostic["verbosity"] == "information"
        assert diagnostic["diagnosticId"] == "applicationinsights"
        assert diagnostic["sampling"] == {"samplingType": "fixed", "percentage": 100}
    assert azure_monitor(recorded())[1]["properties"]["verbosity"] == "information"
    for severity in re.findall(r"<trace [^>]*", recorded().one("azure-native:apimanagement:ApiPolicy").inputs["value"]):
        assert 'severity="information"' in severity


def test_no_header_no_body_and_no_address_is_logged() -> None:
    for diagnostic in [*application_insights(recorded()), azure_monitor(recorded())[1]["properties"]]:
        assert diagnostic["logClientIp"] is False
        for side in ("frontend", "backend"):
            assert diagnostic[side] == {"request": NOTHING, "response": NOTHING}


def test_tokens_are_logged_without_messages_unless_prompts_are_asked_for() -> None:
    tokens_only = azure_monitor(recorded())[1]["properties"]["largeLanguageModel"]
    assert tokens_only == {"logs": "enabled"}
    with_prompts = azure_monitor(run({"logPrompts": True}))[1]["properties"]["largeLanguageModel"]
    assert with_prompts["requests"] == with_prompts["responses"] == {"messages": "all", "maxSizeInBytes": 32768}


def test_the_logger_that_may_be_there_already_is_updated_and_never_created_by_azure_native() -> None:
    recording = recorded()
    deployment = recording.one(DEPLOYMENT).inputs["properties"]
    assert deployment["mode"] == "Incremental"
    assert [resource["type"] for resource in azure_monitor(recording)] == [
        "Microsoft.ApiManagement/service/loggers",
        "Microsoft.ApiManagement/service/apis/diagnostics",
    ]
    assert deployment["parameters"] == {"service": {"value": "genai-gateway1a2b3c4d"}, "api": {"value": "litellm"}}
    assert [r.inputs["loggerType"] for r in recording.of_type("azure-native:apimanagement:Logger")] == [
        "applicationInsights"
    ]


def test_the_diagnostic_waits_for_its_logger_inside_the_deployment() -> None:
    logger, diagnostic = azure_monitor(recorded())
    logger_id = "[resourceId('Microsoft.ApiManagement/service/loggers', parameters('service'), 'azuremonitor')]"
    assert logger["name"] == "[format('{0}/azuremonitor', parameters('service'))]"
    assert (diagnostic["dependsOn"], diagnostic["properties"]["loggerId"]) == ([logger_id], logger_id)


def test_requests_and_tokens_reach_their_own_tables() -> None:
    setting = recorded().one("azure-native:monitor:DiagnosticSetting").inputs
    assert setting["logAnalyticsDestinationType"] == "Dedicated"
    assert {log["category"] for log in setting["logs"] if log["enabled"]} == {"GatewayLogs", "GatewayLlmLogs"}


def test_api_management_sends_litellm_no_trace_context() -> None:
    for diagnostic in application_insights(recorded()):
        assert diagnostic["httpCorrelationProtocol"] == "None"


ACCOUNT = (
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/ai/providers/Microsoft.CognitiveServices"
    "/accounts/shared"
)
MODELS = {"gatewayModels": [{"name": "gpt", "provider": "azureOpenAI", "deployments": [{"account": ACCOUNT}]}]}


@functools.cache
def with_models() -> Recording:
    return run(MODELS)


def test_every_api_of_models_is_logged_as_that_of_litellm_is() -> None:
    recording = with_models()
    served = {"models", "models-azure-openai"}
    own = [one.inputs for one in recording.of_type("azure-native:apimanagement:ApiDiagnostic")]
    assert {one["apiId"] for one in own} == {"litellm", *served}
    same = ({key: one[key] for key in one if key not in ("apiId", "metrics")} for one in own)
    assert len({json.dumps(plain(one), sort_keys=True) for one in same}) == 1
    assert {one["apiId"] for one in own if one.get("metrics")} == served
    properties = recording.one(DEPLOYMENT).inputs["properties"]
    assert set(properties["parameters"]["modelApis"]["value"]) == served
    _, of_litellm, of_models, _ = properties["template"]["resources"]
    assert of_models["properties"] == of_litellm["properties"]
    assert of_models["copy"]["count"] == "[length(parameters('modelApis'))]"
    assert "parameters('modelApis')[copyIndex()]" in of_models["name"]


def test_the_dimensions_of_the_metric_are_kept_and_within_the_limit() -> None:
    """Azure Monitor drops them unless it is told to keep them, and takes five of one's own beside API Management's."""
    properties = with_models().one(DEPLOYMENT).inputs["properties"]
    insights = properties["template"]["resources"][-1]
    assert insights["type"] == "Microsoft.Insights/components"
    assert insights["properties"]["CustomMetricsOptedInType"] == "WithDimensions"
    component = with_models().one("azure-native:applicationinsights:Component").inputs
    told = properties["parameters"]["insights"]["value"]
    assert told["tags"] == component["tags"]
    assert insights["kind"] == component["kind"]
    assert insights["properties"]["Application_Type"] == component["applicationType"]
    policies = [one.inputs["value"] for one in with_models().of_type("azure-native:apimanagement:ApiPolicy")]
    metrics = [found for policy in policies for found in re.findall(r"(?s)<llm-emit-token-metric.*?</llm-emit", policy)]
    assert len(metrics) == 2
    for metric in metrics:
        assert re.findall(r'dimension name="(\w+)"', metric) == ["Client", "Model", "Provider"]


def test_without_models_the_deployment_knows_nothing_of_them() -> None:
    properties = recorded().one(DEPLOYMENT).inputs["properties"]
    assert set(properties["template"]["parameters"]) == set(properties["parameters"]) == {"service", "api"}


def test_every_query_is_saved_under_its_title() -> None:
    searches = recorded().of_type("azure-native:operationalinsights:SavedSearch")
    saved = {search.inputs["savedSearchId"]: search.inputs for search in searches}
    assert set(saved) == {"deployments", "errors", "latency", "one-request", "usage"}
    assert saved["usage"]["displayName"] == "Requests, errors, tokens and cost per client and model"
    assert len({inputs["displayName"] for inputs in saved.values()}) == len(saved)


def test_the_workbook_shows_usage_latency_and_errors_of_the_chosen_time() -> None:
    book = json.loads(plain(recorded().one("azure-native:applicationinsights:Workbook").inputs["serializedData"]))
    assert book["fallbackResourceIds"] == ["genai-logs-id"]
    parameters, about, *tables = book["items"]
    chosen = parameters["content"]["parameters"][0]["name"]
    assert model_prices.SOURCE in about["content"]["json"]
    assert [table["name"] for table in tables] == ["deployments", "errors", "latency", "usage"]
    assert {table["content"]["timeContextFromParameter"] for table in tables} == {chosen}


@pytest.mark.parametrize("query", usage.queries(), ids=lambda query: query.name)
def test_a_query_asks_only_for_columns_that_the_tables_have(query: usage.Query) -> None:
    code = re.sub(r'//.*|"[^"]*"', "", query.text)
    named = set(re.findall(r"\b[A-Z]\w+", code)) - {"Host"}  # of parse_url's answer
    assert named & set(TABLES)
    assert named <= {*TABLES, *(column for columns in TABLES.values() for column in columns)}


def test_the_prices_of_the_catalogue_stand_in_the_query_that_counts_usage() -> None:
    (text,) = (query.text for query in usage.queries() if query.name == "usage")
    for model, price in model_prices.MODEL_PRICES.items():
        assert f'"{model}", {price.prompt_usd}, {price.completion_usd},' in text


@pytest.mark.parametrize("query", usage.queries(), ids=lambda query: query.name)
def test_a_query_reads_the_trace_records_that_the_policy_writes(query: usage.Query) -> None:
    programs = (with_models(), run(CACHED))
    policies = [
        one.inputs["value"] for made in programs for one in made.of_type("azure-native:apimanagement:ApiPolicy")
    ]
    for policy in policies:
        for source in re.findall(r'record\.source\) == "([^"]+)"', query.text):
            assert f'<trace source="{source}"' in policy
        elsewhere = {"model": "llm-emit-token-metric", "cache": "llm-semantic-cache-lookup"}
        for name in re.findall(r"record\.metadata\.(\w+)", query.text):
            assert f'<metadata name="{name}"' in policy or elsewhere.get(name, "<policies>") not in policy
