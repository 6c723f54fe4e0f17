"""Databricks program: a workspace, and in it one model that splits its calls between providers, with a fallback."""

from __future__ import annotations

import pulumi
import pulumi_databricks as databricks
from pulumi_azure_native import authorization, resources

from catalogue.databricks import PAYLOAD_SUFFIX
from components.databricks.caller import Caller, CallerArgs
from components.databricks.dashboard import Dashboard, DashboardArgs
from components.databricks.managed_identity import ManagedIdentity, ManagedIdentityArgs
from components.databricks.model import Credential
from components.databricks.model_service import ModelService, ModelServiceArgs
from components.databricks.payload_storage import PayloadStorage, PayloadStorageArgs
from components.databricks.serving_endpoint import ServingEndpoint, ServingEndpointArgs
from components.databricks.workspace import DatabricksWorkspace, DatabricksWorkspaceArgs
from stacks import identity
from stacks.configuration import read
from stacks.databricks import settings
from stacks.databricks.settings import DatabricksSettings

SYSTEM_SCHEMAS = {"service": "ai_gateway", "endpoint": "serving"}
"""Which system tables tell the usage of each kind of gateway."""


def build(stack: str) -> None:
    """Read the settings of the stack and build it. Nothing is created when one of them cannot be right."""
    config = read(DatabricksSettings)
    location = settings.location(config)
    deployer = authorization.get_client_config()
    stack_id = identity.stack_id("stack-id")
    tags = identity.tags(stack, stack_id, owner=config.owner)
    models = [model.to_call() for model in config.served_models]
    in_sql = stack.replace("-", "_")  # as a part of names that SQL takes as they are

    group = resources.ResourceGroup("genai-databricks", location=location, tags=tags)
    workspace = DatabricksWorkspace(
        "genai-databricks",
        DatabricksWorkspaceArgs(
            resource_group_name=group.name,
            subscription_id=deployer.subscription_id,
            tenant_id=deployer.tenant_id,
            compute_mode=config.compute_mode,
            tags=tags,
        ),
    )
    inside = pulumi.ResourceOptions(providers=[workspace.provider])
    catalog: pulumi.Input[str] = config.catalog
    if not config.catalog:
        catalog = PayloadStorage(
            "genaipayloads",  # an account's name has small letters and digits alone
            PayloadStorageArgs(
                resource_group_name=group.name,
                subscription_id=deployer.subscription_id,
                catalog=pulumi.Output.concat(f"genaiplatform_{in_sql}_", stack_id),
                tags=tags,
            ),
            opts=inside,
        ).catalog
    # The inference table in it is made by the gateway, not by Pulumi, so only force_destroy takes it along.
    schema = databricks.Schema(
        "schema",
        catalog_name=catalog,
        name=f"genaiplatform_{in_sql}",  # the catalogue may be one that other stacks use too
        comment=f"genaiplatform {stack}",
        force_destroy=True,
        opts=pulumi.ResourceOptions(provider=workspace.provider),
    )
    litellm = Caller(
        "litellm",
        CallerArgs(display_name=f"genaiplatform {stack} LiteLLM", secret_days=config.caller_secret_days),
        opts=inside,
    )
    keys = {name: pulumi.Output.secret(key) for name, key in config.provider_keys.items()}
    gateway: ModelService | ServingEndpoint
    if config.gateway == "service":
        credentials = {model.name: Credential(key=keys[model.key]) for model in models if model.key}
        if accounts := {model.name: model.account for model in models if model.account}:
            managed = ManagedIdentity(
                "genai-openai",
                ManagedIdentityArgs(
                    resource_group_name=group.name,
                    accounts=accounts,
                    credential_name=pulumi.Output.concat(f"genai-{stack}-", stack_id),
                    tags=tags,
                ),
                opts=inside,
            )
            credentials |= {name: Credential(service_credential=managed.credential) for name in accounts}
        gateway = ModelService(
            "gateway",
            ModelServiceArgs(
                catalog=schema.catalog_name,
                schema=schema.name,
                model_name=config.model_name,
                models=models,
                credentials=credentials,
                callers={
                    "litellm": litellm.client_id,
                    **{f"caller-{name}": name for name in config.callers},
                },
                log_payloads=config.log_payloads,
                requests_per_minute=config.requests_per_minute,
                tokens_per_minute=config.tokens_per_minute,
            ),
            opts=inside,
        )
    else:
        gateway = ServingEndpoint(
            "gateway",
            ServingEndpointArgs(
                catalog=schema.catalog_name,
                schema=schema.name,
                model_name=config.model_name,
                models=models,
                keys=keys,
                service_principals=[litellm.client_id],
                callers=config.callers,
                log_payloads=config.log_payloads,
                requests_per_minute=config.requests_per_minute,
                tokens_per_minute=config.tokens_per_minute,
            ),
            opts=inside,
        )
    if config.system_tables:
        databricks.SystemSchema(
            "system-tables",
            schema=SYSTEM_SCHEMAS[config.gateway],
            opts=pulumi.ResourceOptions(provider=workspace.provider),
        )
    if config.log_payloads:
        table = pulumi.Output.concat(schema.catalog_name, ".", schema.name, f".{config.model_name}", PAYLOAD_SUFFIX)
        dashboard = Dashboard(
            "dashboard",
            DashboardArgs(
                gateway=config.gateway,
                models=models,
                table=table,
                title=f"genaiplatform {stack}",
                workspace_url=workspace.url,
                tags=tags,
            ),
            opts=pulumi.ResourceOptions(providers=[workspace.provider], depends_on=[gateway]),
        )
        pulumi.export("inferenceTable", table)
        pulumi.export("warehouseId", dashboard.warehouse_id)
        pulumi.export("dashboardUrl", dashboard.url)

    pulumi.export("workspaceUrl", workspace.url)
    pulumi.export("workspaceId", workspace.resource.id)
    pulumi.export("gateway", config.gateway)
    pulumi.export("servedModel", gateway.name)
    pulumi.export("shares", {model.name: model.share for model in models})
    pulumi.export("answersAs", {model.name: model.answers_as for model in models})
    pulumi.export("clientId", litellm.client_id)
    pulumi.export("clientSecret", litellm.client_secret)
    pulumi.export("clientSecretEnd", litellm.secret_end)
    if costs := _mean_costs(config):
        pulumi.export("costs", costs)
    pulumi.export(
        "next",
        "docs/databricks.md calls the model with these outputs, and tells how LiteLLM does; in the evening: pulumi "
        "destroy",
    )


def _mean_costs(config: DatabricksSettings) -> dict[str, float]:
    """What a million tokens cost on average, in USD: LiteLLM has one price for the model, whoever answered.

    Empty when the price of one that has a share is not known.
    """
    sharing = [model for model in config.served_models if model.share]
    if any(model.input_cost is None for model in sharing):
        return {}
    return {
        "input": sum(model.share * (model.input_cost or 0) for model in sharing) / 100,
        "output": sum(model.share * (model.output_cost or 0) for model in sharing) / 100,
    }
