"""Databricks model serving endpoint of external models: the older gateway, with the same split and fallback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_databricks as databricks

from components.databricks.model import DestinationModel, served_entity

_SCOPE = "genaiplatform"


@dataclass(frozen=True, kw_only=True)
class ServingEndpointArgs:
    """Inputs of `ServingEndpoint`.

    `keys` are provider keys by name. `service_principals` are application ids, `callers` users (with an @) and groups.
    Limits are for a minute and all callers, 0 for none.
    """

    catalog: pulumi.Input[str]
    schema: pulumi.Input[str]
    model_name: str
    models: Sequence[DestinationModel]
    keys: Mapping[str, pulumi.Input[str]]
    service_principals: Sequence[pulumi.Input[str]]
    callers: Sequence[str]
    log_payloads: bool
    requests_per_minute: int
    tokens_per_minute: int


class ServingEndpoint(pulumi.ComponentResource):
    """The endpoint, its keys in a secret scope of the workspace, and who may query it."""

    name: pulumi.Output[str]
    """What callers ask for."""

    def __init__(self, name: str, args: ServingEndpointArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create all of it; see `ServingEndpointArgs`. The provider in `opts` is the workspace's."""
        super().__init__("genai:databricks:ServingEndpoint", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        scope = databricks.SecretScope(name, name=_SCOPE, opts=child)
        used = sorted({model.key for model in args.models if model.key})
        secrets = {
            key: databricks.Secret(
                f"{name}-{key}",
                scope=scope.name,
                key=key,
                string_value=pulumi.Output.secret(args.keys[key]),
                opts=child,
            )
            for key in used
        }
        references = {
            key: pulumi.Output.concat("{{secrets/", secret.scope, "/", secret.key, "}}")
            for key, secret in secrets.items()
        }
        gateway: dict[str, Any] = {
            "fallback_config": {"enabled": any(not model.share for model in args.models)},
            "usage_tracking_config": {"enabled": True},
            "inference_table_config": {
                "enabled": args.log_payloads,
                "catalog_name": args.catalog,
                "schema_name": args.schema,
                "table_name_prefix": args.model_name,
            },
        }
        limits = {"calls": args.requests_per_minute, "tokens": args.tokens_per_minute}
        if found := [
            {"key": "endpoint", "renewal_period": "minute", dimension: limit}
            for dimension, limit in limits.items()
            if limit
        ]:
            gateway["rate_limits"] = found
        endpoint = databricks.ModelServing(
            name,
            name=args.model_name,
            config={
                "served_entities": [served_entity(model, references[str(model.key)]) for model in args.models],
                "traffic_config": {
                    "routes": [
                        {"served_model_name": model.name, "traffic_percentage": model.share} for model in args.models
                    ]
                },
            },
            ai_gateway=gateway,
            opts=pulumi.ResourceOptions(
                # Azure Databricks cannot move the table of an endpoint that exists.
                parent=self,
                replace_on_changes=["aiGateway.inferenceTableConfig"],
                delete_before_replace=True,
            ),
        )
        self.name = endpoint.name
        databricks.Permissions(
            name,
            serving_endpoint_id=endpoint.serving_endpoint_id,
            access_controls=[
                *(_may_query(service_principal_name=principal) for principal in args.service_principals),
                *(_may_query(**{"user_name" if "@" in one else "group_name": one}) for one in args.callers),
            ],
            opts=child,
        )
        self.register_outputs({"name": self.name})


def _may_query(**who: Any) -> databricks.PermissionsAccessControlArgs:
    return databricks.PermissionsAccessControlArgs(permission_level="CAN_QUERY", **who)
