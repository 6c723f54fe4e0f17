"""Langfuse 4.16 with an https address behind the Kubernetes API's service proxy, as its web interface calls it.

The answers are those that a real 4.16.0 gave to these calls, and those of its source (web/src/features/*/server).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.message import Message
from typing import Any
from urllib.parse import unquote

from tests.http_server import Answer, Request
from tests.kubeconfig import TOKEN

EMAIL, PASSWORD = "admin@example.com", "Password0"
MASTER_KEY = "sk-master-0123456789"
_SERVICES = "/api/v1/namespaces/genai-platform/services/"
_PREFIX = "__Secure-next-auth."


def _refused(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"error": {"json": {"message": message, "code": -32003, "data": {"code": code}}}})


@dataclass
class Cluster:
    """What is stored, and how this Langfuse differs from the one that was seen."""

    organizations: dict[str, dict[str, Any]] = field(default_factory=dict)
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    """API keys of Langfuse by id."""
    virtual_keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Keys of LiteLLM by alias."""
    deleting: int = 1
    """For how many `organizations.delete` the row of a deleted project is still there."""
    keeps_expiry: bool = False
    """As later versions do."""
    instead: dict[str, Answer] = field(default_factory=dict)
    """What is answered to a route in place of it."""
    asked: list[str] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)
    url: str = ""

    def __post_init__(self) -> None:
        self.organizations["genai-platform"] = {"name": "GenAI platform"}
        self.projects["genai-platform"] = {"orgId": "genai-platform", "name": "GenAI platform", "deletedAt": None}
        note = "Provisioned API Key"
        self.keys["first"] = {"id": "first", "projectId": "genai-platform", "note": note, "publicKey": "pk-lf-first"}

    def names(self) -> list[str]:
        """Of the organisations that developers have."""
        return [one["name"] for key, one in self.organizations.items() if key != "genai-platform"]

    def __call__(self, request: Request) -> Answer:
        """The API server takes `Authorization` for itself, and passes the cookies on."""
        if request.headers["authorization"] != f"Bearer {TOKEN}":
            return Answer(401, {"kind": "Status", "message": "Unauthorized"})
        service, _, target = request.target.removeprefix(_SERVICES).partition("/proxy")
        headers = Message()
        for name, value in request.headers.items():
            if name.lower() != "authorization":
                headers[name] = value
        proxied = replace(request, target=target, headers=headers)
        self.asked.append(proxied.route)
        if other := self.instead.get(proxied.route):
            return other
        return self._litellm(proxied) if service == "litellm:4000" else self._langfuse(proxied)

    def _langfuse(self, request: Request) -> Answer:
        cookies = dict(item.split("=", 1) for item in request.headers.get("cookie", "").split("; ") if item)
        logged_in = cookies.get(f"{_PREFIX}session-token") in self.sessions
        match request.route:
            case "GET /api/auth/csrf":
                # Two cookies, as NextAuth sets them; of which a jar would send neither back over plain HTTP.
                attributes = "; Path=/; HttpOnly; Secure; SameSite=Lax"
                token = secrets.token_hex(8)
                set_ = [f"__Host-next-auth.csrf-token={token}%7Chash{attributes}"]
                set_.append(f"{_PREFIX}callback-url=https%3A%2F%2Flangfuse.example.com{attributes}")
                return Answer(200, {"csrfToken": token}, {"Set-Cookie": set_})
            case "POST /api/auth/callback/credentials":
                form, csrf = request.body, unquote(cookies.get("__Host-next-auth.csrf-token", ""))
                if csrf.partition("|")[0] != form["csrfToken"] or form["json"] != "true":
                    return Answer(200, {"url": "https://langfuse.example.com/api/auth/signin?csrf=true"})
                if (form["email"], form["password"]) != (EMAIL, PASSWORD):
                    return Answer(401, {"url": "https://langfuse.example.com/auth/sign-in?error=CredentialsSignin"})
                self.sessions.add(session := secrets.token_hex(8))
                cookie = f"{_PREFIX}session-token={session}; Path=/; HttpOnly; Secure; SameSite=Lax"
                return Answer(200, {"url": "https://langfuse.example.com"}, {"Set-Cookie": cookie})
            case "GET /api/auth/session":
                return Answer(200, {"user": {"organizations": self._visible()}} if logged_in else {})
        if not logged_in:
            return _refused(401, "UNAUTHORIZED", "UNAUTHORIZED")
        given = json.loads(request.query["input"]) if request.method == "GET" else request.body
        answer = self._procedure(request.path.removeprefix("/api/trpc/"), given["json"], given.get("meta", {}))
        return answer if isinstance(answer, Answer) else Answer(200, {"result": {"data": {"json": answer}}})

    def _visible(self) -> list[dict[str, Any]]:
        def of(organization: str) -> list[dict[str, Any]]:
            there = [project for project in self.projects.items() if project[1]["orgId"] == organization]
            return [{"id": key, "name": one["name"]} for key, one in there if not one["deletedAt"]]

        return [{"id": key, **one, "projects": of(key)} for key, one in self.organizations.items()]

    def _procedure(self, name: str, given: Mapping[str, Any], meta: Mapping[str, Any]) -> Any:
        match name:
            case "organizations.create" | "organizations.update":
                if not 3 <= len(given["name"]) <= 60 or "<" in given["name"]:
                    return _refused(400, "BAD_REQUEST", "Must have at most 60 characters")
                key = given.get("orgId") or f"org-{len(self.organizations)}"
                self.organizations[key] = {"name": given["name"]}
                return {"id": key, "name": given["name"], "role": "OWNER"} if name.endswith("create") else True
            case "projects.create":
                key = f"project-{len(self.projects)}"
                self.projects[key] = {"orgId": given["orgId"], "name": given["name"], "deletedAt": None}
                return {"id": key, "name": given["name"], "role": "OWNER"}
            case "projectApiKeys.create":
                key = f"key-{len(self.keys)}"
                # 4.16 answers 200 to a date and drops it; without superjson's `meta` it would be a text.
                assert meta == {"values": {"expiresAt": ["Date"]}}
                expires = given["expiresAt"] if self.keeps_expiry else None
                pair = {"id": key, "publicKey": f"pk-lf-{key}", "note": given["note"], "expiresAt": expires}
                self.keys[key] = {**pair, "projectId": given["projectId"]}
                return {**pair, "secretKey": f"sk-lf-{key}", "displaySecretKey": "sk-lf-...0000"}
            case "projectApiKeys.byProjectId":
                return [key for key in self.keys.values() if key["projectId"] == given["projectId"]]
            case "projectApiKeys.delete":
                return self.keys.pop(given["id"], None) is not None
            case "projects.delete":
                self.keys = {k: key for k, key in self.keys.items() if key["projectId"] != given["projectId"]}
                self.projects[given["projectId"]]["deletedAt"] = "now"
                return True
            case "organizations.delete":
                return self._delete_organization(given["orgId"])
        return _refused(404, "NOT_FOUND", f"No procedure found on path {name}")

    def _delete_organization(self, key: str) -> Any:
        theirs = {k: one for k, one in self.projects.items() if one["orgId"] == key}
        if any(not project["deletedAt"] for project in theirs.values()):
            return _refused(
                403, "FORBIDDEN", "Please delete or transfer all projects before deleting the organization."
            )
        if theirs and self.deleting > 0:
            self.deleting -= 1
            return _refused(403, "FORBIDDEN", "Deletion of your projects is still being processed, please try later")
        self.projects = {k: one for k, one in self.projects.items() if k not in theirs}
        del self.organizations[key]
        return True

    def _litellm(self, request: Request) -> Answer:
        if request.headers.get("x-litellm-api-key") != MASTER_KEY:
            return Answer(401, {"error": {"message": "no"}})
        match request.route:
            case "POST /key/generate":
                self.virtual_keys[request.body["key_alias"]] = request.body
                return Answer(200, {"key": f"sk-{request.body['key_alias']}"})
            case "POST /key/delete":
                gone = [self.virtual_keys.pop(alias, None) for alias in request.body["key_aliases"]]
                return Answer(200, {}) if any(gone) else Answer(404, {"error": {"message": "No matching keys found"}})
        return Answer(404, {"error": {"message": "Not Found"}})
