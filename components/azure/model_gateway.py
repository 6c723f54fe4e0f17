"""Azure API Management as a gateway of models: one API for all of them, and one for each provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi_azure_native import apimanagement

from components.azure import content_safety, model_backends
from components.azure.content_safety import SafetyService
from components.azure.gateway import Gateway
from components.azure.guarded_api import GuardedApiArgs, ServicePlace, guarded_api, named_value
from components.azure.model_backends import ServedModel
from components.azure.model_identity import ModelIdentity
from components.azure.semantic_cache import AnswerCache
from policies.apim import models as policy
from policies.apim.models import PROVIDERS, ClientAccess

API_ID = "models"
"""Name of the API of all models inside the gateway; that of one provider has the provider's path behind it."""


@dataclass(frozen=True, kw_only=True)
class ModelGatewayArgs:
    """Inputs of `ModelGateway`. `client_ids` are by client name, `keys` the provider keys by name.

    `identity` is there where a model's provider, or `safety`, through which prompts go first, is called by it. `cache`
    has answers that may be given again.
    """

    resource_group_name: pulumi.Input[str]
    gateway: Gateway
    models: Sequence[ServedModel]
    clients: Sequence[ClientAccess]
    client_ids: Mapping[str, pulumi.Input[str]]
    keys: Mapping[str, str] = field(repr=False)
    safety: SafetyService | None
    tags: Mapping[str, pulumi.Input[str]]
    identity: ModelIdentity | None = None
    cache: AnswerCache | None = None


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
        place = ServicePlace(
            parent=self,
            name=name,
            resource_group_name=args.resource_group_name,
            service_name=args.gateway.service.name,
        )
        keys = {
            key: named_value(model_backends.key_value(key), f"Bearer {args.keys[key]}", place, secret=True)
            for key in sorted({one.key for model in args.models for one in model.deployments if one.key})
        }
        backends = [backend for model in args.models for backend in model_backends.create(model, keys, place)]
        clients = pulumi.Output.all(*args.client_ids.values()).apply(
            lambda ids: policy.model_clients(dict(zip(ids, args.client_ids, strict=True)))
        )
        needed: list[pulumi.Resource] = [
            *backends,
            *args.gateway.named_values,
            named_value(policy.MODEL_CLIENTS, clients, place, secret=False),
        ]
        if args.identity and policy.with_identity([model.route for model in args.models]):
            needed.append(named_value(policy.IDENTITY_CLIENT_ID, args.identity.client_id, place, secret=False))
        checks = args.safety.checks if args.safety else None
        if args.identity and args.safety:
            needed.append(content_safety.backend(args.safety, args.identity, args.tags, place))
        if args.cache:
            needed += args.cache.needed
        rule = args.cache.rule if args.cache else None
        apis: dict[str, apimanagement.Api] = {}
        urls: dict[str, pulumi.Output[str]] = {}

        def add(api_id: str, title: str, path: str, models: Sequence[ServedModel]) -> None:
            routes = [model.route for model in models]
            apis[api_id] = guarded_api(
                f"{name}-{path}",
                GuardedApiArgs(
                    api_id=api_id,
                    title=title,
                    path=path,
                    policy=policy.load(routes, args.clients, checks, rule),
                    needed=needed,
                    operations=policy.operations(routes, checks),
                ),
                place,
                operations_of=f"{name}-{path}",
            )
            urls[api_id] = pulumi.Output.concat(args.gateway.url, f"/{path}/v1")

        add(API_ID, "Models", policy.UNIFIED_PATH, args.models)
        for provider, row in PROVIDERS.items():
            if models := [model for model in args.models if model.provider == provider]:
                add(f"{API_ID}-{row.api_path}", f"Models of {row.title}", row.api_path, models)
        self.apis, self.urls = apis, urls
        self.register_outputs({"urls": self.urls})
