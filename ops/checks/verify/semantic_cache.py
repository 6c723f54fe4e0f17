"""API Management with a semantic cache: an answer is given again to who had it, as no stream, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import httpx

from ops.checks.verify.completions import CHAT, new_question, read_stream
from ops.checks.verify.gateway import application_token
from ops.checks.verify.gateway_models import ROLE_SECONDS, error_code
from ops.checks.verify.http import bearer, seen
from ops.checks.verify.polling import NotYetError, until
from ops.checks.verify.step import Step, UnprovedError
from ops.stack.running_stacks import RunningGateway

HEADER = "x-gateway-cache"
"""Says hit or miss of an answer that may be in the cache."""
GIVEN_AGAIN, TO_NOBODY_ELSE = "answer given again by the semantic cache", "answer given to no other application"


class SemanticCacheSteps:
    """The steps about answers that the gateway keeps."""

    def __init__(
        self,
        gateway: RunningGateway,
        http: httpx.Client,
        token: Callable[[], str],
        model: Callable[[], str],
        hidden: set[str],
    ) -> None:
        """`model` is one that chats, once it was found; `hidden` is told further tokens, so that none is shown."""
        self._gateway = gateway
        self._http = http
        self._token = token
        self._model = model
        self._hidden = hidden
        self._others = [name for name in gateway.client_secrets if name != gateway.client]

    def steps(self, after: str) -> list[Step]:
        """To be taken after the step of that name, which proved that a model answers."""
        stack = self._gateway.stack
        return [
            Step(
                name=GIVEN_AGAIN,
                prove=self._given_again,
                after=(after,),
                means="Every question costs a call of the model, as without a cache, and one of the embeddings. "
                "cache_failed, or a miss each time: the gateway's own identity has no role at the embeddings, or Redis "
                f"does not run: `genai status -s {stack}` tells",
            ),
            Step(
                name=TO_NOBODY_ELSE,
                prove=self._to_nobody_else,
                after=(GIVEN_AGAIN,),
                means="Applications read each other's answers: take semanticCache out of the settings and run "
                f"`pulumi up -s {stack}` before anybody else calls",
            ),
        ]

    def _given_again(self) -> str:
        if not self._model():
            return "none of its models chats"
        body = new_question(self._model(), "Name any number between one and a million.")
        answers: list[str] = []

        def given() -> str:
            for _ in range(2):  # at once, for the duration may be as short as a few seconds
                answer = _answered(self._post(body, self._token()))
                text, cache = answer.json()["choices"][0]["message"]["content"], answer.headers.get(HEADER)
                if cache == "miss":
                    answers.append(text)
                elif cache != "hit":
                    raise UnprovedError(f"its header {HEADER} is {cache or 'missing'}: no answer is looked for")
                elif text not in answers:
                    raise UnprovedError(f"the cache gave an answer to this question that no model gave: {text}")
                else:
                    return f"{self._model()}: asked {len(answers)} time{'s' * (len(answers) > 1)}, then the same answer"
            raise NotYetError(f"after {ROLE_SECONDS} s still a miss: no answer is found again")

        says = until(given, seconds=ROLE_SECONDS, interval=15)
        url, streamed = f"{self._gateway.models_url}{CHAT}", {**body, "stream": True}
        with self._http.stream("POST", url, headers=bearer(self._token()), json=streamed) as answer:
            pieces = sum(1 for _ in read_stream(answer))
        if cache := answer.headers.get(HEADER):
            raise UnprovedError(f"a stream came with {HEADER}: {cache}, and none is to be kept")
        return f"{says}; {pieces} pieces of a stream past the cache"

    def _to_nobody_else(self) -> str:
        if not self._model():
            return "none of its models chats"
        body = new_question(self._model(), "Name any number between one and a million.")
        for other in self._others:
            answer = until(partial(self._asked_by, other, body), seconds=ROLE_SECONDS, interval=15)
            if error_code(answer) == "model_not_allowed":
                continue
            if (cache := _answered(answer).headers.get(HEADER)) != "miss":
                raise UnprovedError(f"{other} asked what {self._gateway.client} had asked: {HEADER}: {cache}")
            return f"{other} asked the same: a miss"
        return f"no other application may use {self._model()}" if self._others else "there is no other application"

    def _asked_by(self, other: str, body: object) -> httpx.Response:
        """What the other application is answered, directly after this one was answered from the cache."""
        token = application_token(self._http, self._gateway, other)
        self._hidden.add(token)
        own = [_answered(self._post(body, self._token())).headers.get(HEADER) for _ in range(2)]
        if own[-1] != "hit":
            raise NotYetError(f"after {ROLE_SECONDS} s {self._gateway.client} itself finds no answer again")
        answer = self._post(body, token)
        if error_code(answer) in ("role_missing", "cache_failed"):
            raise NotYetError(f"after {ROLE_SECONDS} s {other} still gets: {seen(answer)}")
        return answer

    def _post(self, body: object, token: str) -> httpx.Response:
        return self._http.post(f"{self._gateway.models_url}{CHAT}", headers=bearer(token), json=body)


def _answered(answer: httpx.Response) -> httpx.Response:
    """The same, if it is an answer; a role that is not known yet makes the cache fail."""
    if error_code(answer) == "cache_failed":
        raise NotYetError(f"after {ROLE_SECONDS} s still {seen(answer)}")
    if answer.status_code != httpx.codes.OK:
        raise UnprovedError(seen(answer))
    return answer
