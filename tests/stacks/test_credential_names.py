"""The tables of credentials are those of the pinned LiteLLM; `make test-litellm` installs it."""

from __future__ import annotations

import pytest

from stacks.aws.credential_names import CREDENTIALS, MORE_WORDS, SETTINGS, WORDS, is_credential
from stacks.aws.model_params import value_problem
from tests.needs_litellm import NEEDS_LITELLM

pytestmark = NEEDS_LITELLM

INTERNAL = {"_code_interpreter_interception_sandbox_key", "_agentic_loop_fingerprints"}
"""LiteLLM sets these itself for a call."""


def known() -> set[str]:
    """Every parameter of LiteLLM's."""
    from litellm.types.router import GenericLiteLLMParams, LiteLLMParamsTypedDict
    from litellm.types.utils import all_litellm_params

    return {*GenericLiteLLMParams.model_fields, *LiteLLMParamsTypedDict.__annotations__, *all_litellm_params} - INTERNAL


def test_the_words_are_those_of_its_masker() -> None:
    from litellm.litellm_core_utils import sensitive_data_masker

    assert sensitive_data_masker._DEFAULT_SENSITIVE_PATTERNS == WORDS
    assert not WORDS & MORE_WORDS


def test_every_parameter_that_its_masker_hides_is_in_one_of_the_tables() -> None:
    from litellm.litellm_core_utils.sensitive_data_masker import SensitiveDataMasker

    hidden = {name for name in known() if SensitiveDataMasker().is_sensitive_key(name)}
    assert hidden - CREDENTIALS - SETTINGS == set()
    assert not CREDENTIALS & SETTINGS


def test_no_other_parameter_of_its_own_is_refused() -> None:
    assert {name for name in known() if is_credential(name)} - CREDENTIALS == set()


@pytest.mark.parametrize(
    "value",
    [
        "Bearer abcdefghijkl",
        "Basic YWJjZGVmZ2hpamts",
        "sk-ant-abcdefghijklmno",
        "AKIAABCDEFGHIJKLMNOP",
        "AIza" + "a" * 35,
        "ya29.abcdef",
        "dapi" + "0" * 32,
        "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.",
        "https://user:pass@host/",
        "https://host/?sig=abcd",
        "https://host/?api_key=abcdefgh",
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_a_value_that_litellm_hides_is_refused(value: str) -> None:
    from litellm.litellm_core_utils.secret_redaction import redact_string

    assert redact_string(value) != value
    assert value_problem("params.x", value)
