"""Language models of Azure OpenAI and Gemini: list prices of their tokens, with the source and the date.

They are those of global standard deployments and of Gemini's paid tier, for input that was not cached and, where long
prompts are dearer, for short ones. A model that is not here is unpriced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SOURCE = "LiteLLM 1.108.14, model_prices_and_context_window_backup.json, read 2026-11-29"


@dataclass(frozen=True, kw_only=True)
class ModelPrice:
    """USD for a million tokens of the prompt and of the completion."""

    prompt_usd: float
    completion_usd: float


MODEL_PRICES: Mapping[str, ModelPrice] = {
    model: ModelPrice(prompt_usd=prompt_usd, completion_usd=completion_usd)
    for model, (prompt_usd, completion_usd) in {
        "gpt-4.1": (2.0, 8.0),
        "gpt-4.1-mini": (0.4, 1.6),
        "gpt-4.1-nano": (0.1, 0.4),
        "gpt-4o": (2.5, 10.0),
        "gpt-4o-mini": (0.15, 0.6),
        "gpt-5": (1.25, 10.0),
        "gpt-5-mini": (0.25, 2.0),
        "gpt-5-nano": (0.05, 0.4),
        "gpt-5.1": (1.25, 10.0),
        "gpt-5.2": (1.75, 14.0),
        "gpt-5.4": (2.5, 15.0),
        "gpt-5.4-mini": (0.75, 4.5),
        "gpt-5.4-nano": (0.2, 1.25),
        "gpt-5.5": (5.0, 30.0),
        "o4-mini": (1.1, 4.4),
        "text-embedding-3-large": (0.143, 0.0),
        "text-embedding-3-small": (0.022, 0.0),
        "gemini-2.5-flash": (0.3, 2.5),
        "gemini-2.5-flash-lite": (0.1, 0.4),
        "gemini-2.5-pro": (1.25, 10.0),
        "gemini-3.1-flash-lite": (0.25, 1.5),
        "gemini-3.5-flash": (1.5, 9.0),
        "gemini-3.5-flash-lite": (0.3, 2.5),
        "gemini-3.8-flash": (0.75, 3.75),
        "gemini-embedding-2": (0.2, 0.0),
    }.items()
}
"""By the model's name without the date of its version, as the provider's answers give it."""
