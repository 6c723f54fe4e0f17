"""Azure API Management as a gateway of models: one API for all of them, and one for each provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_azure_native import apimanagement

from components.azure import model_backends
from components.azure.gateway import Gateway
from components.azure.model_backends import BackendPlace, ServedModel
from components.azure.model_identity import ModelIdentity
from policies.apim import models as policy
from policies.apim.models import PROVIDERS, ClientAccess

API_ID = "models"
"""Name of the API of all models inside the gateway; that of one provider has the provider's path behind it."""


@dataclass(frozen=True, kw_only=True)
class ModelGatewayArgs:
    """Inputs of `ModelGateway`. `client_ids` are by client name, `keys` the provider keys by name.

    `identity` is there where a model's provider is called by it.
    """

    resource_group_name: pulumi.Input[str]
    gateway: Gateway
    models: Sequence[ServedModel]
    clients: Sequence[ClientAccess]
    client_ids: Mapping[str, pulumi.Input[str]]
    keys: Mapping[str, str] = field(repr=False)
    identity: ModelIdentity | None = None


class ModelGateway(pulumi.ComponentResource):
    """An API of all models and one of each provider, beside LiteLLM's, and never open as that one is not.

    Calls need the same token. A request goes to the backend of the model that its body names, or to the pool of them.
    """

    apis: Mapping[str, apimanagement.Api]
    """By API id."""
    urls: Mapping[str, pulumi.Output[str]]
    """By API id, what an OpenAI client takes for `base_url`."""

    def __init__(self, name: str, args: ModelGatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the models' part of the gateway; see `ModelGatewayArgs`."""
        super().__init__("genai:azure:ModelGateway", name, None, opts)
        self._name, self._args = name, args
        keys = {
            key: self._named_value(f"{key}-provider-key", f"Bearer {args.keys[key]}", secret=True)
            for key in sorted({one.key for model in args.models for one in model.deployments if one.key})
        }
        place = BackendPlace(
            parent=self,
            name=name,
            resource_group_name=args.resource_group_name,
            service_name=args.gateway.service.name,
            keys=keys,
        )
        backends = [backend for model in args.models for backend in model_backends.create(model, place)]
        clients = pulumi.Output.all(*args.client_ids.values()).apply(
            lambda ids: policy.model_clients(dict(zip(ids, args.client_ids, strict=True)))
        )
        needed = [
            *backends,
            *args.gateway.named_values,
            self._named_value(policy.MODEL_CLIENTS, clients, secret=False),
        ]
        if args.identity:
            needed.append(self._named_value(policy.IDENTITY_CLIENT_ID, args.identity.client_id, secret=False))
        self.apis, self.urls = {}, {}
        self._api(API_ID, "Models", policy.UNIFIED_PATH, args.models, needed)
        for provider, row in PROVIDERS.items():
            if models := [model for model in args.models if model.provider == provider]:
                self._api(f"{API_ID}-{row.api_path}", f"Models of {row.title}", row.api_path, models, needed)
        self.register_outputs({"urls": self.urls})

    def _inside(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after))

    def _named_value(self, id_: str, value: pulumi.Input[str], *, secret: bool) -> apimanagement.NamedValue:
        return apimanagement.NamedValue(
            f"{self._name}-{id_}",
            resource_group_name=self._args.resource_group_name,
            service_name=self._args.gateway.service.name,
            named_value_id=id_,
            display_name=id_,
            value=pulumi.Output.secret(value) if secret else value,
            secret=secret,
            opts=self._inside(),
        )

    def _api(
        self, api_id: str, title: str, path: str, models: Sequence[ServedModel], needed: Sequence[pulumi.Resource]
    ) -> None:
        routes = [model.route for model in models]
        place: dict[str, Any] = {
            "resource_group_name": self._args.resource_group_name,
            "service_name": self._args.gateway.service.name,
        }
        api = apimanagement.Api(
            f"{self._name}-{path}",
            **place,
            api_id=api_id,
            display_name=title,
            path=path,
            protocols=[apimanagement.Protocol.HTTPS],
            subscription_required=False,  # the policy wants an Entra ID token instead
            opts=self._inside(),
        )
        api_policy = apimanagement.ApiPolicy(
            f"{self._name}-{path}",
            **place,
            api_id=api.name,
            policy_id="policy",  # the only id there is
            format=apimanagement.PolicyContentFormat.XML,
            value=policy.load(routes, self._args.clients),
            opts=self._inside(*needed),
        )
        for operation_id, (method, template) in policy.operations(routes).items():
            apimanagement.ApiOperation(
                f"{self._name}-{path}-{operation_id}",
                **place,
                api_id=api.name,
                operation_id=operation_id,
                display_name=operation_id,
                method=method,
                url_template=template,
                opts=self._inside(api_policy),
            )
        self.apis = {**self.apis, api_id: api}
        self.urls = {**self.urls, api_id: pulumi.Output.concat(self._args.gateway.url, f"/{path}/v1")}
