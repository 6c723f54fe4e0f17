"""One loopback server that answers as EKS, as the Kubernetes API and, behind the service proxy, as LiteLLM."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests import http_server
from tests.kubeconfig import TOKEN, kubeconfig

MASTER_KEY = "sk-master-0123456789"
PROXY = "/api/v1/namespaces/genai-platform/services/litellm:4000/proxy/key/"
Answer = tuple[int, Any]


class Clock:
    """Time that passes only by sleeping, so minutes cost nothing."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class StandIn:
    """The state of the simulated world. A test sets it up, and reads what became of it."""

    def __init__(self) -> None:
        """Start with an ACTIVE, empty cluster and a LiteLLM without keys."""
        self.eks_answer: Answer = (200, {"cluster": {"status": "ACTIVE"}})
        self.objects: dict[str, dict[str, Any]] = {}
        """Kubernetes objects by path."""
        self.polls_to_go: dict[str, float] = {}
        """By path: how often an object is listed after its deletion before it is gone (else: at once)."""
        self.goes_with: dict[str, str] = {}
        """Objects deleted when another one is gone: a volume with its claim, a node with its NodeClaim."""
        self.keys: dict[str, dict[str, Any]] = {}
        """LiteLLM's keys by secret."""
        self.failures: list[Answer | None] = []
        """Answers given in the place of Kubernetes' or LiteLLM's next ones; None lets one through."""
        self.requests: list[tuple[str, str]] = []
        self.url = ""

    @property
    def kubeconfig(self) -> str:
        """For the Kubernetes API of this world, as JSON."""
        return json.dumps(kubeconfig(self.url))

    @property
    def environment(self) -> dict[str, str]:
        """What leads boto3 here instead of to AWS."""
        return {
            "AWS_ENDPOINT_URL_EKS": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_CONFIG_FILE": "/dev/null",
            "NO_PROXY": "127.0.0.1",
        }

    def add(self, *paths: str, **fields: Any) -> None:
        """Put objects into the cluster."""
        for path in paths:
            parts = path.split("/")
            namespace = {"namespace": parts[-3]} if "namespaces" in parts[:-2] else {}
            self.objects[path] = {"metadata": {"name": parts[-1], **namespace}, "spec": {}, **fields}

    def answer(self, method: str, path: str, headers: Any, body: Any) -> Answer:
        """Answer one request."""
        self.requests.append((method, path))
        if path.startswith("/clusters/"):
            return self.eks_answer
        if self.failures and (failure := self.failures.pop(0)):
            return failure
        if headers["Authorization"] != f"Bearer {TOKEN}":
            return 401, {"kind": "Status", "message": "Unauthorized"}
        if path.startswith(PROXY):
            if headers["x-litellm-api-key"] != MASTER_KEY:
                return 401, {"error": {"message": f"Invalid proxy server token {headers['x-litellm-api-key']}"}}
            return self._litellm(path.removeprefix(PROXY), body)
        path, _, query = path.partition("?")
        if method == "DELETE":
            return self._delete(path, query)
        return self._list(path)

    def _delete(self, path: str, query: str) -> Answer:
        if path not in self.objects:
            return 404, {"kind": "Status", "message": f"{path} not found"}
        self.objects[path]["metadata"]["deletionTimestamp"] = "2026-11-25T18:00:00Z"
        self.objects[path]["deletedWith"] = query
        self._age(path)
        return 200, {"kind": "Status"}

    def _list(self, path: str) -> Answer:
        group, plural = path.rsplit("/", 1)
        listed = [item for item in self.objects if item.startswith(group + "/") and item.split("/")[-2] == plural]
        items = [self.objects[item] for item in listed]
        for item in listed:
            if "deletionTimestamp" in self.objects[item]["metadata"]:
                self._age(item)
        return (200, {"items": items}) if items or path != "/apis/karpenter.sh/v1/nodeclaims" else (404, "not served")

    def _age(self, path: str) -> None:
        self.polls_to_go[path] = self.polls_to_go.get(path, 0) - 1
        if self.polls_to_go[path] < 0:
            for gone in [item for item in self.objects if item == path or item.startswith(path + "/")]:
                del self.objects[gone]
            if path in self.goes_with:
                self._delete(self.goes_with[path], "")

    def _litellm(self, action: str, body: dict[str, Any]) -> Answer:
        """LiteLLM 1.108.14, proxy/management_endpoints/key_management_endpoints.py."""
        aliases = {settings["key_alias"]: key for key, settings in self.keys.items()}
        if action == "delete":
            doomed = [*body.get("keys", []), *(aliases.get(alias) for alias in body.get("key_aliases", []))]
            if not set(doomed) & set(self.keys):
                return 404, {"error": {"message": "{'error': 'No keys found'}", "code": "404"}}
            self.keys = {key: settings for key, settings in self.keys.items() if key not in doomed}
            return 200, {"deleted_keys": doomed}
        if action == "update" and body["key"] not in self.keys:
            return 404, {"error": {"message": "Key not found.", "code": "404"}}
        if aliases.get(body["key_alias"], body["key"]) != body["key"]:
            return 400, {"error": {"message": f"Key with alias '{body['key_alias']}' already exists."}}
        if action == "update" or body["key"] not in self.keys:  # generating a known secret changes nothing
            self.keys[body["key"]] = self.keys.get(body["key"], {}) | {k: v for k, v in body.items() if k != "key"}
        return 200, {"key": body["key"]}


@contextmanager
def running() -> Iterator[StandIn]:
    """Serve a new world on a free port."""
    world = StandIn()

    def answer(request: http_server.Request) -> http_server.Answer:
        return http_server.Answer(*world.answer(request.method, request.target, request.headers, request.body))

    with http_server.serve(answer) as world.url:
        yield world
