"""API Management as a gateway of models: a completion of each, what is refused, a stream, and its count in the logs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx

from components.azure import usage
from ops.checks.verify.completions import APART, CHAT, new_question, question, read_stream
from ops.checks.verify.http import ask, bearer, seen
from ops.checks.verify.polling import NotYetError, until
from ops.checks.verify.step import Step, UnprovedError
from ops.clouds.log_analytics import LogAnalyticsError, Workspace
from ops.stack.running_stacks import RunningGateway

ROLE_SECONDS = 300
"""A role that was just given takes up to five minutes to be known (learn.microsoft.com, "Troubleshoot Azure RBAC")."""
_NO_ROLE = ("provider_refused", "content_filter", "content_not_checked", "cache_failed")
"""What the gateway answers while a role is not known: of the model, of Content Safety (which may look like an objection
to the prompt), and of the embeddings of the semantic cache."""
_CHECKED = 10_000
"""Characters that Content Safety checks at most (learn.microsoft.com, "llm-content-safety policy")."""
LOG_SECONDS = 900
"""Records are late by two to five minutes, the first ones of a new workspace by more."""
UNKNOWN = "genai-verify-none"
"""A model that no gateway has."""
LISTED = "models of the gateway"
TOO_LONG = "prompt too long to check refused"


def model_step(model: str) -> str:
    """Name of the step that proves that this model answers."""
    return f"model {model} of the gateway"


class GatewayModelSteps:
    """The steps about models that the gateway serves without LiteLLM, through the API of all of them."""

    def __init__(
        self, gateway: RunningGateway, http: httpx.Client, token: Callable[[], str], after: str, workspace: Workspace
    ) -> None:
        """`token` is there once the step `after` was proved; `workspace` has the gateway's logs."""
        self._gateway = gateway
        self._http = http
        self._token = token
        self._after = after
        self._workspace = workspace
        self._url = gateway.models_url
        self._begun = datetime.now(UTC)
        self._streamed = ""
        self._question = new_question if gateway.semantic_cache_id else question

    def chat_model(self) -> str:
        """The first model that answered in words; empty when none did."""
        return self._streamed

    def steps(self) -> list[Step]:
        """In the order they are to be taken; the last one waits for the logs."""
        own, stack = self._gateway.models, self._gateway.stack
        of_safety = Step(
            name=TOO_LONG,
            prove=self._too_long,
            after=(model_step(own[0]),),
            means="Prompts reach models that Content Safety has not checked: if contentSafety was set since, run "
            f"`pulumi up -s {stack}`; then see the policy of the API in the portal",
        )
        return [
            Step(
                name=LISTED,
                prove=self._listed,
                after=(self._after,),
                means="Callers see other models than they may use: if the settings have changed since, run "
                f"`pulumi up -s {stack}`",
            ),
            *(
                Step(
                    name=model_step(model),
                    prove=partial(self._answers, model),
                    after=(LISTED,),
                    means="Callers get no answer. provider_refused: the gateway's identity has no role on the account, "
                    f"or the provider's key is wrong: `genai preflight -s {stack}` and `genai status -s {stack}` tell; "
                    "docs/model-gateway.md has every other code",
                )
                for model in own
            ),
            Step(
                name="refusals of the gateway's models",
                prove=self._refusals,
                after=(LISTED,),
                means="The gateway serves who may not use a model, or tells them nothing: unless this is a 5xx take it "
                f"down (`pulumi destroy -s {stack}`), then see the policies of its APIs in the portal",
            ),
            Step(
                name="stream of the gateway's models",
                prove=self._stream,
                after=(model_step(own[0]),),
                means="Chats would show nothing until the whole answer is there, or their tokens are in no count",
            ),
            *([of_safety] if self._gateway.content_safety else ()),
            Step(
                name="stream counted in the logs",
                prove=self._counted,
                after=("stream of the gateway's models",),
                means="Usage and cost leave out streams: see the diagnostic azuremonitor of the API in the portal, and "
                "docs/usage.md for what delays a record",
            ),
        ]

    def _listed(self) -> str:
        answer = ask(self._http, "GET", f"{self._url}/v1/models", headers=bearer(self._token()))
        served = {str(one["id"]) for one in answer.json()["data"]}
        if served != set(self._gateway.models):
            raise UnprovedError(f"it lists {_names(served)}, not {_names(self._gateway.models)}")
        return _names(served)

    def _answers(self, model: str) -> str:
        def answered() -> str:
            answer = self._ask(CHAT, self._question(model))
            if error_code(answer) in _NO_ROLE:
                raise NotYetError(f"after {ROLE_SECONDS} s still {seen(answer)}")
            if answer.status_code == httpx.codes.BAD_REQUEST:  # as of a model of embeddings
                return self._embeds(model, answer)
            if answer.status_code != httpx.codes.OK:
                raise UnprovedError(seen(answer))
            if not answer.json()["choices"][0]["message"]["content"]:
                raise UnprovedError(f"{model} answered without a word")
            self._streamed = self._streamed or model
            return "answers"

        return until(answered, seconds=ROLE_SECONDS, interval=15)

    def _embeds(self, model: str, refused: httpx.Response) -> str:
        answer = self._ask("/v1/embeddings", {"model": model, "input": "Are you there?"})
        if answer.status_code != httpx.codes.OK:
            raise UnprovedError(seen(refused))
        return f"an embedding of {len(answer.json()['data'][0]['embedding'])} numbers"

    def _refusals(self) -> str:
        url, token = f"{self._url}{CHAT}", self._token()
        cases: list[tuple[str, int, str, Mapping[str, Any], str]] = [
            ("no token", 401, "invalid_token", question(self._gateway.models[0], "Hi"), ""),
            ("an unknown model", 404, "model_not_found", question(UNKNOWN, "Hi"), token),
            ("no model", 400, "model_missing", {"messages": []}, token),
            *(
                (f"{other}, which is not its own", 403, "model_not_allowed", question(other, "Hi"), token)
                for other in self._gateway.other_models[:1]
            ),
        ]
        for what, status, code, body, key in cases:
            answer = self._http.post(url, headers=bearer(key) if key else {}, json=body)
            if answer.status_code != status or answer.json()["error"]["code"] != code:
                raise UnprovedError(f"with {what}: {seen(answer)}")
        return ", ".join(f"{status} {code}" for _, status, code, _, _ in cases)

    def _stream(self) -> str:
        if not self._streamed:
            return "none of its models streams"
        self._begun = datetime.now(UTC)
        body = question(self._streamed, "Count from one to one hundred in words.", stream=True)
        times: list[float] = []
        tokens = 0
        with self._http.stream("POST", f"{self._url}{CHAT}", headers=bearer(self._token()), json=body) as answer:
            for event in read_stream(answer):
                tokens = (event.get("usage") or {}).get("total_tokens") or tokens
                if any(choice["delta"].get("content") for choice in event["choices"]):
                    times.append(time.monotonic())
        if not times:
            raise UnprovedError("it held not a word")
        if not tokens:
            raise UnprovedError("it told no count of tokens, so the logs have none: the policy is to ask for it")
        if (lasted := times[-1] - times[0]) < APART:
            raise UnprovedError(f"its {len(times)} pieces arrived all at once")
        return f"{self._streamed}: {len(times)} pieces in {lasted:.2f} s, {tokens} tokens"

    def _too_long(self) -> str:
        if not self._streamed:
            return "none of its models chats"
        answer = self._ask(CHAT, question(self._streamed, "=" * (_CHECKED + 1)))  # few tokens, and harmless
        if answer.status_code != httpx.codes.BAD_REQUEST or error_code(answer) != "content_filter":
            raise UnprovedError(f"with {_CHECKED + 1:,} characters: {seen(answer)}")
        return "400 content_filter"

    def _counted(self) -> str:
        if not self._streamed:
            return "none of its models streams"
        query = usage.query("usage")
        own = {"clientId": self._gateway.client_ids[self._gateway.client], "model": self._streamed}

        def logged() -> str:
            try:
                found = self._workspace.ask(query, self._begun, datetime.now(UTC) + timedelta(minutes=1))
            except LogAnalyticsError as error:
                raise UnprovedError(str(error)) from error
            for row in found.rows:
                if own.items() <= row.items() and row["streamed"] and row["totalTokens"] and not row["uncounted"]:
                    return f"{row['totalTokens']} tokens, {row['usd'] or 0:.6f} USD"
            raise NotYetError(f"no record with its tokens in {LOG_SECONDS} s")

        return until(logged, seconds=LOG_SECONDS, interval=20)

    def _ask(self, path: str, body: object) -> httpx.Response:
        return self._http.post(f"{self._url}{path}", headers=bearer(self._token()), json=body)


def error_code(answer: httpx.Response) -> str:
    """The code of an error in OpenAI's shape; empty for any other answer."""
    if answer.is_success:
        return ""
    try:
        return str(answer.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
