"""The plan of an Azure stack that serves models: their deployments in its tree and its picture."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rich.console import Console

from ops.commands.plan.picture import mermaid
from ops.commands.plan.report import print_report
from ops.project import ROOT
from ops.stack.plan import Plan, make_plan
from ops.stack.settings_file import read
from tests.azure_program import ACCOUNTS, CACHED, MODELS, SAFE


def plan(settings: Mapping[str, Any]) -> Plan:
    config = read(ROOT, "azure")
    values = {f"genaiplatform:{name}": json.dumps(value) for name, value in settings.items()}
    secret = ("genaiplatform:providerKeys",) if "providerKeys" in settings else ()
    return make_plan(replace(config, values={**config.values, **values}, secret_keys=secret))


def report(settings: Mapping[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_report(plan(settings), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def tree(text: str) -> list[str]:
    built = text.partition("What it builds")[2].partition("What it costs")[0]
    return [re.sub(r"^[\s│├└─]+", "", line).rstrip() for line in built.splitlines()]


def test_the_tree_shows_each_deployment_in_the_order_in_which_it_is_asked() -> None:
    lines = tree(report(MODELS))
    begin = next(number for number, line in enumerate(lines) if line.startswith("genai-models  ModelGateway"))
    once = "left out for 30s after 1 failure in 1m"
    assert lines[begin + 1 : begin + 10] == [
        "gpt-5-mini  Azure OpenAI, a pool of 4",
        f"east.openai.azure.com  priority 1, weight 1, {once}",
        f"west.openai.azure.com  priority 2, weight 1, {once}",
        f"north.openai.azure.com  priority 2, weight 3, {once}",
        f"south.openai.azure.com  priority 3, weight 1, {once}",
        "small  Azure OpenAI",
        "east.openai.azure.com  left out for 30s after 10 failures in 1m",
        "gemini-2.5-flash  Gemini",
        "generativelanguage.googleapis.com  left out for 30s after 10 failures in 1m",
    ]


def test_the_tree_names_deployments_of_one_account() -> None:
    east = f"{ACCOUNTS}/accounts/east"
    deployments = [{"account": east, "model": "standard", "priority": 2}, {"account": east, "model": "provisioned"}]
    lines = tree(report({"gatewayModels": [{"name": "gpt", "provider": "azureOpenAI", "deployments": deployments}]}))
    shown = [line.split(", left out")[0] for line in lines if line.startswith("east.")]
    assert shown == [
        "east.openai.azure.com  deployment provisioned, priority 1, weight 1",
        "east.openai.azure.com  deployment standard, priority 2, weight 1",
    ]


def test_a_stack_without_models_has_none_in_its_tree() -> None:
    text = report({})
    assert "left out for" not in text
    assert "Content Safety" not in text
    assert "semantic cache" not in text


def test_the_plan_says_that_prompts_go_to_content_safety_and_cost() -> None:
    text = report(SAFE)
    assert "Content Safety  every prompt goes to safety.cognitiveservices.azure.com first" in tree(text)
    assert "texts checked by Content Safety" in text.replace("\n", " ")
    assert "texts checked" not in report(MODELS)


def test_the_plan_says_whose_embeddings_the_cache_asks_for_and_what_its_redis_costs() -> None:
    text = report(CACHED)
    lines = tree(text)
    assert "semantic cache  the same caller gets an answer again; embed.openai.azure.com makes the embeddings" in lines
    assert "genai-cache  AnswerCache  5 resources, Azure Managed Redis Balanced_B0" in lines
    assert "Managed Redis Balanced_B0" in text.partition("What it costs")[2]
    without = report(MODELS)
    assert "semantic cache" not in without
    assert "Redis" not in without


def picture(settings: Mapping[str, Any]) -> str:
    return mermaid(make_plan(read(ROOT, "dev", ["apimEntry=true"])), plan(settings))


def test_the_picture_shows_models_and_who_is_asked_first() -> None:
    text = picture(MODELS)
    assert re.findall(r'    gateway_\w+\["(.*)"\]:::provider', text) == [
        "gpt-5-mini<br/>Azure OpenAI: east, then west (1) + north (3), then south",
        "small<br/>Azure OpenAI",
        "gemini-2.5-flash<br/>Gemini",
    ]
    assert "ApiManagementService_genai_gateway ---> gateway_models" in text
    assert 'gateway_models["models of API Management"]' in text
    assert "class azure,gateway_models,aws" in text


def test_the_picture_shows_where_prompts_are_checked() -> None:
    text = picture(SAFE)
    assert 'gateway_models["models behind Content Safety"]' in text


def test_the_picture_shows_the_redis_with_the_answers() -> None:
    box = picture(CACHED).partition('subgraph gateway_models["models of API Management"]')[2].partition("end")[0]
    assert 'answers[("answers in<br/>Managed Redis")]:::store' in box
    assert "Redis" not in picture(MODELS)


def test_a_picture_without_models_shows_none() -> None:
    assert "gateway_models" not in picture({})
