"""OpenAI's API with a model that repeats the question, word by word: what LiteLLM calls without an account."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

_PAUSE = 0.04
"""Seconds after each word, so that one sees it come and can stop it."""


async def _models(_: Request) -> Response:
    return JSONResponse({"data": []})  # LiteLLM asks as it starts


async def _complete(request: Request) -> Response:
    asked = await request.json()
    answer = _answer(asked)
    count = sum(len(str(message["content"]).split()) for message in asked["messages"])
    usage = {"prompt_tokens": count, "completion_tokens": len(answer), "total_tokens": count + len(answer)}
    head = {"id": f"chatcmpl-{uuid.uuid4()}", "created": int(time.time()), "model": asked["model"]}
    if asked.get("stream"):
        return StreamingResponse(_stream(head, answer, usage), media_type="text/event-stream")
    choice = {"index": 0, "message": {"role": "assistant", "content": "".join(answer)}, "finish_reason": "stop"}
    return JSONResponse({**head, "object": "chat.completion", "choices": [choice], "usage": usage})


def _answer(asked: Mapping[str, Any]) -> list[str]:
    """Word by word, with the spaces behind them."""
    questions = [message["content"] for message in asked["messages"] if message["role"] == "user"]
    reply = (
        f"This is {asked['model']} on your machine, and no model at all. Question {len(questions)} was: {questions[-1]}"
    )
    return [f"{word} " for word in reply.split()]


async def _stream(head: Mapping[str, Any], answer: list[str], usage: Mapping[str, int]) -> AsyncIterator[str]:
    def chunk(choices: list[dict[str, Any]], **more: object) -> str:
        return f"data: {json.dumps({**head, 'object': 'chat.completion.chunk', 'choices': choices, **more})}\n\n"

    for word in answer:
        yield chunk([{"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}])
        await asyncio.sleep(_PAUSE)
    yield chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    yield chunk([], usage=usage)
    yield "data: [DONE]\n\n"


ROUTES = [
    Route("/v1/models", _models),
    Route("/v1/chat/completions", _complete, methods=["POST"]),
]
