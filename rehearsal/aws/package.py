"""Simulated Pulumi package `aws`: carries out the rows of the table of AWS types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.aws import (
    access,
    agentcore,
    buckets,
    creation_rules,
    deletion_rules,
    entry,
    network,
    stores,
    tags,
    versions,
)
from rehearsal.aws.account import ACCOUNT, Account, is_gone
from rehearsal.aws.request import at, fit, unfit
from rehearsal.aws.table import AwsType
from rehearsal.package import Change, Properties, RefusedError, Request, generated_name

TYPES: Mapping[str, AwsType] = {
    **network.TYPES,
    **access.TYPES,
    **agentcore.TYPES,
    **stores.TYPES,
    **buckets.TYPES,
    **entry.TYPES,
}
"""Every AWS type of the program."""

_VERSIONED = {access.CLUSTER: ("eks", "version")} | {
    token: ("", "engineVersion")
    for token in TYPES
    if token.startswith(("aws:rds/cluster:", "aws:rds/clusterInstance:", "aws:elasticache/replicationGroup:"))
}


class AwsPackage:
    """`opened` and `closed` tell the cluster world of the clusters that EKS makes and removes."""

    def __init__(self, account: Account, opened: Callable[[str, Properties], str], closed: Callable[[str], None]):
        self.account, self.opened, self.closed = account, opened, closed

    def check(self, request: Request, seed: bytes) -> tuple[Properties, list[str]]:
        """Generate a name, refuse one that is too long."""
        row = _row(request.type)
        if not row.name:
            return request.inputs, []
        inputs = generated_name(request, row.name, seed, row.longest)
        name = str(inputs[row.name])
        problem = f"{row.name} {name!r} is longer than the {row.longest} characters that {row.service} takes"
        return inputs, [problem] if len(name) > row.longest else []

    def diff(self, type_token: str, changed: frozenset[str], old: Properties, new: Properties) -> Change:
        """Replace what the table does not know how to change."""
        row = _row(type_token)
        return Change(
            replaces=changed - row.updates - {"tags"},
            # The bridge creates first where the name is generated (pulumi-terraform-bridge, DeleteBeforeReplace).
            delete_first=not row.name or (row.name in old and old[row.name] == new.get(row.name)),
        )

    def wait(self, request: Request) -> float:
        """AWS takes the typical time alone."""
        return 0

    def create(self, request: Request) -> tuple[str, Properties]:
        """Make it by its operation, then by its further settings."""
        row, inputs = _row(request.type), request.inputs
        self._refuse(request)
        operation = "import_certificate" if "certificateBody" in inputs else row.create
        shape = self.account.model(row.service, operation).input_shape
        answer = self.account.call(row.service, operation, **self._params(row, shape, inputs))
        id_ = row.id(answer, inputs) if callable(row.id) else str(at(answer, row.id))
        row.after_create(self.account, id_, inputs)
        row.settings(self.account, id_, inputs)
        outputs = self._outputs(row, id_, inputs)
        if request.type == access.CLUSTER:
            outputs["endpoint"] = self.opened(id_, inputs)
        return id_, outputs

    def exists(self, request: Request) -> bool:
        """Whether AWS finds it."""
        return self._find(request) is not None

    def changed(self, request: Request) -> tuple[Properties, Properties]:
        """What of the inputs that can change is otherwise in AWS than the program said, and the outputs then."""
        row, found = _row(request.type), self._find(request)
        now: Properties = {}
        for key in (row.updates - row.elsewhere | row.reads.keys()) & request.inputs.keys():
            where = row.reads.get(key, row.names.get(key, key))
            if where:
                answer, names = (where(found), {}) if callable(where) else (at(found, where), row.names)
                now[key] = unfit(answer, request.inputs[key], names)
        if "tags" in request.inputs:
            now["tags"] = tags.read(self.account, row, {**request.state, "id": request.id}, found)
        changed = {key: value for key, value in now.items() if value != request.inputs[key]}
        inputs = {**request.inputs, **changed}
        return changed, dict(row.outputs(self.account, request.id, inputs, found)) if changed else {}

    def update(self, request: Request) -> Properties:
        """Change it by its operation where it has one, then by its further settings."""
        row, inputs = _row(request.type), request.inputs
        self._refuse(request)
        if callable(row.update):
            row.update(self.account, request.id, inputs)
        elif row.update:
            ids = {row.update_key: request.id} if row.update_key else {}
            usable = {key: item for key, item in inputs.items() if key in row.updates or not row.update_key}
            params = {key: item for key, item in row.prepare(self.account, usable).items() if key != "tags"}
            self.account.change(row.service, row.update, params, row.names, **ids)
        row.settings(self.account, request.id, inputs)
        if row.tags:
            tags.change(self.account, row, {**request.state, "id": request.id}, inputs.get("tags") or {})
        return self._outputs(row, request.id, inputs)

    def delete(self, request: Request) -> None:
        """Remove it unless a rule forbids it."""
        row = _row(request.type)
        try:
            if refused := deletion_rules.refusal(self.account, request.type, request.id, request.state):
                raise RefusedError(f"deleting {request.type} ({request.id}): {refused}")
            row.before_delete(self.account, request.id, request.state)
            row.delete(self.account, request.id, request.state)
            row.after_delete(self.account, request.id, request.state)
            if request.type == access.CLUSTER:
                self.closed(request.id)
        except ClientError as error:
            if not is_gone(error):
                raise

    def invoke(self, token: str, args: Properties) -> Properties:
        """Answer the look-ups of the program."""
        match token:
            case "aws:index/getAvailabilityZones:getAvailabilityZones":
                zones = self.account.call("ec2", "describe_availability_zones")["AvailabilityZones"]
                refused = args.get("excludeZoneIds", [])
                return {"names": [zone["ZoneName"] for zone in zones if zone["ZoneId"] not in refused]}
            case "aws:route53/getZones:getZones":
                return {"ids": [zone["Id"].rpartition("/")[2] for zone in self._zones()]}
            case "aws:route53/getZone:getZone":
                [zone] = [zone for zone in self._zones() if zone["Id"].endswith("/" + args["zoneId"])]
                return {"zoneId": args["zoneId"], "name": zone["Name"].rstrip("."), "privateZone": False}
            case "aws:secretsmanager/getSecret:getSecret":
                return {"arn": self.account.call("secretsmanager", "describe_secret", SecretId=args["name"])["ARN"]}
        raise RefusedError(f"the rehearsal has no answer for the function {token}: add it to rehearsal/aws/package.py")

    def _zones(self) -> list[Any]:
        return list(self.account.call("route53", "list_hosted_zones")["HostedZones"])

    def _find(self, request: Request) -> Any:
        try:
            return _row(request.type).find(self.account, request.id, request.state)
        except ClientError as error:
            if is_gone(error):
                return None
            raise

    def _outputs(self, row: AwsType, id_: str, inputs: Properties) -> Properties:
        arn = f"arn:aws:{row.service}:{self.account.region}:{ACCOUNT}:{id_}"
        found = row.find(self.account, id_, inputs)
        if found is None:
            raise RefusedError(f"{row.service} does not find {id_}")
        return {"arn": arn, **row.outputs(self.account, id_, inputs, found)}

    def _params(self, row: AwsType, shape: Any, inputs: Properties) -> Properties:
        usable = {key: value for key, value in inputs.items() if key not in row.elsewhere}
        new_tags = usable.pop("tags", None) or {}
        prepared = row.prepare(self.account, usable)
        prepared.pop("tags", None)
        params: Properties = fit(shape, prepared, row.names)
        pairs = [{"Key": key, "Value": value} for key, value in new_tags.items()]
        if not pairs or not row.tags:
            return params
        if row.tags in ("list", "map"):
            member = next(name for name in shape.members if name.lower() == "tags")
            return {**params, member: pairs if row.tags == "list" else new_tags}
        return {**params, "TagSpecifications": [{"ResourceType": row.tags, "Tags": pairs}]}

    def _refuse(self, request: Request) -> None:
        service = _row(request.type).service
        if refused := creation_rules.refusal(self.account, request.type, service, request.inputs):
            raise RefusedError(f"{request.type} ({request.name}): {refused}")
        if request.type in _VERSIONED:
            engine, prop = _VERSIONED[request.type]
            engine = engine or request.inputs["engine"]
            if refused := versions.refusal(engine, str(request.inputs[prop])):
                raise RefusedError(refused)


def _row(type_token: str) -> AwsType:
    if type_token not in TYPES:
        raise RefusedError(f"the rehearsal has no mapping for the type {type_token}: add a row to rehearsal/aws")
    return TYPES[type_token]
