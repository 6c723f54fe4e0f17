"""Azure Monitor: the workspace, the diagnostics of API Management that write to it, and the queries that read it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_azure_native import apimanagement, applicationinsights, monitor, operationalinsights, resources

from components.azure import azure_monitor_template, usage


@dataclass(frozen=True, kw_only=True)
class LogsArgs:
    """Inputs of `Logs`.

    `model_apis` are those of the models that the gateway serves by itself, by id: their policies send metrics too.
    With `log_prompts` prompts and completions are kept too. A destroyed workspace can be recovered for 14 days
    (learn.microsoft.com, "Delete and recover an Azure Log Analytics workspace").
    """

    resource_group_name: pulumi.Input[str]
    service: apimanagement.ApiManagementService
    api: apimanagement.Api
    model_apis: Mapping[str, apimanagement.Api] = field(default_factory=dict)
    tags: Mapping[str, pulumi.Input[str]]
    log_prompts: bool


class Logs(pulumi.ComponentResource):
    """A Log Analytics workspace with the gateway's requests, tokens and traces, saved queries and a workbook.

    Traces reach Application Insights only where the diagnostic's verbosity lets them, and a diagnostic of the API wins
    over that of the service: both say `information`. Neither headers, bodies nor addresses of callers are logged.
    """

    workspace_id: pulumi.Output[str]
    """The GUID that `az monitor log-analytics query --workspace` takes."""

    def __init__(self, name: str, args: LogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the workspace and connect the gateway; see `LogsArgs`."""
        super().__init__("genai:azure:Logs", name, None, opts)
        group, service, tags = args.resource_group_name, args.service, dict(args.tags)
        child = pulumi.ResourceOptions(parent=self)

        workspace = operationalinsights.Workspace(
            name,
            resource_group_name=group,
            sku=operationalinsights.WorkspaceSkuArgs(name=operationalinsights.WorkspaceSkuNameEnum.PER_GB2018),
            retention_in_days=30,
            tags=tags,
            opts=child,
        )
        insights = applicationinsights.Component(
            name,
            resource_group_name=group,
            kind="web",
            application_type=applicationinsights.ApplicationType.WEB,
            workspace_resource_id=workspace.id,
            tags=tags,
            # Whoever knows them may write into the logs.
            opts=pulumi.ResourceOptions(
                parent=self, additional_secret_outputs=["connectionString", "instrumentationKey"]
            ),
        )
        connection_string: pulumi.Output[str] = pulumi.Output.secret(insights.connection_string)
        logger = apimanagement.Logger(
            f"{name}-insights",
            resource_group_name=group,
            service_name=service.name,
            logger_id="applicationinsights",
            logger_type=apimanagement.LoggerType.APPLICATION_INSIGHTS,
            resource_id=insights.id,
            credentials={"connectionString": connection_string},
            opts=child,
        )
        message = apimanagement.HttpMessageDiagnosticArgs(
            headers=[], body=apimanagement.BodyDiagnosticSettingsArgs(bytes=0)
        )
        pipeline = apimanagement.PipelineDiagnosticSettingsArgs(request=message, response=message)
        diagnostic: dict[str, Any] = {
            "resource_group_name": group,
            "service_name": service.name,
            "diagnostic_id": "applicationinsights",  # the only id there is for this kind of logger
            "logger_id": logger.id,
            "verbosity": apimanagement.Verbosity.INFORMATION,
            "sampling": apimanagement.SamplingSettingsArgs(
                sampling_type=apimanagement.SamplingType.FIXED, percentage=100
            ),
            "always_log": apimanagement.AlwaysLog.ALL_ERRORS,
            # LiteLLM would take a `traceparent` for the parent of its trace, which Langfuse never sees
            # (litellm integrations/opentelemetry.py, _get_span_context).
            "http_correlation_protocol": apimanagement.HttpCorrelationProtocol.NONE,
            "log_client_ip": False,
            "frontend": pipeline,
            "backend": pipeline,
        }
        apimanagement.Diagnostic(name, **diagnostic, opts=child)
        apimanagement.ApiDiagnostic(name, **diagnostic, api_id=args.api.name, opts=child)
        for api_id, api in args.model_apis.items():
            apimanagement.ApiDiagnostic(f"{name}-{api_id}", **diagnostic, api_id=api.name, metrics=True, opts=child)

        monitor.DiagnosticSetting(
            name,
            resource_uri=service.id,
            workspace_id=workspace.id,
            log_analytics_destination_type="Dedicated",
            logs=[
                monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True)
                for category in ("GatewayLogs", "GatewayLlmLogs")
            ],
            # Not left to the service's end: Azure keeps a setting for a resource of that name to come.
            opts=child,
        )
        parameters: dict[str, pulumi.Input[Any]] = {"service": service.name, "api": args.api.name}
        if args.model_apis:
            parameters["modelApis"] = [api.name for api in args.model_apis.values()]
            parameters["insights"] = {
                "name": insights.name,
                "location": insights.location,
                "workspaceId": workspace.id,
                "tags": tags,
            }
        # The logger azuremonitor is there by itself on some services and azure-native would stop at it with "already
        # exists"; a deployment creates or updates. The diagnostic needs a version that azure-native does not have.
        resources.Deployment(
            f"{name}-azuremonitor",
            deployment_name="azuremonitor",
            resource_group_name=group,
            properties=resources.DeploymentPropertiesArgs(
                mode=resources.DeploymentMode.INCREMENTAL,
                parameters={key: resources.DeploymentParameterArgs(value=value) for key, value in parameters.items()},
                template=azure_monitor_template.template(
                    log_prompts=args.log_prompts, with_models=bool(args.model_apis)
                ),
            ),
            tags=tags,
            opts=child,
        )

        for query in usage.queries():
            operationalinsights.SavedSearch(
                f"{name}-{query.name}",
                resource_group_name=group,
                workspace_name=workspace.name,
                saved_search_id=query.name,
                category="LiteLLM gateway",
                display_name=query.title,
                query=query.text,
                # Azure refuses an update without the etag, which azure-native does not send (azure-docs#49275).
                opts=pulumi.ResourceOptions(
                    parent=self, replace_on_changes=["query", "displayName"], delete_before_replace=True
                ),
            )
        applicationinsights.Workbook(
            name,
            resource_group_name=group,
            # Must be a UUID, and needs to be unique in its resource group only.
            resource_name_=str(uuid.uuid5(uuid.NAMESPACE_DNS, "genaiplatform")),
            kind=applicationinsights.WorkbookSharedTypeKind.SHARED,
            category="workbook",
            display_name="LiteLLM gateway",
            source_id=workspace.id,
            serialized_data=workspace.id.apply(lambda id_: json.dumps(usage.workbook(id_))),
            tags=tags,
            opts=child,
        )
        self.workspace_id = workspace.customer_id
        self.register_outputs({"workspace_id": self.workspace_id})
