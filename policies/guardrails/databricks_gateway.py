"""CrossGuard rules about Databricks: what outlives the day or costs while nobody looks, keys, and who may call."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from policies.guardrails.rule import known, mappings, resource_rule

_SCHEMA, _CATALOG = "databricks:index/schema:Schema", "databricks:index/catalog:Catalog"
_WAREHOUSE, _ENDPOINT = "databricks:index/sqlEndpoint:SqlEndpoint", "databricks:index/modelServing:ModelServing"
_GRANT, _GRANTS = "databricks:index/grant:Grant", "databricks:index/grants:Grants"
_PERMISSIONS = "databricks:index/permissions:Permissions"
_SECRET = "databricks:index/servicePrincipalSecret:ServicePrincipalSecret"  # noqa: S105  the name of a type

_STORAGE = "azure-native:storage:StorageAccount"

_EVERYBODY = ("account users", "users")
_LONGEST_STOP = 10
"""Minutes. The smallest serverless warehouse costs a few USD an hour while it waits."""


@resource_rule(_SCHEMA, _CATALOG)
def schemas_go_with_their_tables(schema: ResourceValidationArgs) -> Iterator[str]:
    """The gateway makes its inference table by itself, and a schema with a table in it stays."""
    if not schema.props.get("forceDestroy"):
        yield "destroy would stop at the first table: set forceDestroy to true"


@resource_rule(_WAREHOUSE)
def warehouses_stop_by_themselves(warehouse: ResourceValidationArgs) -> Iterator[str]:
    """A SQL warehouse is paid for while it runs, asked or not; 0 never stops it, and the default is two hours."""
    minutes = known(warehouse.props, "autoStopMins")
    if "autoStopMins" not in warehouse.props or (minutes is not None and not 0 < minutes <= _LONGEST_STOP):
        yield f"it would wait for long, and be paid for: set autoStopMins to 1 to {_LONGEST_STOP}"


@resource_rule(_ENDPOINT)
def endpoints_refer_to_their_keys(endpoint: ResourceValidationArgs) -> Iterator[str]:
    """Whoever may see an endpoint sees its configuration: keys of providers stand in a secret scope."""
    for _, mapping in mappings(known(endpoint.props, "config")):
        for key in mapping:
            if key.lower().endswith("plaintext"):
                yield f"{key} holds a key itself: put it into a secret scope and write {{{{secrets/scope/key}}}}"


@resource_rule(_GRANT, _GRANTS, _PERMISSIONS)
def callers_are_named(grant: ResourceValidationArgs) -> Iterator[str]:
    """Nobody may call because they have an account: prompts of all would be paid for by the day."""
    for _, mapping in mappings(grant.props):
        for key in ("principal", "groupName"):
            if known(mapping, key) in _EVERYBODY:
                yield f"{known(mapping, key)} is everybody: name the users, groups or service principals that may call"


@resource_rule(_SECRET)
def secrets_of_service_principals_end(secret: ResourceValidationArgs) -> Iterator[str]:
    """Without a lifetime a secret is good for two years, for a stack of one day."""
    if "lifetime" not in secret.props:
        yield "it would be good for 730 days: set lifetime, such as 172800s"


@resource_rule(_STORAGE)
def storage_lets_nobody_in_without_a_name(account: ResourceValidationArgs) -> Iterator[str]:
    """Prompts lie there: no container may be public, and a key of the account is nobody's and never ends."""
    for key in ("allowBlobPublicAccess", "allowSharedKeyAccess"):
        if key not in account.props or known(account.props, key) is True:
            yield f"whoever has an address or a key could read it: set {key} to false"
