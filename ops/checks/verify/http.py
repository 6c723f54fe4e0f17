"""HTTP client of `genai verify` (httpx): any answer other than 200 is an error."""

from __future__ import annotations

from typing import Any

import httpx

from ops.checks.verify.step import UnprovedError

CONNECT_SECONDS = 10.0
"""The load balancer drops whoever may not enter, without an answer."""
ANSWER_SECONDS = 60.0
"""A completion is waited for as long; LiteLLM's OpenAPI document took 4 s on two cores."""


def client(*, verify: bool = True) -> httpx.Client:
    """A client that follows no redirect and gives up in time; `verify` says whether certificates must be genuine."""
    return httpx.Client(timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS), verify=verify)


def ask(http: httpx.Client, method: str, url: str, **more: Any) -> httpx.Response:
    """The answer, which must be a 200; UnprovedError tells what else it was. `more` is for httpx."""
    answer = http.request(method, url, **more)
    if answer.status_code != httpx.codes.OK:
        raise UnprovedError(seen(answer))
    return answer


def seen(answer: httpx.Response) -> str:
    """What was asked and answered. It may hold secrets, and be long: see `step.attempt`."""
    says = " ".join(answer.text.split()) or "nothing"
    return f"{answer.request.method} {answer.request.url} answered {answer.status_code}: {says}"


def bearer(key: str) -> dict[str, str]:
    """The header that carries a key or a token."""
    return {"Authorization": f"Bearer {key}"}
