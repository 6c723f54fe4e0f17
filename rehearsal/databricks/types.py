"""The table of Databricks types: id, what must be there first, and outputs of each."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Inputs = Mapping[str, Any]
PREFIX = "databricks:index/"


@dataclass(frozen=True, kw_only=True)
class DatabricksType:
    """One type. `id` is made of inputs, `new` stands for a new GUID; what is in it can never change."""

    id: str
    needs: Callable[[Inputs], Iterator[str]] = lambda inputs: iter(())
    """Ids of what must exist, and cannot be deleted before."""
    outputs: Callable[[str, Inputs], Mapping[str, Any]] = lambda id_, inputs: {}
    fixed: frozenset[str] = field(default_factory=frozenset)
    """Further inputs that cannot change."""


def _schema_of(parent: str) -> str:
    return "schemas/" + parent.removeprefix("schemas/")


def _location_needs(inputs: Inputs) -> Iterator[str]:
    yield f"storage-credentials/{inputs['credentialName']}"


def _in_catalog(inputs: Inputs) -> Iterator[str]:
    yield f"catalogs/{inputs['catalogName']}"


def _provider_service_needs(inputs: Inputs) -> Iterator[str]:
    yield _schema_of(inputs["parent"])
    for block in inputs["config"].values():
        if isinstance(block, Mapping) and "serviceCredential" in block.get("direct", {}):
            yield block["direct"]["serviceCredential"]["name"]


def destinations(inputs: Inputs) -> Iterator[Mapping[str, Any]]:
    """Of a model service, first those that share the calls."""
    routing = inputs["config"]["routing"]
    yield from routing["destinations"]
    yield from routing.get("fallback", {}).get("destinations", [])


def _model_service_needs(inputs: Inputs) -> Iterator[str]:
    yield _schema_of(inputs["parent"])
    for one in destinations(inputs):
        yield one["externalModelConfig"]["modelProviderService"]


def _grant_needs(inputs: Inputs) -> Iterator[str]:
    for key, kind in (("catalog", "catalogs"), ("schema", "schemas"), ("modelService", "model-services")):
        if key in inputs:
            yield f"{kind}/{inputs[key]}"
    principal = inputs["principal"]
    if principal.count("-") == 4:  # an application id; users and groups are the account's
        yield f"principals/{principal}"


def _endpoint_needs(inputs: Inputs) -> Iterator[str]:
    yield f"schemas/{table_schema(inputs)}"
    for entity in inputs["config"]["servedEntities"]:
        for value in _texts(entity):
            if value.startswith("{{secrets/"):
                yield value.strip("{}")


def table_schema(inputs: Inputs) -> str:
    """Where the inference table of an endpoint is made."""
    table = inputs["aiGateway"]["inferenceTableConfig"]
    return f"{table['catalogName']}.{table['schemaName']}"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _permission_needs(inputs: Inputs) -> Iterator[str]:
    yield f"endpoints/{inputs['servingEndpointId']}"
    for control in inputs["accessControls"]:
        if "servicePrincipalName" in control:
            yield f"principals/{control['servicePrincipalName']}"


def _last(id_: str) -> str:
    return id_.rpartition("/")[2]


TYPES: Mapping[str, DatabricksType] = {
    f"{PREFIX}schema:Schema": DatabricksType(
        id="schemas/{catalogName}.{name}", needs=_in_catalog, fixed=frozenset({"storageRoot"})
    ),
    f"{PREFIX}catalog:Catalog": DatabricksType(
        id="catalogs/{name}",
        needs=lambda inputs: iter([inputs["storageRoot"]]),
        fixed=frozenset({"storageRoot"}),
    ),
    f"{PREFIX}externalLocation:ExternalLocation": DatabricksType(id="{url}", needs=_location_needs),
    f"{PREFIX}storageCredential:StorageCredential": DatabricksType(
        id="storage-credentials/{name}",
        needs=lambda inputs: iter([inputs["azureManagedIdentity"]["accessConnectorId"]]),
    ),
    f"{PREFIX}credential:Credential": DatabricksType(
        id="credentials/{name}",
        needs=lambda inputs: iter([inputs["azureManagedIdentity"]["accessConnectorId"]]),
        fixed=frozenset({"purpose"}),
    ),
    f"{PREFIX}aiGatewayModelProviderService:AiGatewayModelProviderService": DatabricksType(
        id="model-provider-services/{parent}.{modelProviderServiceId}",
        needs=_provider_service_needs,
        outputs=lambda id_, inputs: {"name": id_},
    ),
    f"{PREFIX}aiGatewayModelService:AiGatewayModelService": DatabricksType(
        id="model-services/{parent}.{modelServiceId}",
        needs=_model_service_needs,
        outputs=lambda id_, inputs: {"name": id_},
    ),
    f"{PREFIX}grant:Grant": DatabricksType(
        id="grants/{new}",
        needs=_grant_needs,
        fixed=frozenset({"principal", "catalog", "schema", "modelService"}),
    ),
    f"{PREFIX}servicePrincipal:ServicePrincipal": DatabricksType(
        id="principals/{new}", outputs=lambda id_, inputs: {"applicationId": _last(id_)}
    ),
    f"{PREFIX}servicePrincipalSecret:ServicePrincipalSecret": DatabricksType(
        id="{servicePrincipalId}/secrets/{new}",
        needs=lambda inputs: iter([inputs["servicePrincipalId"]]),
        outputs=lambda id_, inputs: {"secret": f"dose{uuid.uuid4().hex}", "expireTime": "2030-01-01T00:00:00Z"},
        fixed=frozenset({"lifetime", "timeRotating"}),
    ),
    f"{PREFIX}secretScope:SecretScope": DatabricksType(id="secrets/{name}"),
    f"{PREFIX}secret:Secret": DatabricksType(
        id="secrets/{scope}/{key}", needs=lambda inputs: iter([f"secrets/{inputs['scope']}"])
    ),
    f"{PREFIX}modelServing:ModelServing": DatabricksType(
        id="endpoints/{name}",
        needs=_endpoint_needs,
        outputs=lambda id_, inputs: {"servingEndpointId": _last(id_)},
    ),
    f"{PREFIX}permissions:Permissions": DatabricksType(id="permissions/{servingEndpointId}", needs=_permission_needs),
    f"{PREFIX}sqlEndpoint:SqlEndpoint": DatabricksType(id="warehouses/{new}"),
    f"{PREFIX}dashboard:Dashboard": DatabricksType(
        id="dashboards/{new}", needs=lambda inputs: iter([inputs["warehouseId"]])
    ),
    f"{PREFIX}systemSchema:SystemSchema": DatabricksType(id="system/{schema}"),
}
"""By type token."""
