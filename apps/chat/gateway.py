"""Completions over OpenAI's SDK: from LiteLLM directly, or through API Management."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from openai import OpenAI, Timeout

from apps.chat.settings import Settings

LITELLM, API_MANAGEMENT = "LiteLLM", "API Management"
_TIMEOUT = Timeout(600, connect=10)
"""Seconds; the first is the load balancer's idle timeout."""


@dataclass
class Answer:
    """What has come of an answer. `cost` is in USD, as LiteLLM reckons it."""

    parts: list[str] = field(default_factory=list)
    began: datetime | None = None
    complete: bool = False
    """Whether the model said that this is all."""
    tokens: Mapping[str, int] | None = None
    cost: float | None = None

    @property
    def text(self) -> str:
        """The parts together."""
        return "".join(self.parts)


def client(settings: Settings, way: str, key: str, token: Callable[[], str] | None) -> OpenAI:
    """A client for the way. LiteLLM's key is the bearer, or beside the token, or left to the gateway."""
    if way == LITELLM or settings.gateway is None or token is None:
        return OpenAI(base_url=f"{settings.litellm_url}/v1", api_key=key, max_retries=0, timeout=_TIMEOUT)
    headers = {"x-litellm-api-key": key} if settings.gateway.key_mode == "header" else {}
    # The SDK calls `token` before each request.
    base_url = f"{settings.gateway.url}/v1"
    return OpenAI(base_url=base_url, api_key=token, default_headers=headers, max_retries=0, timeout=_TIMEOUT)


def stream(
    openai: OpenAI, model: str, messages: Sequence[Mapping[str, str]], *, session: str, user: str, answer: Answer
) -> Iterator[str]:
    """The words as they come; `answer` is filled meanwhile, and the call ends with the iterator."""
    asked: list[Any] = [{"role": message["role"], "content": message["content"]} for message in messages]
    with openai.chat.completions.create(
        model=model,
        messages=asked,
        stream=True,
        stream_options={"include_usage": True},
        # In the body, because API Management passes on no header of LiteLLM's.
        extra_body={
            "metadata": {
                "session_id": session,
                "trace_user_id": user,
                "trace_name": "genai chat",
                "tags": ["genai-chat"],
            }
        },
    ) as chunks:
        for chunk in chunks:
            if chunk.usage:
                answer.tokens = {"input": chunk.usage.prompt_tokens, "output": chunk.usage.completion_tokens}
                answer.cost = getattr(chunk.usage, "cost", None)
            for choice in chunk.choices:
                answer.complete = answer.complete or choice.finish_reason is not None
                if text := choice.delta.content:
                    answer.began = answer.began or datetime.now(UTC)
                    answer.parts.append(text)
                    yield text
