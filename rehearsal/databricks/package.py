"""Simulated Pulumi package `databricks`: carries out the table of types in the workspaces of the simulated Azure."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

from catalogue.databricks import PAYLOAD_SUFFIX
from rehearsal.azure.declared import problems
from rehearsal.azure.package import AzurePackage
from rehearsal.azure.types import TYPES as AZURE_TYPES
from rehearsal.databricks.types import PREFIX, TYPES, DatabricksType, destinations, table_schema
from rehearsal.package import Change, Properties, RefusedError, Request

_FIELD = re.compile(r"\{(\w+)\}")
_WORKSPACE = "azure-native:databricks:Workspace"
_SERVICE = f"{PREFIX}aiGatewayModelService:AiGatewayModelService"
_ENDPOINT = f"{PREFIX}modelServing:ModelServing"


class DatabricksPackage:
    """`resources` are types and inputs by id; what a stack makes in a metastore outlives its workspace."""

    def __init__(self, azure: AzurePackage) -> None:
        self.azure = azure
        self.resources: dict[str, tuple[str, Properties]] = {}
        self.secrets: list[str] = []
        """Values that nobody may read in the state."""

    def check(self, request: Request, seed: bytes) -> tuple[Properties, list[str]]:
        """Refuse what the SDK's types do not allow."""
        return request.inputs, list(problems(request.type, request.inputs))

    def diff(self, type_token: str, changed: frozenset[str], old: Properties, new: Properties) -> Change:
        """Replace what is part of the id, or cannot change."""
        row = _row(type_token)
        return Change(replaces=changed & (row.fixed | set(_FIELD.findall(row.id))))

    def wait(self, request: Request) -> float:
        """Databricks takes the typical time alone."""
        return 0

    def create(self, request: Request) -> tuple[str, Properties]:
        """Make it where all it needs is there."""
        self._refuse_without_workspace(request)
        row, inputs = _row(request.type), request.inputs
        parent = str(inputs.get("parent", "")).removeprefix("schemas/")
        id_ = row.id.format(**{**inputs, "parent": parent, "new": uuid.uuid4()})
        if id_ in self.resources:
            raise RefusedError(f"RESOURCE_ALREADY_EXISTS: {id_}")
        self._refuse_references(request.type, row, inputs)
        self.resources[id_] = (request.type, inputs)
        for table in self._inference_tables(request.type, inputs):
            self.resources[table] = ("table", {})
        outputs = dict(row.outputs(id_, inputs))
        self.secrets += [outputs["secret"]] if "secret" in outputs else []
        return id_, outputs

    def exists(self, request: Request) -> bool:
        """Whether Databricks has it."""
        return request.id in self.resources

    def update(self, request: Request) -> Properties:
        """Change it; outputs stay as they were made."""
        self._refuse_without_workspace(request)
        if request.id not in self.resources:
            raise RefusedError(f"RESOURCE_DOES_NOT_EXIST: {request.id}")
        self._refuse_references(request.type, _row(request.type), request.inputs)
        self.resources[request.id] = (request.type, request.inputs)
        return {}

    def delete(self, request: Request) -> None:
        """Remove it, unless something needs it. A schema goes with its tables only where it says so."""
        self._refuse_without_workspace(request)
        if request.id not in self.resources:
            return
        tables = [id_ for id_ in self.resources if id_.startswith(f"{request.id}/tables/")]
        if tables and not request.inputs.get("forceDestroy"):
            raise RefusedError(f"Schema '{request.id}' is not empty: {', '.join(tables)}")
        users = [
            id_
            for id_, (type_token, inputs) in self.resources.items()
            if type_token in TYPES and request.id in TYPES[type_token].needs(inputs)
        ]
        if users:
            raise RefusedError(f"{request.id} is still used by {', '.join(users)}")
        for id_ in [request.id, *tables]:
            del self.resources[id_]

    def invoke(self, token: str, args: Properties) -> Properties:
        """The program calls none."""
        raise RefusedError(f"the rehearsal does not know the function {token}")

    def leftovers(self) -> list[str]:
        """Ids of what is there."""
        return sorted(self.resources)

    def _refuse_without_workspace(self, request: Request) -> None:
        """The provider's host must be that of a workspace which exists."""
        host, row = request.config.get("host", ""), AZURE_TYPES[_WORKSPACE]
        hosts = {
            f"https://{row.outputs(id_, inputs)['workspaceUrl']}"
            for id_, inputs in self.azure.resources.items()
            if "/Microsoft.Databricks/workspaces/" in id_
        }
        if host not in hosts:
            raise RefusedError(f"default auth: cannot reach {host or 'a workspace: no host is configured'}")

    def _refuse_references(self, type_token: str, row: DatabricksType, inputs: Properties) -> None:
        # The metastore has a catalogue of others already.
        known = {*self.resources, *self.azure.resources, "catalogs/main"}
        for needed in row.needs(inputs):
            if needed not in known:
                raise RefusedError(f"RESOURCE_DOES_NOT_EXIST: {needed}")
        if type_token == _SERVICE:
            self._refuse_routing(inputs)

    def _refuse_routing(self, inputs: Properties) -> None:
        for one in destinations(inputs):
            external = one["externalModelConfig"]
            _, provider = self.resources[external["modelProviderService"]]
            offered = [target["model"] for target in provider["config"]["targets"]]
            if external["target"]["model"] not in offered:
                raise RefusedError(f"INVALID_PARAMETER_VALUE: {external['target']['model']} is none of {offered}")
        shares = [one.get("trafficPercentage", 0) for one in inputs["config"]["routing"]["destinations"]]
        if sum(shares) != 100:
            raise RefusedError(f"INVALID_PARAMETER_VALUE: traffic percentages {shares} do not sum to 100")

    def _inference_tables(self, type_token: str, inputs: Properties) -> Iterator[str]:
        """Tables that the gateway makes by itself, and leaves behind."""
        if type_token == _SERVICE and (table := inputs["config"].get("inferenceTable")):
            yield f"{table['parent']}/tables/{table['tableNamePrefix']}{PAYLOAD_SUFFIX}"
        if type_token == _ENDPOINT and (table := inputs["aiGateway"]["inferenceTableConfig"])["enabled"]:
            yield f"schemas/{table_schema(inputs)}/tables/{table['tableNamePrefix']}{PAYLOAD_SUFFIX}"


def _row(type_token: str) -> DatabricksType:
    if type_token not in TYPES:
        raise RefusedError(
            f"the rehearsal does not know the type {type_token}: add it to rehearsal/databricks/types.py"
        )
    return TYPES[type_token]
