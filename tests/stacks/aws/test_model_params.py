"""No credential stands among the parameters of a model, whatever it is called and wherever it stands."""

from __future__ import annotations

import pytest

from stacks.aws.model_params import param_problems

KEYS = {"azure": "a-key-of-azure", "vertex": "{}"}
SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    "params",
    [
        {"max_tokens": 5, "max_completion_tokens": 5, "max_output_tokens": 5, "n": 1, "stop": ["a", "b"]},
        {"input_cost_per_token": 1e-6, "cache_read_input_token_cost_above_200k_tokens": 1e-7},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "tags": ["team-a"], "seed": None},
        {"response_format": {"json_schema": {"properties": {"token": {"type": "string"}}, "required": ["token"]}}},
        {"prompt_cache_key": "chapter-9", "default_api_key_rpm_limit": 5, "use_in_pass_through": False},
        {"api_base": "https://example.openai.azure.com/?api-version=2026-01-01", "mock_response": "Basic words, @you"},
        {"vertex_credentials": "os.environ/PROVIDER_KEY_VERTEX", "extra_headers": {"x-team": "a"}},
        {"extra_headers": {"Authorization": "os.environ/PROVIDER_KEY_AZURE"}},
        {"fallback": [{"client_secret": "os.environ/PROVIDER_KEY_AZURE"}]},
    ],
)
def test_what_is_no_credential_passes(params: dict[str, object]) -> None:
    assert list(param_problems(params, KEYS)) == []


@pytest.mark.parametrize(
    ("params", "where"),
    [
        ({"api_key": SECRET}, "params.api_key"),
        ({"apiKey": SECRET}, "params.apiKey"),
        ({"APIKEY": SECRET}, "params.APIKEY"),
        ({"pwd": SECRET}, "params.pwd"),
        ({"authorization": SECRET}, "params.authorization"),
        ({"aws_access_key_id": SECRET}, "params.aws_access_key_id"),
        ({"aws_session_token": SECRET}, "params.aws_session_token"),
        ({"azure_username": SECRET}, "params.azure_username"),
        ({"vertex_credentials": {"universe": SECRET}}, "params.vertex_credentials"),
        ({"secret": 5}, "params.secret"),
        ({"extra_headers": {"X-Api-Key": SECRET}}, "params.extra_headers.X-Api-Key"),
        ({"default_headers": {"Cookie": [SECRET]}}, "params.default_headers.Cookie[0]"),
        ({"a": [{"b": [{"password": SECRET}]}]}, "params.a[0].b[0].password"),
        ({"extra_headers": {"X-Any": f"Bearer {SECRET}"}}, "the credential in params.extra_headers.X-Any"),
        ({"api_base": f"https://user:{SECRET}@host/v1"}, "the credential in params.api_base"),
        ({"api_base": f"https://{SECRET}@host"}, "the credential in params.api_base"),
        ({"api_base": f"https://host/v1?a=b&sig={SECRET}"}, "the credential in params.api_base"),
        ({"proxies": {"https": [f"http://:{SECRET}@host"]}}, "the credential in params.proxies.https[0]"),
        ({"note": f"sk-{SECRET}"}, "the credential in params.note"),
        ({"api_key": "os.environ/LITELLM_MASTER_KEY"}, "params.api_key refers to a variable that is no provider key"),
        ({"organization": "os.environ/DATABASE_PASSWORD"}, "params.organization refers to a variable"),
        ({"tags": ["os.environ/PROVIDER_KEY_AZURE"]}, "params.tags[0] is a reference in a list"),
        ({"a": [[{"b": "os.environ/PROVIDER_KEY_AZURE"}]]}, "params.a[0][0].b is a reference in a list"),
        ({"temperature": [float("nan")]}, "params.temperature[0] is nan"),
        ({"model": "bedrock/other"}, "params.model would replace the model"),
    ],
)
def test_a_credential_is_refused_by_its_place_and_never_shown(params: dict[str, object], where: str) -> None:
    [told] = param_problems(params, KEYS)
    assert told.startswith(where)
    assert SECRET not in told
