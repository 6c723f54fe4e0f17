"""Langfuse as its first user works with it: the calls of its web interface, through the Kubernetes API's service proxy.

Its documented API for organisations, projects and keys needs an Enterprise licence; these calls need none, and are
undocumented: read in v4.16.0 (web/src/features/*/server) and run against that version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from components.kubernetes.cluster_api import ApiRefusedError, ClusterApi
from stacks.errors import GenaiError

PROXY = "/api/v1/namespaces/genai-platform/services/langfuse-web:3000/proxy"


class LangfuseError(GenaiError):
    """Langfuse did not do what it was asked for; the message says why."""


class LangfuseRefusedError(LangfuseError):
    """Langfuse turned the call down."""

    def __init__(self, message: str, status: int) -> None:
        """Keep the HTTP `status`."""
        super().__init__(message)
        self.status = status


class LangfuseAdministrator:
    """A session of the user whom Langfuse made at its first start."""

    def __init__(self, email: str, password: str, api: ClusterApi) -> None:
        """Log in. LangfuseError when Langfuse cannot be reached, or does not let the user in."""
        self._api = api
        self._cookies: dict[str, str] = {}
        form = {"csrfToken": str(self._ask("GET", "/api/auth/csrf").get("csrfToken")), "json": "true"}
        # Neither a 200 nor a 401 tells whether it worked: the session does.
        with suppress(LangfuseRefusedError):
            self._ask("POST", "/api/auth/callback/credentials", form={**form, "email": email, "password": password})
        if not self._session():
            raise LangfuseError(
                f"Langfuse does not let {email} in with the stack's langfusePassword: it was changed in Langfuse, or "
                "logging in with a password is switched off there. Set it back."
            )

    def organizations(self) -> list[dict[str, Any]]:
        """Those of the user with their projects, read anew. Projects that are being deleted are not among them."""
        user = self._session()
        if not user:
            raise LangfuseError("Langfuse has ended the session: run this again.")
        found: list[dict[str, Any]] = user["organizations"]
        return found

    def call(self, procedure: str, **values: str | datetime) -> Any:
        """Change something. LangfuseRefusedError for a 4xx, LangfuseError for anything else that is no answer."""
        return self._answer(self._ask("POST", f"/api/trpc/{procedure}", _superjson(values)))

    def query(self, procedure: str, **values: str | int) -> Any:
        """Read something; the same errors."""
        encoded = quote(json.dumps(_superjson(values)), safe="")
        return self._answer(self._ask("GET", f"/api/trpc/{procedure}?input={encoded}"))

    def _session(self) -> dict[str, Any]:
        user: dict[str, Any] = self._ask("GET", "/api/auth/session").get("user") or {}
        return user

    def _answer(self, answer: dict[str, Any]) -> Any:
        try:
            return answer["result"]["data"].get("json")
        except (KeyError, AttributeError):
            raise LangfuseError(f"Langfuse answered {str(answer)[:200]}, which is not what was expected.") from None

    def _ask(
        self, method: str, path: str, body: object | None = None, form: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        # By hand: where Langfuse's URL is https their names begin with `__Secure-`, and a cookie jar keeps those back
        # from the plain HTTP between the API server and the pod.
        cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        what = f"{method} {path.partition('?')[0]}"
        try:
            answer = self._api.exchange(method, f"{PROXY}{path}", body, cookies if self._cookies else None, form)
        except ApiRefusedError as error:
            if error.by_kubernetes:
                raise LangfuseError(
                    f"The Kubernetes API does not pass {what} on to Langfuse ({error}): put the `aws` CLI on PATH and "
                    "use the AWS identity that created the cluster."
                ) from None
            raise LangfuseRefusedError(f"Langfuse refused {what}: {error}", error.status) from None
        except ConnectionError as error:
            raise LangfuseError(f"{what} of Langfuse through the Kubernetes API: {error}") from None
        for cookie in answer.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value.strip()
        if not isinstance(answer.body, dict):
            raise LangfuseError(f"Langfuse answered {what} with no JSON, but {str(answer.body)[:80]!r}.")
        return answer.body


def _superjson(values: Mapping[str, str | int | datetime]) -> dict[str, Any]:
    """As tRPC's transformer writes it: dates are texts, and `meta` says which."""
    dates = {name: ["Date"] for name, value in values.items() if isinstance(value, datetime)}
    texts = {
        name: f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z" if isinstance(value, datetime) else value
        for name, value in values.items()
    }
    return {"json": texts, "meta": {"values": dates}} if dates else {"json": texts}
