"""The ARM template that connects one API of the gateway to Azure Monitor. Its parameters are `service` and `api`."""

from __future__ import annotations

from typing import Any

from catalogue.pins import LANGUAGE_MODEL_LOGS_API

_VERSION = LANGUAGE_MODEL_LOGS_API.version
"""The first version of API Management's resources that knows `largeLanguageModel`."""

_MESSAGE_BYTES = 32_768  # one log entry (learn.microsoft.com, "Log token usage, prompts, and completions for LLM APIs")
_NO_HEADERS_NO_BODY: dict[str, Any] = {"headers": [], "body": {"bytes": 0}}


def template(*, log_prompts: bool) -> dict[str, Any]:
    """The logger and the diagnostic that logs each call's tokens; with `log_prompts` its messages too."""
    logs: dict[str, Any] = {"logs": "enabled"}
    if log_prompts:
        messages = {"messages": "all", "maxSizeInBytes": _MESSAGE_BYTES}
        logs |= {"requests": messages, "responses": messages}
    pipeline = {"request": _NO_HEADERS_NO_BODY, "response": _NO_HEADERS_NO_BODY}
    logger_id = "[resourceId('Microsoft.ApiManagement/service/loggers', parameters('service'), 'azuremonitor')]"
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"service": {"type": "string"}, "api": {"type": "string"}},
        "resources": [
            {
                "type": "Microsoft.ApiManagement/service/loggers",
                "apiVersion": _VERSION,
                "name": "[format('{0}/azuremonitor', parameters('service'))]",
                "properties": {"loggerType": "azureMonitor"},
            },
            {
                "type": "Microsoft.ApiManagement/service/apis/diagnostics",
                "apiVersion": _VERSION,
                "name": "[format('{0}/{1}/azuremonitor', parameters('service'), parameters('api'))]",
                "dependsOn": [logger_id],
                "properties": {
                    "loggerId": logger_id,
                    "verbosity": "information",
                    "alwaysLog": "allErrors",
                    "sampling": {"samplingType": "fixed", "percentage": 100},
                    "logClientIp": False,
                    "frontend": pipeline,
                    "backend": pipeline,
                    "largeLanguageModel": logs,
                },
            },
        ],
    }
