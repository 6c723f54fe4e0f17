"""API Management on this machine in front of LiteLLM's MCP servers, with people of a local Entra ID."""

from __future__ import annotations

import json
import re
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import jwt

from apps.mcp.offline.entra import AUDIENCE, TENANT, Entra, object_id
from policies.apim import BACKEND_ID, mcp
from tests.http_server import Answer, Request, serve
from tests.policies.apim.elements import check
from tests.policies.apim.expressions import Expressions
from tests.policies.apim.mcp.world import McpWorld, metadata_world
from tests.policies.apim.walker import Headers, Response
from tests.policies.apim.world import IDENTITY, VAULT

SERVER = "drive"
_OURS = {"content-length", "transfer-encoding", "connection", "content-encoding", "date", "server", "host"}


class Tokens(dict[str, Mapping[str, Any]]):
    """What the local Entra ID signed, as the claims that `Walker` takes: times from now on, Microsoft's issuer."""

    def __init__(self, entra: Entra) -> None:
        super().__init__()
        self._entra = entra

    def get(self, token: str, default: Any = None) -> Any:
        options: Any = {"verify_exp": False, "verify_nbf": False, "verify_aud": False}
        try:
            claims = jwt.decode(token, self._entra.key.public_key(), algorithms=["RS256"], options=options)
        except jwt.PyJWTError:
            return default
        issuer = str(claims["iss"]).replace(self._entra.base, mcp.LOGIN)
        now = time.time()
        return {**claims, "iss": issuer, "nbf": claims["nbf"] - now, "exp": claims["exp"] - now}


def _until_silent(answer: httpx.Response) -> Iterator[str]:
    """A stream as it comes; one that only listens ends after a while, else LiteLLM could not be stopped."""
    with closing(answer), suppress(httpx.HTTPError):
        yield from answer.iter_text()


class _OneByOne(Expressions):
    """Expressions of requests that come at the same time: Mono reads one line after the other."""

    _lock = threading.Lock()

    def evaluate(self, text: str, context: Mapping[str, Any]) -> tuple[Any, list[str]]:
        with self._lock:
            return super().evaluate(text, context)


class ApiManagement:
    """The API of MCP servers and that of their metadata, behind one port."""

    def __init__(self, url: str, entra: Entra, litellm_url: str, keys: Mapping[str, str], folder: Path) -> None:
        values = {
            "tenant-id": TENANT,
            "api-client-id": AUDIENCE,
            "key-vault-uri": VAULT,
            "gateway-identity-client-id": IDENTITY,
            mcp.GATEWAY_URL: url,
        }

        def saved(policy: str) -> ET.Element:
            filled = ET.fromstring(re.sub(r"\{\{([\w-]+)\}\}", lambda name: values[name[1]], policy))
            check(filled)
            return filled

        # Microsoft's login is the local one here.
        policies = saved(mcp.load()), saved(mcp.load_metadata().replace(mcp.LOGIN, entra.base))
        self.expressions = _OneByOne(policies, folder)
        self.servers = McpWorld(policies[0], self.expressions)
        self.servers.tokens = Tokens(entra)
        self.servers.secrets = {object_id(person): key for person, key in keys.items()}
        self.metadata = metadata_world(policies[1], self.expressions)
        self.mcp_url = f"{url}/{mcp.PATH}/{SERVER}"
        self.sent: list[Headers] = []
        """Headers of each request that reached LiteLLM."""
        self._litellm_url = litellm_url
        self._http = httpx.Client(timeout=60, trust_env=False)

    def answer(self, request: Request) -> Answer:
        """The API with the longest path that fits, as API Management chooses it."""
        servers = copy(self.servers)  # a walker walks one request at a time, and a client listens while it sends
        servers.backends = {BACKEND_ID: partial(self._litellm, request.method)}
        apis: list[tuple[str, Callable[..., Response], Mapping[str, tuple[str, str]]]] = [
            (f"/{mcp.METADATA_PATH}", copy(self.metadata).handle, mcp.metadata_operations([SERVER])),
            (f"/{mcp.PATH}", servers.handle, mcp.operations([SERVER])),
        ]
        for path, handle, operations in apis:
            rest = request.path.removeprefix(path)
            if request.path.startswith(f"{path}/") and (request.method, rest) in operations.values():
                headers: Headers = {}
                for name, value in request.headers.items():
                    headers.setdefault(name, []).append(value)
                body = None if request.body is None else json.dumps(request.body)
                response = handle(headers, "203.0.113.7", request.target.removeprefix(path), rest, body)
                told = {name: values for name, values in response.headers.items() if name.lower() not in _OURS}
                return Answer(response.status, response.stream or response.body, told)
        return Answer(404, {"statusCode": 404, "message": "Resource not found"})

    def _litellm(self, method: str, headers: Headers, url: str, body: str) -> Response:
        kept = [(name, value) for name, values in headers.items() if name.lower() not in _OURS for value in values]
        self.sent.append({name.lower(): list(values) for name, values in headers.items()})
        patience = httpx.Timeout(60, read=2 if method == "GET" else 60)
        request = self._http.build_request(
            method, f"{self._litellm_url}{url}", headers=kept, content=body, timeout=patience
        )
        answer = self._http.send(request, stream=True)
        told = {name.title(): [value] for name, value in answer.headers.items() if name not in _OURS}
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return Response(answer.status_code, told, stream=_until_silent(answer))
        return Response(answer.status_code, told, answer.read().decode())

    def close(self) -> None:
        self.expressions.close()
        self._http.close()


@contextmanager
def running(entra: Entra, litellm_url: str, keys: Mapping[str, str], folder: Path) -> Iterator[ApiManagement]:
    """Started in front of that LiteLLM, with the key of each person in its vault."""
    with ExitStack() as stack:
        started: list[ApiManagement] = []
        url = stack.enter_context(serve(lambda request: started[0].answer(request)))
        started.append(ApiManagement(url, entra, litellm_url, keys, folder))
        stack.callback(started[0].close)
        yield started[0]
