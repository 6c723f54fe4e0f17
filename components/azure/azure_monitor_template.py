"""The ARM template that connects APIs of the gateway to Azure Monitor.

Its parameters are `service` and `api`; with models also `modelApis`, a list, and `insights`, the Application Insights
component as it is: `name`, `location`, `workspaceId` and `tags`.
"""

from __future__ import annotations

from typing import Any

from catalogue.pins import AZURE_NATIVE, LANGUAGE_MODEL_LOGS_API

_VERSION = LANGUAGE_MODEL_LOGS_API.version
"""The first version of API Management's resources that knows `largeLanguageModel`."""

_MESSAGE_BYTES = 32_768  # one log entry (learn.microsoft.com, "Log token usage, prompts, and completions for LLM APIs")
_NO_HEADERS_NO_BODY: dict[str, Any] = {"headers": [], "body": {"bytes": 0}}
_LOGGER_ID = "[resourceId('Microsoft.ApiManagement/service/loggers', parameters('service'), 'azuremonitor')]"
_MODEL_PARAMETERS = {"modelApis": {"type": "array"}, "insights": {"type": "object"}}


def template(*, log_prompts: bool, with_models: bool) -> dict[str, Any]:
    """The logger, and for each API the diagnostic that logs tokens; with `log_prompts` messages too."""
    diagnostics = [_diagnostic("parameters('api')", log_prompts=log_prompts)]
    if with_models:
        each = _diagnostic("parameters('modelApis')[copyIndex()]", log_prompts=log_prompts)
        copy = {"name": "modelApis", "count": "[length(parameters('modelApis'))]", "mode": "Serial", "batchSize": 1}
        diagnostics.append({**each, "copy": copy})
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            "service": {"type": "string"},
            "api": {"type": "string"},
            **(_MODEL_PARAMETERS if with_models else {}),
        },
        "resources": [
            {
                "type": "Microsoft.ApiManagement/service/loggers",
                "apiVersion": _VERSION,
                "name": "[format('{0}/azuremonitor', parameters('service'))]",
                "properties": {"loggerType": "azureMonitor"},
            },
            *diagnostics,
            *([_INSIGHTS_WITH_DIMENSIONS] if with_models else []),
        ],
    }


def _diagnostic(api: str, *, log_prompts: bool) -> dict[str, Any]:
    logs: dict[str, Any] = {"logs": "enabled"}
    if log_prompts:
        messages = {"messages": "all", "maxSizeInBytes": _MESSAGE_BYTES}
        logs |= {"requests": messages, "responses": messages}
    pipeline = {"request": _NO_HEADERS_NO_BODY, "response": _NO_HEADERS_NO_BODY}
    return {
        "type": "Microsoft.ApiManagement/service/apis/diagnostics",
        "apiVersion": _VERSION,
        "name": f"[format('{{0}}/{{1}}/azuremonitor', parameters('service'), {api})]",
        "dependsOn": [_LOGGER_ID],
        "properties": {
            "loggerId": _LOGGER_ID,
            "verbosity": "information",
            "alwaysLog": "allErrors",
            "sampling": {"samplingType": "fixed", "percentage": 100},
            "logClientIp": False,
            "frontend": pipeline,
            "backend": pipeline,
            "largeLanguageModel": logs,
        },
    }


_INSIGHTS_WITH_DIMENSIONS: dict[str, Any] = {
    # Without it Azure Monitor drops the dimensions of custom metrics; no API version's schema has it
    # (Azure/bicep-types-az#2048), so azure-native has not.
    "type": "Microsoft.Insights/components",
    "apiVersion": AZURE_NATIVE["azure-native:applicationinsights:Component"].version,
    "name": "[parameters('insights').name]",
    "location": "[parameters('insights').location]",
    "tags": "[parameters('insights').tags]",
    "kind": "web",
    "properties": {
        "Application_Type": "web",
        "WorkspaceResourceId": "[parameters('insights').workspaceId]",
        "CustomMetricsOptedInType": "WithDimensions",
    },
}
