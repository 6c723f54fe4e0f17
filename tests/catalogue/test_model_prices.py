"""The prices of models are those of LiteLLM's own table."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from catalogue.model_prices import MODEL_PRICES, SOURCE
from tests.needs_litellm import NEEDS_LITELLM

pytestmark = NEEDS_LITELLM


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    spec = find_spec("litellm")
    assert spec
    assert spec.origin
    file = Path(spec.origin).parent / "model_prices_and_context_window_backup.json"
    assert file.name in SOURCE
    return dict(json.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("model", MODEL_PRICES)
def test_a_price_is_that_of_litellm(table: dict[str, Any], model: str) -> None:
    entry = table[f"{'gemini' if model.startswith('gemini') else 'azure'}/{model}"]
    price = MODEL_PRICES[model]
    assert price.prompt_usd == pytest.approx(entry["input_cost_per_token"] * 1e6)
    assert price.completion_usd == pytest.approx(entry["output_cost_per_token"] * 1e6)
