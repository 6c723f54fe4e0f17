"""Tags of AWS resources that exist already: each service has operations of its own for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.aws.account import Account, is_gone
from rehearsal.aws.request import at
from rehearsal.aws.table import AwsType, State

OPERATIONS: Mapping[str, tuple[str, str, str, str]] = {
    "ec2": ("create_tags", "delete_tags", "Resources", "id"),
    "rds": ("add_tags_to_resource", "remove_tags_from_resource", "ResourceName", "arn"),
    "elasticache": ("add_tags_to_resource", "remove_tags_from_resource", "ResourceName", "arn"),
    "elbv2": ("add_tags", "remove_tags", "ResourceArns", "arn"),
    "acm": ("add_tags_to_certificate", "remove_tags_from_certificate", "CertificateArn", "arn"),
    "eks": ("tag_resource", "untag_resource", "resourceArn", "arn"),
    "bedrock-agentcore-control": ("tag_resource", "untag_resource", "resourceArn", "arn"),
    "create_role": ("tag_role", "untag_role", "RoleName", "id"),
    "create_open_id_connect_provider": (
        "tag_open_id_connect_provider",
        "untag_open_id_connect_provider",
        "OpenIDConnectProviderArn",
        "arn",
    ),
}
"""By service, in IAM by what creates the resource: what adds tags, what removes them, its parameter, which property."""

LISTS: Mapping[str, tuple[str, str, str, str]] = {
    "bedrock-agentcore-control": ("list_tags_for_resource", "resourceArn", "arn", "tags"),
    "rds": ("list_tags_for_resource", "ResourceName", "arn", "TagList"),
    "elbv2": ("describe_tags", "ResourceArns", "arn", "TagDescriptions.0.Tags"),
    "acm": ("list_tags_for_certificate", "CertificateArn", "arn", "Tags"),
    "s3": ("get_bucket_tagging", "Bucket", "id", "TagSet"),
}
"""What lists them, by service, its parameter, which property, where in the answer; others show them with it."""


def read(account: Account, row: AwsType, state: State, found: Any) -> dict[str, str]:
    """The tags of a resource that was found."""
    tags = at(found, "tags")
    if row.service in LISTS:
        operation, key, of, path = LISTS[row.service]
        target = _target(account, row, operation, key, state[of])
        try:
            tags = at(account.call(row.service, operation, **{key: target}), path)
        except ClientError as error:
            if not is_gone(error):  # S3 has an error for a bucket without tags
                raise
    return dict(tags) if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags or []}


def change(account: Account, row: AwsType, state: State, new: Mapping[str, str]) -> None:
    """Make the tags of a resource those of the program; `state` holds its id and its outputs."""
    add, remove, key, of = OPERATIONS[row.create if row.service == "iam" else row.service]
    old = state.get("tags") or {}
    for operation, tags in (
        (remove, {name: value for name, value in old.items() if name not in new}),
        (add, {name: value for name, value in new.items() if old.get(name) != value}),
    ):
        if tags:
            members = account.model(row.service, operation).input_shape.members
            target = _target(account, row, operation, key, state[of])
            account.call(row.service, operation, **{key: target}, **_spelled(members, tags))


def _target(account: Account, row: AwsType, operation: str, key: str, value: str) -> Any:
    wanted = account.model(row.service, operation).input_shape.members[key]
    return [value] if wanted.type_name == "list" else value


def _spelled(members: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    member = next(name for name in members if name.lower() in ("tags", "tagkeys"))
    if member.lower() == "tagkeys":
        return {member: list(tags)}
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {member: dict(tags) if members[member].type_name == "map" else pairs}
