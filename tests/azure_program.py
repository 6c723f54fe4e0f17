"""The Azure program, recorded behind a recorded AWS day."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from ops.model.recorder import Recording, record
from ops.model.simulated_outputs import GENERATED
from stacks.azure import program as azure
from tests import program

AWS_STACK = "organization/genaiplatform/dev"
SETTINGS: Mapping[str, Any] = {"azure-native:location": "eastus2", "awsStack": AWS_STACK}
MODES = ("header", "keyVault")


ACCOUNTS = "/subscriptions/581759f7-5e30-5284-ae06-ec558dff6fcf/resourceGroups/ai/providers/Microsoft.CognitiveServices"
BREAKER = {"tripDuration": "30s"}
MODELS: Mapping[str, Any] = {
    "gatewayModels": [
        {
            "name": "gpt-5-mini",
            "provider": "azureOpenAI",
            "model": "gpt-5-mini-2025",
            "deployments": [
                {"account": f"{ACCOUNTS}/accounts/east"},
                {"account": f"{ACCOUNTS}/accounts/West", "priority": 2},
                {"account": f"{ACCOUNTS}/accounts/north", "priority": 2, "weight": 3},
                {"account": f"{ACCOUNTS}/accounts/south", "priority": 3},
            ],
            "circuitBreaker": BREAKER,
        },
        {
            "name": "small",
            "provider": "azureOpenAI",
            "deployments": [{"account": f"{ACCOUNTS}/accounts/EAST"}],
            "circuitBreaker": BREAKER,
        },
        {
            "name": "gemini-2.5-flash",
            "provider": "gemini",
            "deployments": [{"key": "gemini"}],
            "circuitBreaker": BREAKER,
        },
    ],
    "providerKeys": {"gemini": f"{GENERATED}-key-of-gemini"},
    "clients": [
        {
            "name": "chat",
            "key": "demo",
            "models": ["gpt-5-mini", "gemini-2.5-flash"],
            "tokensPerMinute": 20,
            "tokensPerDay": 60,
        },
        {"name": "batch", "key": "demo"},
    ],
}
"""Settings of a gateway with a pool, an account that stands twice, and both providers."""
SAFE: Mapping[str, Any] = {**MODELS, "contentSafety": {"account": f"{ACCOUNTS}/accounts/Safety"}}
"""With prompts that are checked first."""
CACHED: Mapping[str, Any] = {
    **MODELS,
    "semanticCache": {"account": f"{ACCOUNTS}/accounts/Embed", "model": "text-embedding-3-small"},
}
"""With answers that are given again."""


def config(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings as the engine passes them; names without a colon are the project's own."""
    return {
        key if ":" in key else f"genaiplatform:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in settings.items()
    }


@functools.cache
def aws_outputs(*, domain: bool = True) -> Mapping[str, Any]:
    """What a recorded AWS day with an entry for API Management exports."""
    return program.recorded(
        "day with a domain" if domain else "day with an entry for API Management and provider keys"
    ).outputs


def run(settings: Mapping[str, Any] | None = None, *, preview: bool = False, domain: bool = True) -> Recording:
    """The Azure program with these settings, in front of an AWS day with or without a domain."""
    return record(
        lambda: azure.build("azure"),
        stack="azure",
        config=config({**SETTINGS, **(settings or {})}),
        secret_keys=["genaiplatform:providerKeys"],
        preview=preview,
        other_stacks={AWS_STACK: aws_outputs(domain=domain)},
    )


@functools.cache
def recorded(mode: str = "header", *, preview: bool = False) -> Recording:
    """The Azure program in that key mode with one client and one user; cached, so treat it as read-only."""
    return run({"keyMode": mode, "users": ["someone@example.com"]}, preview=preview)


@functools.cache
def with_models(*, preview: bool = False) -> Recording:
    """The Azure program with `MODELS`; cached, so treat it as read-only."""
    return run({**MODELS, "users": ["someone@example.com"]}, preview=preview)
