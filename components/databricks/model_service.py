"""AI Gateway of Unity Catalog: a model service that splits calls between provider services, with a fallback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_databricks as databricks

from components.databricks.model import Credential, DestinationModel, destination, provider_service


@dataclass(frozen=True, kw_only=True)
class ModelServiceArgs:
    """Inputs of `ModelService`.

    `catalog` and `schema` are where it stands; `credentials` are by name of a model. `callers` are users, groups or
    application ids of service principals, by a name of their own. Limits are for a minute and all callers, 0 for none.
    """

    catalog: pulumi.Input[str]
    schema: pulumi.Input[str]
    model_name: str
    models: Sequence[DestinationModel]
    credentials: Mapping[str, Credential]
    callers: Mapping[str, pulumi.Input[str]]
    log_payloads: bool
    requests_per_minute: int
    tokens_per_minute: int


class ModelService(pulumi.ComponentResource):
    """Provider services, the model service over them, and the rights of its callers.

    Names of both share one namespace. Features of a provider service are skipped when it is reached through a model
    service, so table and limits are those of the model service.
    """

    name: pulumi.Output[str]
    """What callers ask for: `catalog.schema.model`."""

    def __init__(self, name: str, args: ModelServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create all of it; see `ModelServiceArgs`. The provider in `opts` is the workspace's."""
        super().__init__("genai:databricks:ModelService", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        schema = pulumi.Output.concat(args.catalog, ".", args.schema)
        parent = pulumi.Output.concat("schemas/", schema)
        # The name that Databricks answers with: so the model service comes after its providers, and goes before.
        services = {
            model.name: databricks.AiGatewayModelProviderService(
                f"{name}-{model.name}",
                parent=parent,
                model_provider_service_id=model.name,
                config=provider_service(model, args.credentials[model.name]),
                opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["config"]),
            ).name
            for model in args.models
        }
        destinations = {model: destination(model, services[model.name]) for model in args.models}
        routing: dict[str, Any] = {"destinations": [one for model, one in destinations.items() if model.share]}
        if fallbacks := [one for model, one in destinations.items() if not model.share]:
            routing["fallback"] = {"destinations": fallbacks}
        config: dict[str, Any] = {"routing": routing}
        if args.log_payloads:
            config["inference_table"] = {"parent": parent, "table_name_prefix": args.model_name}
        limits = {"requests": args.requests_per_minute, "tokens": args.tokens_per_minute}
        if any(limits.values()):
            config["rate_limits"] = [
                {
                    "key": "RATE_LIMIT_KEY_SERVICE",
                    "renewal_period": "RATE_LIMIT_RENEWAL_PERIOD_MINUTE",
                    **{dimension: limit for dimension, limit in limits.items() if limit},
                }
            ]
        service = databricks.AiGatewayModelService(
            name,
            parent=parent,
            model_service_id=args.model_name,
            config=config,
            opts=child,
        )
        self.name = service.name.apply(lambda full_name: full_name.removeprefix("model-services/"))
        for caller, principal in args.callers.items():
            # For each principal apart: `Grants` would take everybody else's rights away.
            for right, where in (
                ("USE_CATALOG", {"catalog": args.catalog}),
                ("USE_SCHEMA", {"schema": schema}),
                ("EXECUTE", {"model_service": self.name}),
            ):
                databricks.Grant(
                    f"{name}-{caller}-{right.lower().replace('_', '-')}",
                    principal=principal,
                    privileges=[right],
                    **where,
                    opts=child,
                )
        self.register_outputs({"name": self.name})
