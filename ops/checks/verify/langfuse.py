"""Langfuse: its login page, its API, and the trace of the completion."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import httpx

from ops.checks.verify.completions import COMPLETION, USER
from ops.checks.verify.http import ask, seen
from ops.checks.verify.polling import NotYetError, until
from ops.checks.verify.step import Step, UnprovedError
from ops.stack.running_stacks import RunningAwsStack

TRACE_SECONDS = 90
"""LiteLLM sends spans in batches of 5 s; Langfuse's worker then writes them to ClickHouse."""


class LangfuseSteps:
    """The steps about Langfuse. The trace is found by its session, `session_id`, and its user."""

    def __init__(self, stack: RunningAwsStack, http: httpx.Client, session_id: str) -> None:
        """Nothing is asked before the first step is taken."""
        self._stack = stack
        self._http = http
        self._session_id = session_id
        # An hour is room for clocks that differ.
        self._since = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)).isoformat(timespec="seconds")

    def steps(self) -> list[Step]:
        """In the order they are to be taken."""
        return [
            Step(
                name="Langfuse login page",
                prove=self._login_page,
                means="Langfuse is not there, or this address may not enter (allowedCidrs). Its first start takes "
                "minutes: see `kubectl --namespace genai-platform get pods` and "
                "`kubectl --namespace genai-platform logs deployment/langfuse-web`",
            ),
            Step(
                name="Langfuse API",
                prove=self._project,
                after=("Langfuse login page",),
                means="Langfuse does not take the keys that LiteLLM traces with. They are made at its very first start "
                "(Secret langfuse-init): with a database of another day it keeps the old ones",
            ),
            Step(
                name="trace",
                prove=self._trace,
                after=("Langfuse API", COMPLETION),
                means="The call did not arrive in Langfuse. With a new object under the Langfuse bucket: see "
                "`kubectl --namespace genai-platform logs deployment/langfuse-worker`; without one: LiteLLM's logs, "
                "for langfuse_otel",
            ),
        ]

    def _login_page(self) -> str:
        page = ask(self._http, "GET", f"{self._stack.langfuse_url}/auth/sign-in")
        if "langfuse" not in page.text.lower():
            raise UnprovedError(f"no page of Langfuse: {seen(page)}")
        return "there"

    def _project(self) -> str:
        projects = self._get("/api/public/projects")["data"]
        if len(projects) != 1:
            raise UnprovedError(f"the keys belong to {len(projects)} projects, not to one")
        return f"project {projects[0]['name']}"

    def _trace(self) -> str:
        def trace() -> str:
            # One completion leaves several observations, all in one trace.
            found = self._get(
                "/api/public/v2/observations",
                sessionId=self._session_id,
                userId=USER,
                fromStartTime=self._since,
                fields="core",
            )
            traces = {row["traceId"] for row in found["data"]}
            if not traces:
                raise NotYetError(
                    f"no trace of session {self._session_id} and user {USER} in {TRACE_SECONDS} s (the fields "
                    "metadata.session_id and metadata.trace_user_id of the call)"
                )
            if len(traces) > 1:
                raise UnprovedError(
                    f"session {self._session_id} has {len(traces)} traces, not the one of the completion"
                )
            return f"{traces.pop()} of session {self._session_id} and user {USER}, {len(found['data'])} observations"

        return until(trace, seconds=TRACE_SECONDS)

    def _get(self, path: str, **parameters: str) -> Mapping[str, Any]:
        keys = (self._stack.langfuse_public_key, self._stack.langfuse_secret_key)
        answer = ask(self._http, "GET", f"{self._stack.langfuse_url}{path}", auth=keys, params=parameters)
        body: Mapping[str, Any] = answer.json()
        return body
