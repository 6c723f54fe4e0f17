"""The model gateway called by OpenAI's own client and by LiteLLM; `make test-litellm` installs both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from charts.litellm import proxy_config
from charts.shapes import Model
from tests.needs_litellm import NEEDS_LITELLM
from tests.policies.apim.models.cases import answers
from tests.policies.apim.models.world import CACHE, FLASH, GPT, LITELLM_ENTRY, SAFETY, SMALL
from tests.running_litellm import KEY, MINE, RunningLiteLLM
from tests.waiting import until

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types.chat import ChatCompletion

    from tests.policies.apim.models.loopback import Gateway

pytestmark = NEEDS_LITELLM


@pytest.fixture
def gateway(tmp_path_factory: pytest.TempPathFactory, mono: None) -> Iterator[Gateway]:
    from tests.policies.apim.models.loopback import running

    with running(tmp_path_factory.mktemp("gateway")) as one:
        yield one


def client(gateway: Gateway, token: str = "client-b", path: str = "openai/v1", **settings: Any) -> OpenAI:
    from openai import OpenAI

    return OpenAI(**{"base_url": f"{gateway.url}/{path}", "api_key": token, "max_retries": 0, **settings})


def say(openai: OpenAI, model: str = GPT, **more: Any) -> ChatCompletion:
    answer: ChatCompletion = openai.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "ping"}], **more
    )
    return answer


def test_one_endpoint_answers_for_every_model(gateway: Gateway) -> None:
    openai = client(gateway)
    assert {say(openai, model).choices[0].message.content for model in (GPT, SMALL, FLASH)} == {"pong"}
    assert [address.split("/")[2].partition(".")[0] for address, *_ in gateway.models.forwarded] == [
        "east",
        "east",
        "generativelanguage",
    ]
    raw = openai.chat.completions.with_raw_response.create(model=FLASH, messages=[{"role": "user", "content": "ping"}])
    assert (raw.headers["x-gateway-model"], raw.headers["x-gateway-provider"]) == (FLASH, "gemini")


def test_each_provider_has_an_endpoint_of_its_own(gateway: Gateway) -> None:
    from openai import NotFoundError

    assert say(client(gateway, path="gemini/v1"), FLASH).choices
    assert say(client(gateway, path="azure-openai/v1"), SMALL).choices
    with pytest.raises(NotFoundError) as refused:
        say(client(gateway, path="gemini/v1"), SMALL)
    assert refused.value.code == "model_not_found"


def test_embeddings_responses_and_models_are_the_clients_own_types(gateway: Gateway) -> None:
    openai = client(gateway)
    assert openai.embeddings.create(model=SMALL, input="ping", encoding_format="float").data[0].embedding == [0.5]
    assert openai.responses.create(model=SMALL, input="ping").output_text == "pong"
    assert [model.id for model in openai.models.list()] == [GPT, SMALL, FLASH]
    assert [model.id for model in client(gateway, "client-a").models.list()] == [GPT, FLASH]
    assert [model.id for model in client(gateway, path="gemini/v1").models.list()] == [FLASH]


def test_a_stream_comes_piece_by_piece_and_is_counted(gateway: Gateway) -> None:
    gateway.provider.goes_on.clear()
    stream = client(gateway).chat.completions.create(
        model=GPT, messages=[{"role": "user", "content": "ping"}], stream=True
    )
    words = []
    for chunk in stream:
        words += [choice.delta.content for choice in chunk.choices if choice.delta.content]
        gateway.provider.goes_on.set()
    assert words == ["one", " two"], "the first word was held back until the provider had given up"
    assert chunk.usage
    assert chunk.usage.total_tokens == 5
    counted = {"Client": "batch", "Model": GPT, "Provider": "azureOpenAI", "Total Tokens": 5}
    # API Management, too, counts what has passed: the caller has the last piece before.
    assert until(lambda: gateway.models.metrics, "nothing was counted") == [counted]


def test_a_refusal_is_an_error_of_the_clients_own_with_a_code(gateway: Gateway) -> None:
    import openai

    with pytest.raises(openai.AuthenticationError) as error:
        say(client(gateway, "expired"))
    assert (error.value.code, error.value.type) == ("invalid_token", "authentication_error")
    with pytest.raises(openai.PermissionDeniedError) as denied:
        say(client(gateway, "client-a"), SMALL)
    assert denied.value.code == "model_not_allowed"
    with pytest.raises(openai.NotFoundError) as missing:
        say(client(gateway), "gpt-6")
    assert (missing.value.code, missing.value.type) == ("model_not_found", "invalid_request_error")
    with pytest.raises(openai.BadRequestError) as bad:
        client(gateway).responses.create(model=FLASH, input="ping")
    assert bad.value.code == "operation_not_supported"
    gateway.models.answers["east"] = answers(400)
    with pytest.raises(openai.BadRequestError) as own:
        say(client(gateway))
    assert own.value.code == "400", "what the provider says is told"


def test_failover_is_nothing_that_the_client_sees(gateway: Gateway) -> None:
    gateway.models.answers["east"] = answers(429, Retry_After="3600")
    openai = client(gateway)
    assert say(openai).choices[0].message.content == "pong"
    assert say(openai).choices[0].message.content == "pong"
    asked = gateway.models.backends_.asked
    assert asked[0] == "model-gpt-5-mini-1"
    assert asked.count("model-gpt-5-mini-1") == 1


def test_open_breakers_are_said_and_the_clients_own_retry_gets_past_them(gateway: Gateway) -> None:
    import openai

    for account in ("east", "west", "north", "south"):
        gateway.models.answers[account] = answers(500)
    with pytest.raises(openai.InternalServerError):
        say(client(gateway))
    with pytest.raises(openai.InternalServerError) as left:
        say(client(gateway))
    assert (left.value.status_code, left.value.code) == (503, "no_deployment_available")
    gateway.models.answers.clear()
    gateway.models.clock = 31
    assert say(client(gateway)).choices


def test_limits_of_tokens_are_the_clients_rate_limit_and_its_quota_no_reason_to_retry(gateway: Gateway) -> None:
    import openai

    limited = client(gateway, "client-a")
    for _ in range(10):
        say(limited, FLASH)  # 2 tokens each, of 20 a minute
    with pytest.raises(openai.RateLimitError) as full:
        say(limited, FLASH)
    assert full.value.code == "token_rate_limited"
    assert full.value.response.headers["Retry-After"] == "60"
    for minute in (1, 2):
        gateway.models.clock = 61.0 * minute
        for _ in range(10):
            say(limited, FLASH)
    gateway.models.clock = 200
    before = len(gateway.models.traces)
    with pytest.raises(openai.PermissionDeniedError) as spent:
        say(client(gateway, "client-a", max_retries=2), FLASH)
    assert spent.value.code == "token_quota_exceeded"
    assert len(gateway.models.traces) == before + 1


def test_a_prompt_that_content_safety_refuses_is_a_content_filter_to_every_client(
    tmp_path_factory: pytest.TempPathFactory, mono: None
) -> None:
    import litellm
    import openai

    from tests.policies.apim.models.loopback import running

    with running(tmp_path_factory.mktemp("safe"), safety=SAFETY) as gateway:
        assert say(client(gateway)).choices[0].message.content == "pong"
        before = len(gateway.models.forwarded)
        gateway.models.harm = ("ping", "Violence", 4)
        for stream in (False, True):
            with pytest.raises(openai.BadRequestError) as refused:
                say(client(gateway), stream=stream)
            assert (refused.value.code, refused.value.type) == ("content_filter", "invalid_request_error")
        with pytest.raises(litellm.BadRequestError, match="Content Safety objects"):
            litellm.completion(
                model="azure/gpt-5-mini",
                api_base=gateway.url,
                api_version="v1",
                azure_ad_token="client-b",
                messages=[{"role": "user", "content": "ping"}],
                max_retries=0,
            )
        gateway.models.answers["safety"] = answers(429)
        with pytest.raises(openai.InternalServerError) as unchecked:
            say(client(gateway))
        assert (unchecked.value.status_code, unchecked.value.code) == (503, "content_not_checked")
        assert len(gateway.models.forwarded) == before, "a provider was reached"
        with pytest.raises(openai.NotFoundError):
            client(gateway).responses.create(model=SMALL, input="ping")


def test_the_same_question_of_the_same_client_is_answered_by_the_provider_once(
    tmp_path_factory: pytest.TempPathFactory, mono: None
) -> None:
    import litellm
    import openai

    from tests.policies.apim.models.loopback import running

    def asked(client: OpenAI, text: str = "ping") -> tuple[str, str | None]:
        raw = client.chat.completions.with_raw_response.create(
            model=GPT, messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
        )
        answer = raw.parse()
        assert raw.headers["content-type"] == "application/json"
        assert answer.choices[0].message.content == "pong"
        return answer.id, raw.headers.get("x-gateway-cache")

    with running(tmp_path_factory.mktemp("cached"), cache=CACHE) as gateway:
        gateway.models.near = {"Ping, please": ("ping", 0.03)}
        first, second = [asked(client(gateway)) for _ in range(2)]
        gateway.models.cache_keeps_headers = False
        near = asked(client(gateway), "Ping, please")
        assert (first[1], second, near) == ("miss", (first[0], "hit"), (first[0], "hit"))
        other, again = [asked(client(gateway, "client-a")) for _ in range(2)]
        assert (other[1], again) == ("miss", (other[0], "hit"))
        assert first[0] != other[0]
        assert len(gateway.models.forwarded) == 2
        for _ in range(2):
            stream = client(gateway).chat.completions.create(
                model=GPT, messages=[{"role": "user", "content": "ping"}], stream=True
            )
            assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == "one two"
        assert len(gateway.models.forwarded) == 4
        by_litellm = [
            litellm.completion(
                model="azure/gpt-5-mini",
                api_base=gateway.url,
                api_version="v1",
                azure_ad_token="client-b",
                messages=[{"role": "user", "content": "tea"}],
                max_retries=0,
            )
            for _ in range(2)
        ]
        assert by_litellm[0].id == by_litellm[1].id
        assert len(gateway.models.forwarded) == 5
        gateway.models.answers["embeddings"] = answers(401)
        with pytest.raises(openai.InternalServerError) as failed:
            asked(client(gateway))
        assert (failed.value.status_code, failed.value.code) == (503, "cache_failed")


def test_litellm_and_the_gateways_own_models_stand_side_by_side(
    litellm: RunningLiteLLM, tmp_path_factory: pytest.TempPathFactory, mono: None
) -> None:
    import openai

    from tests.policies.apim.models.loopback import running

    with running(tmp_path_factory.mktemp("both"), litellm.url) as gateway:
        assert say(client(gateway)).choices[0].message.content == "pong"
        with_key = client(gateway, path="v1", default_headers={"x-litellm-api-key": KEY})
        assert say(with_key, MINE).choices[0].message.content == "pong"
        with pytest.raises(openai.AuthenticationError) as without_key:
            say(client(gateway, path="v1"), MINE)
        assert without_key.value.code == "key_missing"
        with pytest.raises(openai.AuthenticationError):
            say(client(gateway, "expired", path="v1", default_headers={"x-litellm-api-key": KEY}), MINE)
        with pytest.raises(openai.NotFoundError) as unknown:
            say(client(gateway), MINE)
        assert unknown.value.code == "model_not_found", "the gateway's own API does not know LiteLLM's models"
        assert GPT not in litellm.provider.called


def test_litellm_reaches_the_gateway_with_a_token_of_entra_id_and_leaves_retries_to_it(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    import litellm
    from litellm.llms.azure import common_utils

    asked: list[dict[str, str]] = []

    def token(**settings: str) -> Any:
        asked.append(settings)
        return lambda: "client-b"

    monkeypatch.setattr(common_utils, "get_azure_ad_token_from_entra_id", token)
    monkeypatch.setenv("PROVIDER_KEY_GATEWAY", "secret-of-the-client")
    entry = Model(**{**LITELLM_ENTRY, "params": {**LITELLM_ENTRY["params"], "api_base": gateway.url}})
    config = proxy_config((entry,), region="us-east-1", vpc_cidr="127.0.0.0/8")
    router = litellm.Router(model_list=config["model_list"], num_retries=0)
    messages = [{"role": "user", "content": "ping"}]
    answer = router.completion(model=entry.name, messages=messages)
    assert answer.choices[0].message.content == "pong"
    assert {one["scope"] for one in asked} == {LITELLM_ENTRY["params"]["azure_scope"]}
    assert {one["client_secret"] for one in asked} == {"secret-of-the-client"}
    pieces = [
        chunk.choices[0].delta.content
        for chunk in router.completion(model=entry.name, messages=messages, stream=True)
        if chunk.choices
    ]
    assert "".join(piece for piece in pieces if piece) == "one two"
    for account in ("east", "west", "north", "south"):
        gateway.models.answers[account] = answers(429, Retry_After="1")
    before = len(gateway.models.forwarded)
    with pytest.raises(litellm.RateLimitError):
        router.completion(model=entry.name, messages=messages)
    assert len(gateway.models.forwarded) == before + 3, "the gateway asked three deployments, and LiteLLM once"
