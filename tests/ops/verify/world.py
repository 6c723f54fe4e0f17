"""A running day on this machine: what LiteLLM, Langfuse, Entra ID, API Management and its entry answer.

LiteLLM's answers are those of LiteLLM 1.108.14 with a database, against which `test_with_litellm.py` runs the proof.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator, Mapping, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from email.message import Message
from typing import TYPE_CHECKING, Any

from tests.http_server import Answer, Request, Service, serve
from tests.kubeconfig import TOKEN
from tests.ops.verify.stream_clock import StreamClock

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MASTER_KEY, DEMO_KEY = "sk-master-0123456789", "sk-demo-0123456789abcdef"
PUBLIC_KEY, SECRET_KEY = "pk-lf-0123456789", "sk-lf-0123456789"
CLIENT_SECRET, APIM_ENTRY_KEY = "client-secret-0123456789", "apim-entry-0123456789"
MODELS = ("nova-lite", "echo")
ASSET = "/litellm-asset-prefix/_next/static/chunks/1a2b.css"

PROXY = "/api/v1/namespaces/genai-platform/services/litellm:4000/proxy"


def error(status: int, kind: str, message: str = "no") -> Answer:
    return Answer(status, {"error": {"message": message, "type": kind, "param": "key", "code": str(status)}})


@dataclass
class World:
    """The state behind the answers. `instead` maps a service and a route to what is answered in place of it."""

    s3: S3Client
    clock: StreamClock
    models: list[str] = field(default_factory=lambda: list(MODELS))
    keys: dict[str, list[str]] = field(default_factory=lambda: {DEMO_KEY: ["nova-lite"]})
    rows: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    observations: list[dict[str, Any]] = field(default_factory=list)
    """What LiteLLM's exporter wrote to Langfuse."""
    tokens: dict[str, bool] = field(default_factory=dict)
    """Tokens of Entra ID, and whether each carries the role."""
    tokens_without_role: int = 0
    instead: dict[str, Answer | Service] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    urls: dict[str, str] = field(default_factory=dict)
    to_no_key: Answer = field(default_factory=lambda: error(401, "auth_error"))
    to_wrong_key: Answer = field(default_factory=lambda: error(401, "token_not_found_in_db"))
    to_other_model: Answer = field(default_factory=lambda: error(403, "key_model_access_denied"))
    serves_model_of: Set[str] = frozenset()
    """The parts of the URL whose model is served to any key."""
    wide_open: bool = False
    """As without a master key."""
    services: dict[str, Service] = field(default_factory=dict)
    in_clear: list[str] = field(default_factory=list)
    """Headers of what came to LiteLLM and Langfuse over the load balancer."""
    stream_pause: float = 0.02
    """Seconds after each piece, by the clock."""
    buckets: dict[str, str] = field(default_factory=dict)
    """Names of the buckets by the prefix that is written to."""

    def kubernetes(self, request: Request) -> Answer:
        """The Kubernetes API with its service proxy, which keeps `Authorization` to itself."""
        if request.headers["authorization"] != f"Bearer {TOKEN}":
            return Answer(401, {"kind": "Status", "message": "Unauthorized"})
        headers = Message()
        headers["authorization"] = f"Bearer {request.headers['x-litellm-api-key']}"
        proxied = replace(request, target=request.target.removeprefix(PROXY), headers=headers)
        return self.services["litellm"](proxied)

    def litellm(self, request: Request) -> Answer:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        match request.route:
            case "GET /health/readiness":
                return Answer(200, {"status": "healthy", "db": "connected"})
            case "GET /":
                return Answer(200, '<title>LiteLLM API - Swagger UI</title><div id="swagger-ui"></div>')
            case "GET /openapi.json":
                return Answer(200, {"info": {"title": "LiteLLM API"}, "paths": {"/v1/chat/completions": {}}})
            case "GET /ui/":
                return Answer(200, f'<link rel="preload" href="/a.woff2"/><link rel="stylesheet" href="{ASSET}"/>')
            case _ if request.path == ASSET:
                return Answer(200, "body {}", {"Content-Type": "text/css; charset=utf-8"})
        if self.wide_open:
            key = MASTER_KEY
        if not key:
            return self.to_no_key
        if key != MASTER_KEY and key not in self.keys:
            return self.to_wrong_key
        models = self.models if key == MASTER_KEY else self.keys[key]
        if "model" in request.query:
            return self.complete(request.body) if "query" in self.serves_model_of else self.to_other_model
        for path in ("/openai/deployments", "/engines"):
            if request.path.startswith(path):
                return self.complete(request.body) if f"path {path}" in self.serves_model_of else self.to_other_model
        match request.route:
            case "GET /v1/models":
                return Answer(200, {"data": [{"id": model, "object": "model"} for model in models]})
            case "POST /v1/chat/completions" if request.body["model"] not in models:
                return self.to_other_model
            case "POST /v1/chat/completions":
                return self.complete(request.body)
            case "GET /spend/logs" if key == MASTER_KEY:
                row = self.rows.get(request.query["request_id"])
                return Answer(200, [row] if row else [])
            case "POST /key/generate" if key == MASTER_KEY:
                self.keys[request.body["key"]] = request.body["models"]
                return Answer(200, {"key": request.body["key"]})
            case "POST /key/delete" if key == MASTER_KEY:
                gone = [self.keys.pop(key, None) for key in request.body["keys"]]
                return Answer(200, {"deleted_keys": request.body["keys"]}) if any(gone) else error(404, "not_found")
        return error(401, "auth_error", f"Only proxy admin can be used. Route={request.path}")

    def complete(self, body: Mapping[str, Any]) -> Answer:
        if body.get("stream"):
            pieces = self.clock.apart(self.stream(), self.stream_pause)
            return Answer(200, pieces, {"Content-Type": "text/event-stream"})
        call = str(uuid.uuid4())
        self.rows[call] = {"request_id": call, "total_tokens": 30, "spend": 0.0000021}
        metadata = body.get("metadata", {})
        if session := metadata.get("session_id"):
            # As Langfuse 4.16 stores them: the one of the call to the model has neither session nor user.
            of_call = {"name": "litellm_request", "sessionId": session, "userId": metadata.get("trace_user_id")}
            of_model = {"name": "raw_gen_ai_request", "sessionId": None, "userId": None}
            self.observations += [{"traceId": "0af7651916cd43dd", **item} for item in (of_call, of_model)]
            for prefix, bucket in self.buckets.items():
                self.s3.put_object(Bucket=bucket, Key=f"{prefix}{call}", Body=b"")
        message = {"role": "assistant", "content": "Yes."}
        return Answer(200, {"choices": [{"index": 0, "message": message}]}, {"x-litellm-call-id": call})

    def stream(self) -> Iterator[str]:
        for content in ("one", " two", " three", None):
            delta = {} if content is None else {"content": content}
            yield f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta}]})}\n\n"
        yield "data: [DONE]\n\n"

    def langfuse(self, request: Request) -> Answer:
        if request.route == "GET /auth/sign-in":
            return Answer(200, "<title>Sign in | Langfuse</title>")
        basic = base64.b64encode(f"{PUBLIC_KEY}:{SECRET_KEY}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return Answer(401, {"message": "Invalid credentials."})
        match request.route:
            case "GET /api/public/projects":
                return Answer(200, {"data": [{"id": "genai-platform", "name": "GenAI platform"}]})
            case "GET /api/public/v2/observations":
                asked = {name: request.query[name] for name in ("sessionId", "userId")}
                rows = [observation for observation in self.observations if asked.items() <= observation.items()]
                return Answer(200, {"data": rows, "meta": {}})
        return Answer(404, {"message": "Not Found"})

    def entra(self, request: Request) -> Answer:
        expected = {
            "grant_type": "client_credentials",
            "client_id": "client-1",
            "client_secret": CLIENT_SECRET,
            "scope": "api://api-1/.default",
        }
        if request.route != "POST /tenant-1/oauth2/v2.0/token" or request.body != expected:
            return Answer(
                401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}
            )
        token = f"eyJ0eXAiOiJKV1QifQ.{len(self.tokens)}.signature01234567"
        self.tokens[token] = len(self.tokens) >= self.tokens_without_role
        return Answer(200, {"access_token": token, "token_type": "Bearer"})

    def gateway(self, request: Request) -> Answer:
        role = self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if role is None:
            return Answer(401, {"error": {"code": "invalid_token", "request_id": "1"}})
        if not role:
            return Answer(403, {"error": {"code": "role_missing", "request_id": "1"}})
        if request.headers.get("x-litellm-api-key", DEMO_KEY) not in self.keys:
            return Answer(401, {"error": {"code": "key_missing", "request_id": "1"}})
        return self.complete(request.body)

    def apim_entry(self, request: Request) -> Answer:
        if request.headers.get("cookie") != APIM_ENTRY_KEY:
            return Answer(403, "Forbidden.", {"Content-Type": "text/plain"})
        return self.litellm(request)

    def outputs(self) -> dict[str, Any]:
        """What `pulumi stack output` tells of the AWS stack."""
        return {
            "litellmUrl": self.urls["litellm"],
            "litellmMasterKey": MASTER_KEY,
            "virtualKeys": {"demo": DEMO_KEY},
            "langfuseUrl": self.urls["langfuse"],
            "langfuseEmail": "admin@example.com",
            "langfusePassword": "Password0",
            "langfusePublicKey": PUBLIC_KEY,
            "langfuseSecretKey": SECRET_KEY,
            "langfuseBucket": self.buckets["events/"],
            "clickhouseBucket": self.buckets["clickhouse/"],
            "clusterName": "genai-dev-1a2b3c4",
            "apimEntryUrl": self.urls["apim_entry"],
            "apimEntryCertificate": "public",
            "apimEntryKey": APIM_ENTRY_KEY,
            "next": "Log in.",
        }

    def azure_outputs(self) -> dict[str, Any]:
        """What `pulumi stack output` tells of the Azure stack."""
        return {
            "gatewayUrl": self.urls["gateway"],
            "keyMode": "header",
            "tenantId": "tenant-1",
            "scope": "api://api-1/.default",
            "clientIds": {"demo": "client-1"},
            "clientSecrets": {"demo": CLIENT_SECRET},
        }


SERVICES = ("litellm", "langfuse", "entra", "gateway", "apim_entry", "kubernetes")


@contextmanager
def running(s3: S3Client, clock: StreamClock) -> Iterator[World]:
    """A day that is up and well, with something in its buckets from before."""
    world = World(s3, clock)
    for prefix in ("events/", "clickhouse/"):
        world.buckets[prefix] = f"{prefix[:-1]}-{uuid.uuid4()}"
        s3.create_bucket(Bucket=world.buckets[prefix])
        s3.put_object(Bucket=world.buckets[prefix], Key=f"{prefix}before", Body=b"")

    def service(name: str) -> Service:
        def answer(request: Request) -> Answer:
            world.asked.append(f"{name} {request.route}")
            other = world.instead.get(f"{name} {request.route}", getattr(world, name))
            return other if isinstance(other, Answer) else other(request)

        return answer

    def listener(name: str) -> Service:
        def answer(request: Request) -> Answer:
            world.in_clear += map(str, request.headers.values()) if name != "kubernetes" else ()
            return world.services[name](request)

        return answer

    with ExitStack() as stack:
        world.services = {name: service(name) for name in SERVICES}
        world.urls = {name: stack.enter_context(serve(listener(name))) for name in SERVICES}
        yield world
