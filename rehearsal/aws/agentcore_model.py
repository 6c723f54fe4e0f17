"""Simulated Bedrock AgentCore as dictionaries: moto has no credential providers, and gateways without real ids."""

from __future__ import annotations

import datetime
import secrets
import string
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from botocore.validate import ParamValidator

_LETTERS = string.ascii_lowercase + string.digits


class AgentCore:
    """Gateways by id, targets by gateway and id, credential providers by name, tags by ARN."""

    def __init__(self, region: str) -> None:
        self.own = f"arn:aws:bedrock-agentcore:{region}:123456789012"
        self.region = region
        self.gateways: dict[str, dict[str, Any]] = {}
        self.targets: dict[tuple[str, str], dict[str, Any]] = {}
        self.providers: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def call(self, operation: str, shape: Any, params: dict[str, Any]) -> dict[str, Any]:
        """Answer create_, get_, update_, list_ and delete_ of each kind, and changes of tags."""
        report = ParamValidator().validate(params, shape)
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())
        if operation in ("tag_resource", "untag_resource", "list_tags_for_resource"):
            return self._tag(operation, params["resourceArn"], params)
        verb, _, kind = operation.partition("_")
        now = {"createdAt": datetime.datetime.now(datetime.UTC), "createdTime": datetime.datetime.now(datetime.UTC)}
        if kind.startswith("oauth2"):
            return self._provider(verb, operation, params, now)
        if kind.startswith("gateway_target"):
            return self._target(verb, operation, params, now)
        return self._gateway(verb, operation, params, now)

    def _gateway(self, verb: str, operation: str, params: dict[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
        if verb == "list":
            return {"items": list(self.gateways.values())}
        if verb == "create":
            if any(one["name"] == params["name"] for one in self.gateways.values()):
                raise _error(operation, "ConflictException", f"A gateway named {params['name']} exists.")
            key = f"{params['name'].lower()}-{''.join(secrets.choice(_LETTERS) for _ in range(10))}"
            workload = f"{self.own}:workload-identity-directory/default/workload-identity/{key}"
            self.gateways[key] = {
                **params,
                **now,
                "gatewayId": key,
                "gatewayArn": f"{self.own}:gateway/{key}",
                "gatewayUrl": f"https://{key}.gateway.bedrock-agentcore.{self.region}.amazonaws.com/mcp",
                "workloadIdentityDetails": {"workloadIdentityArn": workload},
                "status": "READY",
            }
            self.tags[f"{self.own}:gateway/{key}"] = dict(params.get("tags") or {})
            return self.gateways[key]
        key = params["gatewayIdentifier"]
        if key not in self.gateways:
            raise _error(operation, "ResourceNotFoundException", f"Gateway {key} was not found.")
        if verb == "update":
            self.gateways[key].update(params)
        if verb == "delete":
            if held := [target for gateway, target in self.targets if gateway == key]:
                message = f"Gateway {key} has targets associated with it ({', '.join(held)}). Delete all targets first."
                raise _error(operation, "ValidationException", message)
            return self.gateways.pop(key)
        return self.gateways[key]

    def _target(self, verb: str, operation: str, params: dict[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
        gateway = params["gatewayIdentifier"]
        if gateway not in self.gateways:
            raise _error(operation, "ResourceNotFoundException", f"Gateway {gateway} was not found.")
        if verb == "list":
            return {"items": [one for (of, _), one in self.targets.items() if of == gateway]}
        if verb == "create":
            self._refuse(operation, params)
            key = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(10))
            self.targets[gateway, key] = {**params, **now, "targetId": key, "status": "READY"}
            return self.targets[gateway, key]
        at = (gateway, params["targetId"])
        if at not in self.targets:
            raise _error(operation, "ResourceNotFoundException", f"Target {params['targetId']} was not found.")
        if verb == "update":
            self._refuse(operation, params)
            self.targets[at].update(params)
        return self.targets.pop(at) if verb == "delete" else self.targets[at]

    def _provider(self, verb: str, operation: str, params: dict[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
        if verb == "list":
            return {"credentialProviders": list(self.providers.values())}
        key = params["name"]
        if verb == "create":
            if key in self.providers:
                raise _error(operation, "ConflictException", f"A credential provider named {key} exists.")
            arn = f"{self.own}:token-vault/default/oauth2credentialprovider/{key}"
            back = f"https://bedrock-agentcore.{self.region}.amazonaws.com/identities/oauth2/callback/{uuid.uuid4()}"
            self.providers[key] = {**params, **now, "credentialProviderArn": arn, "callbackUrl": back}
            self.tags[arn] = dict(params.get("tags") or {})
        if key not in self.providers:
            raise _error(operation, "ResourceNotFoundException", f"Credential provider {key} was not found.")
        if verb == "update":
            self.providers[key].update(params)
        return self.providers.pop(key) if verb == "delete" else self.providers[key]

    def _refuse(self, operation: str, params: Mapping[str, Any]) -> None:
        for one in params.get("credentialProviderConfigurations", ()):
            oauth = one.get("credentialProvider", {}).get("oauthCredentialProvider", {})
            known = [provider["credentialProviderArn"] for provider in self.providers.values()]
            if oauth and oauth["providerArn"] not in known:
                raise _error(operation, "ValidationException", f"{oauth['providerArn']} was not found.")
            if oauth.get("grantType") == "AUTHORIZATION_CODE" and not oauth.get("defaultReturnUrl"):
                raise _error(operation, "ValidationException", "defaultReturnUrl is required for AUTHORIZATION_CODE.")

    def _tag(self, operation: str, arn: str, params: Mapping[str, Any]) -> dict[str, Any]:
        tags = self.tags.setdefault(arn, {})
        tags.update(params.get("tags", {}))
        for key in params.get("tagKeys", ()):
            tags.pop(key, None)
        return {"tags": dict(tags)} if operation.startswith("list") else {}


def _error(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
