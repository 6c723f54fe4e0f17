"""What is said about providers is what the pinned LiteLLM does; `make test-litellm` installs it."""

from __future__ import annotations

import os
import re

import pytest

from ops.commands.add_model.providers import PROVIDERS, ModelProvider
from tests.needs_litellm import NEEDS_LITELLM

pytestmark = NEEDS_LITELLM
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # no way out
PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "..", "docs", "models.md")

provider_ = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)


@provider_
def test_its_word_and_its_example_are_litellms(provider: ModelProvider) -> None:
    import litellm

    assert provider.word in {item.value for item in litellm.provider_list}
    name, word, _, _ = litellm.get_llm_provider(f"{provider.word}/{provider.example}")
    assert (name, word) == (provider.example, provider.word)


@provider_
def test_it_needs_a_key_and_parameters_as_litellm_says(provider: ModelProvider) -> None:
    import litellm

    missing = litellm.validate_environment(f"{provider.word}/{provider.example}")["missing_keys"]
    assert any(name.endswith("_API_KEY") for name in missing) == bool(provider.key)
    assert {name for name in missing if name.endswith("_API_BASE")} == {
        f"{provider.word}_{name}".upper() for name in provider.params
    }


def test_every_model_that_the_page_names_has_a_price_in_litellm() -> None:
    import litellm

    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    named = set(re.findall(rf"\b(?:{'|'.join(PROVIDERS)})/[\w.:-]+\w", page))
    assert len(named) > len(PROVIDERS)
    deployments = {"azure/my-deployment"}
    unknown = [
        name for name in sorted(named - deployments) if not {name, name.partition("/")[2]} & litellm.model_cost.keys()
    ]
    assert unknown == []
