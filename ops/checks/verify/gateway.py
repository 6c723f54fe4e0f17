"""API Management: a token from Entra ID, calls with and without it, and the port behind the gateway."""

from __future__ import annotations

import httpx

from ops.checks.verify.completions import CHAT, question
from ops.checks.verify.http import ask, bearer, client, seen
from ops.checks.verify.polling import NotYetError, until
from ops.checks.verify.step import Step, UnprovedError
from ops.stack.running_stacks import RunningAwsStack, RunningGateway

LOGIN = "https://login.microsoftonline.com"
ROLE_SECONDS = 300
"""A role that was just given takes minutes to reach new tokens (microsoftgraph/msgraph-bicep-types#193)."""
LOGGED_IN = "Entra ID token"
"""Name of the step that every other about the gateway needs."""

NO_ROLE = (
    "Not proved: that a token without the role LiteLLM.Invoke is refused with 403. Entra ID gives a token for this API "
    "to no application without the role, and the stack makes none without it."
)


class GatewaySteps:
    """The steps about the way from a client application to LiteLLM."""

    def __init__(self, stack: RunningAwsStack, gateway: RunningGateway, http: httpx.Client, hidden: set[str]) -> None:
        """`hidden` is told the token, so that it is not shown."""
        self._stack = stack
        self._gateway = gateway
        self._http = http
        self._hidden = hidden
        self._model = stack.key_models[gateway.key_alias][0]
        self._token = ""

    def token(self) -> str:
        """The token, once the step `LOGGED_IN` was proved."""
        return self._token

    def steps(self) -> list[Step]:
        """In the order they are to be taken."""
        return [
            Step(
                name=LOGGED_IN,
                prove=self._get_token,
                means="The application cannot log in: its secret may have ended (output clientSecretEnds; "
                "docs/azure.md says how to make another); a new application takes minutes to be known everywhere",
            ),
            Step(
                name="completion through the gateway",
                prove=self._completion,
                after=(LOGGED_IN,),
                means="Clients get no answer. The error's code names the part (docs/azure.md, Debugging one request); "
                "backend_unreachable is the way to the load balancer: "
                f"`pulumi up -s {self._stack.stack}`, then `pulumi up -s {self._gateway.stack}`",
            ),
            Step(
                name="gateway refuses without a token",
                prove=self._strangers_refused,
                means="The gateway lets in whoever calls, or fails before it looks: unless this is a 5xx take it down "
                f"(`pulumi destroy -s {self._gateway.stack}`); then see its policy in the portal, API litellm, All "
                "operations",
            ),
        ]

    def _get_token(self) -> str:
        self._token = application_token(self._http, self._gateway, self._gateway.client)
        self._hidden.add(self._token)
        return f"for the application {self._gateway.client}"

    def _completion(self) -> str:
        def answered() -> str:
            answer = self._chat(self._token)
            if answer.status_code == httpx.codes.FORBIDDEN and "role_missing" in answer.text:
                self._get_token()  # the old one will not get the role any more
                raise NotYetError(f"after {ROLE_SECONDS} s of new tokens still {seen(answer)}")
            if answer.status_code != httpx.codes.OK:
                raise UnprovedError(seen(answer))
            if not answer.json()["choices"][0]["message"]["content"]:
                raise UnprovedError(f"{self._model} answered without a word")
            return f"{self._model}, key mode {self._gateway.key_mode}"

        return until(answered, seconds=ROLE_SECONDS, interval=15)

    def _strangers_refused(self) -> str:
        forged = f"{self._token[:-8]}forged00"
        self._hidden.add(forged)
        for what, token in (("no token", None), ("a token whose signature is wrong", forged)):
            answer = self._chat(token)
            if answer.status_code != httpx.codes.UNAUTHORIZED or "invalid_token" not in answer.text:
                raise UnprovedError(f"with {what}: {seen(answer)}")
        return "401 without one and with a forged one"

    def _chat(self, token: str | None) -> httpx.Response:
        headers: dict[str, str] = {} if token is None else bearer(token)
        if self._gateway.key_mode == "header":
            headers["x-litellm-api-key"] = self._stack.virtual_keys[self._gateway.key_alias]
        return self._http.post(f"{self._gateway.gateway_url}{CHAT}", headers=headers, json=question(self._model))


def application_token(http: httpx.Client, gateway: RunningGateway, client: str) -> str:
    """A token of Entra ID for that application, by its secret; it is secret too."""
    answer = ask(
        http,
        "POST",
        f"{LOGIN}/{gateway.tenant_id}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": gateway.client_ids[client],
            "client_secret": gateway.client_secrets[client],
            "scope": gateway.scope,
        },
    )
    return str(answer.json()["access_token"])


def apim_entry_step(stack: str, url: str, certificate: str) -> Step:
    """That the port behind the gateway forwards nothing of who does not carry its secret."""

    def closed() -> str:
        # Nobody vouches for a self-signed certificate; nothing secret is sent.
        with client(verify=certificate == "public") as http:
            answer = http.post(f"{url}{CHAT}", json={})
        # LiteLLM itself would answer 401: it was sent no key.
        if answer.status_code != httpx.codes.FORBIDDEN:
            raise UnprovedError(seen(answer))
        return "403 without its secret header"

    return Step(
        name="entry for API Management closed",
        prove=closed,
        means=f"Whoever finds the port 8443 gets past API Management: run `pulumi up -s {stack}`, which puts the "
        "rule back that asks for the secret in the header api-key",
    )
