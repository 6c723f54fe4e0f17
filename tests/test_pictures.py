"""The pictures of the documents in a real browser: legible, and no arrow leads through what it does not concern."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.commands.plan import picture
from ops.project import ROOT
from ops.stack.plan import Plan, make_plan
from ops.stack.settings_file import read
from tests import azure_program, mermaid

pytestmark = pytest.mark.schema

PAGES = [ROOT / "README.md", ROOT / "docs" / "architecture.md", ROOT / "docs" / "azure.md"]
IN_PAGES = [
    pytest.param(source, id=f"{page.name}-{position}")
    for page in PAGES
    for position, source in enumerate(re.findall(r"```mermaid\n(.*?)```", page.read_text("utf-8"), re.DOTALL))
]
PROVIDERS = {
    word: {"name": word, "model": f"{word}/x", "providerKey": word} for word in ("azure", "gemini", "openai", "mistral")
} | {"bedrock": {"name": "bedrock", "model": "bedrock/amazon.nova-lite-v1:0"}}
PROVIDERS["azure"]["params"] = {"api_base": "https://x.openai.azure.com"}  # type: ignore[assignment]  # one of text


def plan(*providers: str, **settings: str) -> Plan:
    """The AWS stack with models of these providers, or with the default ones."""
    models = [f"models={json.dumps([PROVIDERS[word] for word in providers])}"] if providers else []
    config = read(ROOT, "dev", [*models, *(f"{key}={value}" for key, value in settings.items())])
    keys = json.dumps({word: f"key-of-{word}-0123456789" for word in providers if "providerKey" in PROVIDERS[word]})
    values = {**config.values, "genaiplatform:providerKeys": keys}
    return make_plan(replace(config, values=values, secret_keys=("genaiplatform:providerKeys",)))


@pytest.mark.parametrize("source", IN_PAGES)
def test_a_picture_is_drawn_and_legible_as_wide_as_a_page(source: str, tmp_path: Path) -> None:
    found = mermaid.drawn(source, tmp_path)
    assert found["crossings"] == []
    assert mermaid.height_of_letters(found) >= mermaid.SMALLEST_LETTERS


@pytest.mark.parametrize("mode", ["", "header", "keyVault"])
@pytest.mark.parametrize(
    ("providers", "settings"),
    [
        ((), {}),
        ((), {"size": "team", "domain": "genai.example.com"}),
        (("openai",), {}),
        (tuple(PROVIDERS), {}),
        (tuple(PROVIDERS), {"domain": "genai.example.com"}),
    ],
    ids=str,
)
def test_no_arrow_leads_through_what_it_does_not_concern(
    mode: str, providers: tuple[str, ...], settings: dict[str, str], tmp_path: Path
) -> None:
    gateway = make_plan(read(ROOT, "azure", [f"keyMode={mode}"])) if mode else None
    aws = plan(*providers, **settings, **({"apimEntry": "true"} if mode else {}))
    found = mermaid.drawn(picture.mermaid(aws, gateway), tmp_path)
    assert found["crossings"] == []
    assert found["arrows"] >= 10
    assert mermaid.height_of_letters(found) >= mermaid.SMALLEST_LETTERS


GATEWAYS = {
    "models": azure_program.MODELS,
    "checked": azure_program.SAFE,
    "cached": azure_program.CACHED,
    "both": {**azure_program.SAFE, **azure_program.CACHED},
}


@pytest.mark.parametrize("settings", GATEWAYS.values(), ids=GATEWAYS)
@pytest.mark.parametrize(("mode", "letters"), [("header", mermaid.SMALLEST_LETTERS), ("keyVault", 8.7)])
def test_the_picture_of_a_gateway_with_models_is_legible(
    mode: str, letters: float, settings: Mapping[str, Any], tmp_path: Path
) -> None:
    """With the vault it is the widest of all."""
    azure = read(ROOT, "azure", [f"keyMode={mode}"])
    values = azure_program.config(settings)
    secret = ("genaiplatform:providerKeys",)
    gateway = make_plan(replace(azure, values={**azure.values, **values}, secret_keys=secret))
    found = mermaid.drawn(picture.mermaid(plan(apimEntry="true"), gateway), tmp_path)
    assert found["crossings"] == []
    assert mermaid.height_of_letters(found) >= letters


def test_an_arrow_through_a_node_is_found(tmp_path: Path) -> None:
    boxes = "subgraph pods\nlitellm\nlangfuse\nend\nsubgraph stores\naurora\nvalkey\nend\n"
    names = ("aurora", "valkey", "bedrock", "openai", "gemini")
    arrows = "\n".join(f"{one} --> {other}" for one in ("litellm", "langfuse") for other in names)
    assert mermaid.drawn(f"flowchart LR\n{boxes}{arrows}\n", tmp_path)["crossings"] != []
