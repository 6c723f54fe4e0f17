"""Simulated S3: rows of the table of AWS types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.aws.table import AwsType, State, call, finder


def _empty_bucket(account: Account, id_: str, state: State) -> None:
    if state.get("forceDestroy"):
        for item in account.call("s3", "list_objects_v2", Bucket=id_).get("Contents", []):
            account.call("s3", "delete_object", Bucket=id_, Key=item["Key"])


def _bucket_tags(account: Account, id_: str, inputs: State) -> None:
    tags = [{"Key": key, "Value": value} for key, value in inputs.get("tags", {}).items()]
    account.call("s3", "put_bucket_tagging", Bucket=id_, Tagging={"TagSet": tags})


def _bucket_place(account: Account, inputs: dict[str, Any]) -> dict[str, Any]:
    place = {} if account.region == "us-east-1" else {"locationConstraint": account.region}
    return {"bucket": inputs["bucket"], **({"createBucketConfiguration": place} if place else {})}


def _of_bucket(
    what: str, names: Mapping[str, str], delete: str = "", reads: Mapping[str, str] | None = None
) -> AwsType:
    """A part of a bucket that S3 sets as a whole."""
    return AwsType(
        service="s3",
        create=f"put_{what}",
        id=lambda answer, inputs: str(inputs["bucket"]),
        names=names,
        tags="",
        delete=call("s3", delete or f"delete_{what}", Bucket="id"),
        find=finder("s3", f"get_{what}", "", Bucket="id"),
        update=f"put_{what}",
        updates=frozenset(names),
        reads=reads or {},
    )


TYPES: Mapping[str, AwsType] = {
    "aws:s3/bucket:Bucket": AwsType(
        service="s3",
        create="create_bucket",
        id=lambda answer, inputs: str(inputs["bucket"]),
        prepare=_bucket_place,
        name="bucket",
        longest=63,
        tags="",
        delete=call("s3", "delete_bucket", Bucket="id"),
        find=finder("s3", "get_bucket_location", "", Bucket="id"),
        before_delete=_empty_bucket,
        settings=_bucket_tags,
        outputs=lambda account, id_, inputs, found: {"arn": f"arn:aws:s3:::{id_}"},
        updates=frozenset({"forceDestroy"}),
        reads={"forceDestroy": ""},
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _of_bucket(
        "public_access_block",
        {
            key: f"PublicAccessBlockConfiguration.{key}"
            for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        },
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _of_bucket(
        "bucket_encryption", {"rules": "ServerSideEncryptionConfiguration.Rules"}
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _of_bucket("bucket_policy", {"policy": "Policy"}),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _of_bucket(
        "bucket_lifecycle_configuration",
        {"rules": "LifecycleConfiguration.Rules"},
        delete="delete_bucket_lifecycle",
        reads={"rules": "Rules"},
    ),
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": _of_bucket(
        "bucket_cors", {"corsRules": "CORSConfiguration.CORSRules"}, reads={"corsRules": "CORSRules"}
    ),
}
