"""LiteLLM: completions with the right key, with a key for other models and without one; and the row of the spend."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from ops.checks.verify.administrator import Administrator
from ops.checks.verify.http import bearer, seen
from ops.checks.verify.litellm import LOGS, READY
from ops.checks.verify.polling import NotYetError, until
from ops.checks.verify.step import Step, UnprovedError
from ops.checks.verify.temporary_keys import TemporaryKeys
from ops.stack.running_stacks import RunningAwsStack

CHAT = "/v1/chat/completions"
COMPLETION = "completion"
"""Name of the step whose call leaves traces everywhere."""
USER = "genai-verify"
"""Whom the trace of that call belongs to."""
ROW_SECONDS = 90
"""LiteLLM 1.108 writes its spend rows every 10 to 15 s, unless `proxy_batch_write_at` says otherwise."""
OTHER_REFUSED = "other model refused"
REFUSALS = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND)
"""The key is not let through, or the route is closed to it or to all."""
APART = 0.01
"""Seconds that the first and the last piece of a stream are apart at least, unless something held them back."""


class Completions:
    """The steps that ask for completions: with the first virtual key of the settings, from the first of its models."""

    def __init__(
        self,
        stack: RunningAwsStack,
        http: httpx.Client,
        administrator: Administrator,
        temporary_keys: TemporaryKeys,
        session_id: str,
    ) -> None:
        """`session_id` goes with the completion, so that Langfuse can be asked for its trace."""
        self._stack = stack
        self._http = http
        self._administrator = administrator
        self._temporary_keys = temporary_keys
        self._session_id = session_id
        self._alias, self._models = next(iter(stack.key_models.items()), ("a temporary one", stack.models[:1]))
        self._key = stack.virtual_keys.get(self._alias, "")
        self._call_id = ""
        self._refused = ("", "", "")

    def steps(self) -> list[Step]:
        """In the order they are to be taken."""
        return [
            Step(
                name=COMPLETION,
                prove=self._completion,
                after=(READY,),
                means="Users get no answer. A model on Bedrock needs its access granted there, others need their key "
                f"(`genai preflight -s {self._stack.stack} --models` calls them without LiteLLM); then see {LOGS}",
            ),
            Step(
                name=OTHER_REFUSED,
                prove=self._other_model_refused,
                after=(READY,),
                means="A key may use a model that was not given to it, or is not known: hand out none before this is "
                "clear; Virtual Keys in LiteLLM's UI shows what LiteLLM knows of it",
            ),
            Step(
                name="other model refused in query and path",
                prove=self._other_target_refused,
                after=(OTHER_REFUSED,),
                means="LiteLLM serves the model that the URL names and asks the key about the body's alone "
                "(litellm#41810): whoever holds any key may use every model and spends on it. Hand out no key before "
                f"`pulumi up -s {self._stack.stack}` has put the check of keys back; see {LOGS}",
            ),
            Step(
                name="no key and wrong key refused",
                prove=self._strangers_refused,
                after=(READY,),
                means="LiteLLM answers whoever reaches it (without a master key every caller may do everything), or "
                "cannot read its keys: see "
                "`kubectl --namespace genai-platform get configmap litellm-config --output yaml` (master_key) and "
                f"{LOGS}",
            ),
            Step(
                name="stream",
                prove=self._stream,
                after=(COMPLETION,),
                means="Chats would show nothing until the whole answer is there. A Bedrock role needs "
                "bedrock:InvokeModelWithResponseStream; a proxy between here and the load balancer may hold it back",
            ),
            Step(
                name="spend row",
                prove=self._spend_row,
                after=(COMPLETION,),
                means=f"LiteLLM does not write calls down, so budgets do not hold: see {LOGS} for its database",
            ),
        ]

    def _completion(self) -> str:
        metadata = {"session_id": self._session_id, "trace_user_id": USER, "trace_name": "genai verify"}
        answer = self._chat(self._models[0], self._first_key(), metadata=metadata)
        if answer.status_code != httpx.codes.OK:
            raise UnprovedError(f"{self._models[0]} with the key {self._alias}: {seen(answer)}")
        text = answer.json()["choices"][0]["message"]["content"]
        if not text:
            raise UnprovedError(f"{self._models[0]} with the key {self._alias} answered without a word")
        self._call_id = answer.headers["x-litellm-call-id"]
        return f"{self._models[0]} with the key {self._alias}: {' '.join(text.split())[:60]}"

    def _other_model_refused(self) -> str:
        self._refused = self._restricted_key()
        model, key, _ = self._refused
        answer = self._chat(model, key)
        if answer.status_code != httpx.codes.FORBIDDEN or answer.json()["error"]["type"] != "key_model_access_denied":
            raise UnprovedError(f"{model} with a key that may not use it: {seen(answer)}")
        return f"{model}: 403 key_model_access_denied"

    def _restricted_key(self) -> tuple[str, str, str]:
        """A model, a key that may not use it, and a model that the key may use."""
        for model in self._stack.models:
            if model not in self._models:
                return model, self._first_key(), self._models[0]
        # The key may use all there are: so a key that may use none of them asks for the first.
        own = f"none-{secrets.token_hex(4)}"
        return self._stack.models[0], self._temporary_keys.make([own]), own

    def _other_target_refused(self) -> str:
        model, key, own = self._refused
        segment = quote(model, safe="")
        targets = {
            "query": f"{CHAT}?model={segment}",
            "path /openai/deployments": f"/openai/deployments/{segment}/chat/completions",
            "path /engines": f"/engines/{segment}/chat/completions",
        }
        for where, target in targets.items():
            answer = self._chat(own, key, target)
            if answer.status_code not in REFUSALS:
                raise UnprovedError(f"{model} in the {where} with a key that may not use it: {seen(answer)}")
        return f"{model}: refused in {', '.join(targets)}"

    def _strangers_refused(self) -> str:
        for what, key in (("no key", None), ("a wrong key", f"sk-{secrets.token_urlsafe(24)}")):
            headers = {} if key is None else bearer(key)
            # The list first: a provider that fails does not hide that LiteLLM is open.
            for answer in (
                self._http.get(f"{self._stack.litellm_url}/v1/models", headers=headers),
                self._chat(self._stack.models[0], key),
            ):
                if answer.status_code == httpx.codes.OK:
                    raise UnprovedError(f"LiteLLM is wide open with {what}: {seen(answer)}")
                if answer.status_code != httpx.codes.UNAUTHORIZED:
                    raise UnprovedError(f"with {what}: {seen(answer)}")
        return "401 to both"

    def _stream(self) -> str:
        # More than once: LiteLLM 1.108 may hold back the first stream after its start, while it still imports.
        return until(self._stream_once, seconds=6)

    def _stream_once(self) -> str:
        body = question(self._models[0], "Count from one to one hundred in words.", stream=True)
        times: list[float] = []
        url, headers = f"{self._stack.litellm_url}{CHAT}", bearer(self._first_key())
        with self._http.stream("POST", url, headers=headers, json=body) as answer:
            for event in read_stream(answer):
                if any(choice["delta"].get("content") for choice in event["choices"]):
                    times.append(time.monotonic())
        if not times:
            raise UnprovedError("it held not a word")
        if self._models[0] in self._stack.mocks:
            return f"{len(times)} pieces, which a mock sends all at once"
        if (lasted := times[-1] - times[0]) < APART:
            raise NotYetError(f"its {len(times)} pieces arrived all at once")
        return f"{len(times)} pieces in {lasted:.2f} s"

    def _spend_row(self) -> str:
        def first_row() -> Mapping[str, Any]:
            # By the id of the call: a key in a URL would stand in access logs.
            parameters = {"request_id": self._call_id}
            rows: list[Mapping[str, Any]] = self._administrator.ask("GET", "/spend/logs", query=parameters)
            if not rows:
                raise NotYetError(f"no row for the completion in {ROW_SECONDS} s")
            return rows[0]

        row = until(first_row, seconds=ROW_SECONDS)
        if not row["total_tokens"]:
            raise UnprovedError("the row of the completion counts no tokens")
        return f"{row['total_tokens']} tokens, {row['spend']:.8f} USD"

    def _first_key(self) -> str:
        self._key = self._key or self._temporary_keys.make(self._models)
        return self._key

    def _chat(self, model: str, key: str | None, target: str = CHAT, **more: Any) -> httpx.Response:
        body = question(model, **more)
        url, headers = f"{self._stack.litellm_url}{target}", {} if key is None else bearer(key)
        return self._http.post(url, headers=headers, json=body)


_ARE_YOU_THERE = "Are you there? Answer with one word."


def question(model: str, text: str = _ARE_YOU_THERE, **more: Any) -> Mapping[str, Any]:
    """The body of a chat completion."""
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def new_question(model: str, text: str = _ARE_YOU_THERE) -> Mapping[str, Any]:
    """The same as nobody has asked it before: an answer is kept for one text of the system messages only."""
    body = question(model, text)
    never = {"role": "system", "content": f"This is question {secrets.token_hex(8)}."}
    return {**body, "messages": [never, *body["messages"]]}


def read_stream(answer: httpx.Response) -> Iterator[Mapping[str, Any]]:
    """The server-sent events as they come; UnprovedError when it is no stream, breaks off, or ends without [DONE]."""
    if answer.status_code != httpx.codes.OK:
        answer.read()
        raise UnprovedError(seen(answer))
    pieces = 0
    for line in answer.iter_lines():
        if line == "data: [DONE]":
            return
        if line.startswith("data: "):
            event = json.loads(line.removeprefix("data: "))
            if "error" in event:
                raise UnprovedError(f"it broke off after {pieces} pieces: {event['error']}")
            yield event
            pieces += 1
    raise UnprovedError("it ended without [DONE]")
