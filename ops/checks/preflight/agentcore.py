"""Bedrock AgentCore and the providers of its targets: whether the service answers, and what Google's console knows."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from botocore.exceptions import ClientError

from components.aws.agentcore_provider import SECRET_KEY
from ops.checks.check import Check, Outcome, bad, fine, note
from ops.clouds.aws import Aws, gone
from ops.inventory import agentcore
from ops.stack.outputs import StackOutputsError, read_outputs
from ops.stack.settings_file import StackConfig
from stacks.configuration import validated
from stacks.mcp.settings import McpSettings, TargetSetting

GOOGLE_AUTHORIZE = "https://accounts.google.com/o/oauth2/v2/auth"
_CONSOLE = "Google's console, Google Auth Platform, Clients"


def agentcore_checks(aws: Aws, config: StackConfig) -> Mapping[str, Check]:
    """The service in the region, and of each target its secret and its client; settings that are wrong were refused."""
    prefix = "genaiplatform:"
    own = {key.removeprefix(prefix): value for key, value in config.values.items() if key.startswith(prefix)}
    settings = validated(McpSettings, own)
    checks: dict[str, Check] = {f"AgentCore in {aws.region}": lambda: offered(aws)}
    for target in settings.targets:
        checks[f"secret {target.client_secret}"] = partial(secret, aws, target.client_secret)
        if target.google:
            checks[f"Google knows the client of {target.name}"] = partial(known_to_google, target, config.stack)
    return checks


def offered(aws: Aws) -> Outcome:
    """Whether the service answers there."""
    count = sum(1 for _ in aws.items(agentcore.CONTROL, "list_gateways", "items[]"))
    return fine(f"answers; {count} gateways there")


def secret(aws: Aws, name: str) -> Outcome:
    """Whether that secret can be read by a gateway: it exists, is JSON and has the field. Its value is never shown."""
    try:
        answer = aws.call("secretsmanager", "get_secret_value", SecretId=name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code.startswith("AccessDenied"):
            return note("whoever runs this may not read it, so whether it holds what it must is not known")
        if gone(error) or code == "InvalidRequestException":  # the second: it waits for its deletion
            return bad(
                f"is not there in {aws.region}",
                f"`aws secretsmanager create-secret --region {aws.region} --name {name} --secret-string "
                f'file://client.json`, where the file holds {{"{SECRET_KEY}": "..."}}',
            )
        raise
    try:
        value = json.loads(answer["SecretString"])[SECRET_KEY]
    except (KeyError, TypeError, ValueError):
        value = None
    if not isinstance(value, str) or not value.strip():
        return bad(
            f"holds no JSON with the field {SECRET_KEY}",
            f"`aws secretsmanager put-secret-value --region {aws.region} --secret-id {name} --secret-string "
            f'file://client.json`, where the file holds {{"{SECRET_KEY}": "..."}}',
        )
    return fine(f"has {SECRET_KEY}")


def known_to_google(target: TargetSetting, stack: str, authorize: str = GOOGLE_AUTHORIZE) -> Outcome:
    """Whether Google's login page takes the client, and its callback address once there is one.

    Asked as a browser would ask; nobody is logged in for it.
    """
    try:
        callback = dict(read_outputs(stack).get("callbackUrls") or {}).get(target.name, "")
    except StackOutputsError:
        callback = ""
    asked = {
        "client_id": target.client_id,
        "redirect_uri": callback or "https://bedrock-agentcore.amazonaws.com/not-known-yet",
        "response_type": "code",
        "scope": " ".join(target.asked_scopes),
    }
    answer = httpx.get(authorize, params=asked, timeout=10, follow_redirects=False)
    refused = _refusal(answer)
    if refused == "redirect_uri_mismatch":
        if not callback:
            return note(
                "knows the client; its callback address is known only after the first `up`",
                f"then add callbackUrls.{target.name} of `pulumi stack output -s {stack}` in {_CONSOLE}",
            )
        return bad(f"does not know the callback address {callback}", f"add it to the client in {_CONSOLE}")
    if refused:
        return bad(f"refuses the client: {refused}", f"copy clientId from {_CONSOLE}")
    if answer.status_code >= httpx.codes.BAD_REQUEST:
        raise RuntimeError(f"Google answered {answer.status_code}")
    return fine("knows the client and its callback address")


def _refusal(answer: httpx.Response) -> str:
    """The name of the error that Google's page would show; empty where it would ask for a login."""
    query: Mapping[str, Any] = parse_qs(urlsplit(answer.headers.get("location", "")).query)
    coded = query.get("authError", [""])[0]
    shown = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode(errors="replace") if coded else ""
    names = ("redirect_uri_mismatch", "invalid_client", "deleted_client", "invalid_scope", "disabled_client")
    return next((name for name in names if name in shown), "an error" if coded else "")
