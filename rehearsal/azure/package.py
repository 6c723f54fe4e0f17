"""Simulated Pulumi packages `azure-native` and `azuread`: carry out the rows of the table of Azure types."""

from __future__ import annotations

import re
import uuid
from typing import Any

from components.azure.key_vault import SECRETS_OFFICER
from ops.model.simulated_outputs import invoke_result
from rehearsal.azure import backends
from rehearsal.azure.declared import problems
from rehearsal.azure.types import SUBSCRIPTION, TYPES, AzureType
from rehearsal.package import Change, Properties, RefusedError, Request, generated_name

_FIELD = re.compile(r"\{(\w+)\}")


class AzurePackage:
    """`resources` are inputs by resource id, `retained` ids that were deleted and keep their names."""

    def __init__(self) -> None:
        self.resources: dict[str, Properties] = {}
        self.retained: set[str] = set()
        self.secrets: list[str] = []
        """Values that nobody may read in the state."""

    def check(self, request: Request, seed: bytes) -> tuple[Properties, list[str]]:
        """Generate a name; refuse one that is too long, and what the SDK's types do not allow."""
        row, inputs = _row(request.type), request.inputs
        found = list(problems(request.type, inputs))
        if row.name:
            # azure-native adds eight characters without a separator (its auto-naming, provider.go).
            inputs = generated_name(request, row.name, seed, row.longest, "")
            if len(str(inputs[row.name])) > row.longest:
                found.append(f"{row.name} {inputs[row.name]!r} is longer than {row.longest} characters")
        return inputs, found

    def diff(self, type_token: str, changed: frozenset[str], old: Properties, new: Properties) -> Change:
        """Replace what is part of the id, or cannot change."""
        row = _row(type_token)
        return Change(replaces=changed & (row.fixed | set(_FIELD.findall(row.id)) | {"location"}))

    def wait(self, request: Request) -> float:
        """Azure takes the typical time alone."""
        return 0

    def create(self, request: Request) -> tuple[str, Properties]:
        """Make it where its parent is."""
        row, inputs = _row(request.type), request.inputs
        id_ = row.id.format(**{**inputs, "new": uuid.uuid4()})
        if id_ in self.resources:
            raise RefusedError(f"cannot create already existing resource '{id_}'")
        if id_ in self.retained:
            raise RefusedError(f"ConflictError: a deleted resource keeps this name until it is purged: {id_}")
        if request.type.endswith(":RoleAssignment") and inputs in self.resources.values():
            raise RefusedError("RoleAssignmentExists: The role assignment already exists.")
        self._refuse_orphan(id_)
        self._refuse_references(request.type, id_, inputs)
        if group := inputs.get("managedResourceGroupId"):
            self.resources[group] = {}  # it outlives its workspace (azurerm#28959)
        self.resources[id_] = inputs
        return id_, self._outputs(row, id_, inputs)

    def exists(self, request: Request) -> bool:
        """Whether Azure has it."""
        return request.id in self.resources

    def update(self, request: Request) -> Properties:
        """Change it; outputs stay as they were made, but for the principal of an identity that comes or goes."""
        if request.id not in self.resources:
            raise RefusedError(f"ResourceNotFound: {request.id}")
        if request.type.endswith(":SavedSearch"):
            raise RefusedError(f"Conflict: newer data exists, and no etag was sent for {request.id} (azure-docs#49275)")
        self._refuse_references(request.type, request.id, request.inputs)
        self.resources[request.id] = request.inputs
        outputs = _row(request.type).outputs(request.id, request.inputs)
        return {key: value for key, value in outputs.items() if key == "identity"}

    def delete(self, request: Request) -> None:
        """Remove it and all below it, unless something refers to it."""
        if request.id not in self.resources:
            return
        self._refuse_in_use(request)
        for id_ in [below for below in self.resources if below == request.id or below.startswith(request.id + "/")]:
            del self.resources[id_]
        if _row(request.type).retained:
            self.retained.add(request.id)

    def invoke(self, token: str, args: Properties) -> Properties:
        """Answer the look-ups of the program."""
        result = invoke_result(token, args, region="", hosted_zones=())
        if token.endswith(":listDatabaseKeys"):
            if (id_ := _row("azure-native:redisenterprise:Database").id.format(**args)) not in self.resources:
                raise RefusedError(f"ResourceNotFound: {id_}")
            self.secrets += result.values()
        return result

    def leftovers(self) -> list[str]:
        """Ids of what is there; what is only retained costs nothing."""
        return sorted(self.resources)

    def _outputs(self, row: AzureType, id_: str, inputs: Properties) -> Properties:
        outputs = dict(row.outputs(id_, inputs))
        self.secrets += [outputs[key] for key in ("value", "connectionString") if key in outputs]
        return {"name": id_.rpartition("/")[2], **outputs} if id_.startswith(SUBSCRIPTION) else outputs

    def _refuse_orphan(self, id_: str) -> None:
        """The nearest parent: a path without its last two parts, and without /providers/<namespace>."""
        parent = re.sub(r"/providers/[^/]+$", "", id_.rpartition("/")[0].rpartition("/")[0])
        parent = parent.removesuffix("/blobServices/default")  # every storage account comes with it
        if backends.EXISTING_ACCOUNT.fullmatch(parent):
            return
        if parent in ("", SUBSCRIPTION, "/servicePrincipals") or parent.startswith("/servicePrincipals/"):
            return
        if parent not in self.resources:
            raise RefusedError(f"ParentResourceNotFound: {parent} was not found, so {id_} cannot be created")

    def _refuse_references(self, type_token: str, id_: str, inputs: Properties) -> None:
        """A policy or backend may only name what the gateway has (learn.microsoft.com, "Use named values")."""
        if not type_token.endswith((":ApiPolicy", ":Backend")):
            return
        if type_token.endswith(":Backend"):
            for refusal in backends.refusals(id_, inputs, self.resources):
                raise RefusedError(refusal)
        service = re.sub(r"(/service/[^/]+)/.*", r"\1", id_)
        for name in _named_values(inputs):
            if f"{service}/namedValues/{name}" not in self.resources:
                raise RefusedError(f"ValidationError: Cannot find a property '{name}'")
        for name in re.findall(r'backend-id="([^"{@]+)"', str(inputs.get("value", ""))):
            if f"{service}/backends/{name}" not in {*self.resources, *backends.deployed(self.resources)}:
                raise RefusedError(f"ValidationError: Backend with id '{name}' could not be found.")

    def _refuse_in_use(self, request: Request) -> None:
        service, _, name = request.id.partition("/namedValues/")
        users = [
            user
            for user, inputs in self.resources.items()
            if user.startswith(service) and name in _named_values(inputs)
        ]
        if name and users:
            raise RefusedError(f"ValidationError: Property '{name}' is still in use by {', '.join(users)}")
        if pools := backends.pools_of(request.id, self.resources):
            raise RefusedError(f"ValidationError: Backend {request.id} is still in use by {', '.join(pools)}")
        if request.type.endswith("keyvault:Secret"):
            vault = request.id.partition("/secrets/")[0]
            grants = [grant for id_, grant in self.resources.items() if id_.startswith(f"{vault}/providers/")]
            if not any(str(grant.get("roleDefinitionId")).endswith(SECRETS_OFFICER) for grant in grants):
                raise RefusedError(f"ForbiddenByRbac: caller is not authorized to delete {request.id}")


def _named_values(inputs: Any) -> set[str]:
    return set(re.findall(r"\{\{([\w-]+)\}\}", str({key: inputs.get(key) for key in ("value", "credentials")})))


def _row(type_token: str) -> AzureType:
    if type_token not in TYPES:
        raise RefusedError(f"the rehearsal does not know the type {type_token}: add it to rehearsal/azure/types.py")
    return TYPES[type_token]
