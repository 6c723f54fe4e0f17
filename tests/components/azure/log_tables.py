"""The tables of Azure Monitor that the queries read, with the types of their columns.

Azure Monitor logs reference (learn.microsoft.com/azure/azure-monitor/reference/tables), ApiManagementGatewayLogs and
ApiManagementGatewayLlmLog, read 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Mapping

_EVERY_TABLE = {
    "_BilledSize": "real",
    "_IsBillable": "string",
    "_ResourceId": "string",
    "_SubscriptionId": "string",
    "CorrelationId": "string",
    "Region": "string",
    "SourceSystem": "string",
    "TenantId": "string",
    "TimeGenerated": "datetime",
    "Type": "string",
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "ApiManagementGatewayLogs": {
        **_EVERY_TABLE,
        "ApiId": "string",
        "ApiRevision": "string",
        "ApimSubscriptionId": "string",
        "BackendId": "string",
        "BackendMethod": "string",
        "BackendProtocol": "string",
        "BackendResponseCode": "int",
        "BackendTime": "long",
        "BackendUrl": "string",
        "Cache": "string",
        "CacheTime": "long",
        "CallerIpAddress": "string",
        "Category": "string",
        "ClientProtocol": "string",
        "ClientTime": "long",
        "ClientTlsVersion": "string",
        "Errors": "dynamic",
        "IsRequestSuccess": "bool",
        "LastErrorElapsed": "long",
        "LastErrorMessage": "string",
        "LastErrorReason": "string",
        "LastErrorScope": "string",
        "LastErrorSection": "string",
        "LastErrorSource": "string",
        "Method": "string",
        "OperationId": "string",
        "OperationName": "string",
        "ProductId": "string",
        "RequestSize": "int",
        "ResponseCode": "int",
        "ResponseSize": "int",
        "TotalTime": "long",
        "TraceRecords": "dynamic",
        "Url": "string",
        "UserId": "string",
    },
    "ApiManagementGatewayLlmLog": {
        **_EVERY_TABLE,
        "ApiVersion": "string",
        "CompletionTokens": "int",
        "DeploymentName": "string",
        "IsStreamCompletion": "bool",
        "ModelName": "string",
        "OperationName": "string",
        "PromptTokens": "int",
        "RequestId": "string",
        "RequestMessages": "dynamic",
        "ResponseMessages": "dynamic",
        "SequenceNumber": "int",
        "TotalTokens": "int",
    },
}
"""Columns and their types by table."""
