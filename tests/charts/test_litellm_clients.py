"""What OpenAI's own client can do with a virtual key, asked of LiteLLM itself; `make test-litellm` installs both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.needs_litellm import NEEDS_LITELLM
from tests.running_litellm import KEY, MASTER_KEY, MINE, RANKER, RANKING, WIDE_ROUTES, RunningLiteLLM, chat

if TYPE_CHECKING:
    from openai import AzureOpenAI, OpenAI

pytestmark = NEEDS_LITELLM
USE = Path("docs/use.md").read_text(encoding="utf-8")
MESSAGES = chat()["messages"]
IMAGE = ("image.png", b"\x89PNG\r\n\x1a\n" + bytes(50), "image/png")
SOUND = ("sound.wav", b"RIFF" + bytes(50), "audio/wav")
FUNCTION = {"name": "f", "parameters": {"type": "object", "properties": {}}}
TOOLS = [{"type": "function", "function": FUNCTION}]
SCHEMA = {"name": "s", "strict": True, "schema": {"type": "object", "properties": {}, "additionalProperties": False}}

Call = Callable[["OpenAI", "AzureOpenAI"], Any]


def completion(client: OpenAI, **more: Any) -> Any:
    return client.chat.completions.create(model=MINE, messages=MESSAGES, **more)


def respond(client: OpenAI, **more: Any) -> Any:
    return client.responses.create(model=MINE, **{"input": "ping", **more})


SERVED: Mapping[str, Call] = {
    "chat": lambda client, _: completion(client),
    "chat, streamed": lambda client, _: list(completion(client, stream=True, stream_options={"include_usage": True})),
    "chat with tools": lambda client, _: completion(client, tools=TOOLS, tool_choice="auto", parallel_tool_calls=True),
    "chat with a JSON schema": lambda client, _: completion(
        client, response_format={"type": "json_schema", "json_schema": SCHEMA}
    ),
    "chat with every other parameter": lambda client, _: completion(
        client,
        temperature=1,
        top_p=1,
        n=1,
        seed=1,
        stop=["x"],
        logit_bias={},
        logprobs=True,
        top_logprobs=1,
        max_tokens=5,
        max_completion_tokens=5,
        presence_penalty=0,
        frequency_penalty=0,
        user="u",
        metadata={"session_id": "s"},
        store=False,
        verbosity="low",
        service_tier="auto",
        prediction={"type": "content", "content": "x"},
        reasoning_effort="low",
        safety_identifier="s",
        prompt_cache_key="k",
        modalities=["text"],
        web_search_options={},
        timeout=20,
        extra_body={"top_k": 3, "thinking": {"type": "disabled"}},
    ),
    "completions": lambda client, _: client.completions.create(model=MINE, prompt="ping", max_tokens=5),
    "completions, streamed": lambda client, _: list(client.completions.create(model=MINE, prompt="ping", stream=True)),
    "embeddings": lambda client, _: client.embeddings.create(model=MINE, input=["ping"], dimensions=1, user="u"),
    "responses": lambda client, _: respond(
        client,
        instructions="i",
        max_output_tokens=5,
        metadata={"a": "b"},
        parallel_tool_calls=True,
        store=True,
        tool_choice="auto",
        tools=[{"type": "function", "strict": False, **FUNCTION}],
        text={"format": {"type": "text"}},
        reasoning={"effort": "low"},
        truncation="auto",
        user="u",
        include=[],
        background=False,
        max_tool_calls=1,
        temperature=1,
        top_p=1,
    ),
    "responses, streamed": lambda client, _: list(respond(client, stream=True)),
    "responses after an earlier one": lambda client, _: respond(client, previous_response_id=respond(client).id),
    "responses.retrieve": lambda client, _: client.responses.retrieve(
        respond(client).id, include=["message.output_text.logprobs"]
    ),
    "responses.input_items": lambda client, _: client.responses.input_items.list(respond(client).id, limit=2),
    "responses.cancel": lambda client, _: client.responses.cancel(respond(client).id),
    "responses.delete": lambda client, _: client.responses.delete(respond(client).id),
    "responses.compact": lambda client, _: client.responses.compact(model=MINE, input="ping"),
    "moderations": lambda client, _: client.moderations.create(model=MINE, input="ping"),
    "images.generate": lambda client, _: client.images.generate(
        model=MINE, prompt="ping", n=1, size="1024x1024", response_format="b64_json", quality="low", user="u"
    ),
    "images.edit": lambda client, _: client.images.edit(model=MINE, prompt="ping", image=IMAGE, n=1, size="1024x1024"),
    "images.edit with two images and a mask": lambda client, _: client.images.edit(
        model=MINE, prompt="ping", image=[IMAGE, IMAGE], mask=IMAGE, background="auto", input_fidelity="high", user="u"
    ),
    "audio.speech": lambda client, _: client.audio.speech.create(
        model=MINE, input="ping", voice="alloy", response_format="mp3", speed=1.0, instructions="i"
    ),
    "audio.transcriptions": lambda client, _: client.audio.transcriptions.create(
        model=MINE,
        file=SOUND,
        language="en",
        prompt="p",
        response_format="json",
        temperature=0,
        include=["logprobs"],
        timestamp_granularities=["word"],
        chunking_strategy="auto",
    ),
    "models.list": lambda client, _: client.models.list(),
    "models.retrieve": lambda client, _: client.models.retrieve(MINE),
    "Azure chat": lambda _, azure: completion(azure),
    "Azure chat, streamed": lambda _, azure: list(completion(azure, stream=True)),
    "Azure completions": lambda _, azure: azure.completions.create(model=MINE, prompt="ping"),
    "Azure embeddings": lambda _, azure: azure.embeddings.create(model=MINE, input="ping"),
    "Azure images.generate": lambda _, azure: azure.images.generate(model=MINE, prompt="ping"),
    "Azure images.edit": lambda _, azure: azure.images.edit(model=MINE, prompt="ping", image=IMAGE),
    "responses under /openai/v1": lambda client, azure: respond(client.with_options(base_url=newer(azure))),
    "chat without /v1": lambda client, _: completion(client.with_options(base_url=str(client.base_url)[:-4])),
}
ROUTE = "Virtual key is not allowed to call this route"
REFUSED: Mapping[str, tuple[str, Call]] = {
    "files": (ROUTE, lambda client, _: client.files.create(file=SOUND, purpose="batch")),
    "batches": (ROUTE, lambda client, _: client.batches.list()),
    "fine_tuning": (ROUTE, lambda client, _: client.fine_tuning.jobs.list()),
    "vector_stores": (ROUTE, lambda client, _: client.vector_stores.list()),
    "videos": (ROUTE, lambda client, _: client.videos.create(model=MINE, prompt="ping")),
    "Azure audio.speech": (ROUTE, lambda _, azure: azure.audio.speech.create(model=MINE, input="ping", voice="alloy")),
    "Azure audio.transcriptions": (
        ROUTE,
        lambda _, azure: azure.audio.transcriptions.create(model=MINE, file=SOUND),
    ),
    "Azure responses": (ROUTE, lambda _, azure: respond(azure)),
    "Azure models": (ROUTE, lambda _, azure: azure.models.list()),
    "chat.completions under /openai/v1": (
        ROUTE,
        lambda client, azure: completion(client.with_options(base_url=newer(azure))),
    ),
    "moderations without a model": ("The requested model ''", lambda client, _: client.moderations.create(input="p")),
    "audio.translations": ("404", lambda client, _: client.audio.translations.create(model=MINE, file=SOUND)),
    "images.create_variation": ("404", lambda client, _: client.images.create_variation(model=MINE, image=IMAGE)),
    "conversations": ("404", lambda client, _: client.conversations.create()),
    "chat.completions.retrieve": ("404", lambda client, _: client.chat.completions.retrieve("chatcmpl-1")),
}
"""What no virtual key may, with the reason as docs/use.md names it."""


def newer(azure: AzureOpenAI) -> str:
    """The address at which Azure has OpenAI's API as it is."""
    return f"{str(azure.base_url).rstrip('/')}/v1/"


def clients(litellm: RunningLiteLLM, key: str) -> tuple[OpenAI, AzureOpenAI]:
    from openai import AzureOpenAI, OpenAI

    litellm.provider.called.clear()
    client = OpenAI(base_url=f"{litellm.url}/v1", api_key=key, max_retries=0, timeout=60)
    return client, AzureOpenAI(
        azure_endpoint=litellm.url, api_key=key, api_version="2026-01-01", max_retries=0, timeout=60
    )


@pytest.mark.parametrize("call", SERVED)
def test_an_honest_call_of_the_client_is_served(litellm: RunningLiteLLM, call: str) -> None:
    SERVED[call](*clients(litellm, KEY))
    assert set(litellm.provider.called) <= {MINE}


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning", "ignore:The Sora API:DeprecationWarning")
@pytest.mark.parametrize("call", REFUSED)
def test_what_is_refused_is_refused_with_a_reason_that_is_documented(litellm: RunningLiteLLM, call: str) -> None:
    from openai import APIStatusError

    reason, refused = REFUSED[call]
    with pytest.raises(APIStatusError) as error:
        refused(*clients(litellm, KEY))
    assert error.value.status_code in (403, 404)
    assert reason in f"{error.value.status_code} {error.value.response.text}"
    assert reason in USE
    assert f"`{call.removeprefix('Azure ').partition(' ')[0]}`" in USE
    assert litellm.provider.called == []


@pytest.mark.parametrize("path", ["/rerank", "/v1/rerank", "/v2/rerank"])
def test_a_ranking_is_served(litellm: RunningLiteLLM, path: str) -> None:
    answer = litellm.post(RANKING, path, {"model": RANKER, "query": "q", "documents": ["d"], "top_n": 1})
    assert answer.status_code == 200, answer.text
    assert litellm.provider.called == [RANKER]


OTHER_CLIENTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "the path names the model": (f"/openai/deployments/{MINE}/chat/completions", {"messages": MESSAGES}),
    "an engine": (f"/engines/{MINE}/chat/completions", {"messages": MESSAGES}),
    "Anthropic's messages": ("/v1/messages", chat(max_tokens=5)),
    "Anthropic's messages, streamed": ("/v1/messages", chat(max_tokens=5, stream=True, system="s", top_k=3)),
}


@pytest.mark.parametrize("call", OTHER_CLIENTS)
def test_an_honest_call_of_another_client_is_served(litellm: RunningLiteLLM, call: str) -> None:
    path, body = OTHER_CLIENTS[call]
    answer = litellm.post(KEY, path, body)
    assert answer.status_code == 200, answer.text
    assert litellm.provider.called == [MINE]


def test_a_key_of_the_ui_is_served_as_well(litellm: RunningLiteLLM) -> None:
    client, azure = clients(litellm, WIDE_ROUTES)
    for call in ("chat", "responses.retrieve", "images.edit", "audio.transcriptions", "Azure chat"):
        SERVED[call](client, azure)
    assert set(litellm.provider.called) == {MINE}


def test_an_administrator_may_send_what_a_virtual_key_may_not(litellm: RunningLiteLLM) -> None:
    path = "/v1/chat/completions?more=1"
    assert [litellm.post(key, path, chat()).status_code for key in (KEY, MASTER_KEY)] == [403, 200]
