"""S3: whether Langfuse and ClickHouse have written to their buckets since `genai verify` began."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ops.checks.verify.completions import COMPLETION
from ops.checks.verify.polling import NotYetError, until
from ops.checks.verify.step import Step, UnprovedError
from ops.stack.running_stacks import RunningAwsStack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LANGFUSE_PREFIX = "events/"
CLICKHOUSE_PREFIX = "clickhouse/"
OBJECT_SECONDS = 60


class Buckets:
    """The steps about the buckets: `before` is to be taken before the completion, `after` after it."""

    def __init__(self, stack: RunningAwsStack, s3: S3Client) -> None:
        """Nothing is asked before the first step is taken."""
        self._s3 = s3
        self._places = {
            "Langfuse bucket": (stack.langfuse_bucket, LANGFUSE_PREFIX),
            "ClickHouse bucket": (stack.clickhouse_bucket, CLICKHOUSE_PREFIX),
        }
        self._seen: dict[str, set[str]] = {}

    def before(self) -> list[Step]:
        """List the objects that are there already."""
        return [
            Step(
                name="buckets",
                prove=self._list,
                means="The buckets cannot be listed with the AWS credentials at hand (AWS_PROFILE): "
                "`aws sts get-caller-identity` says whose they are; s3:ListBucket is needed",
            )
        ]

    def after(self) -> list[Step]:
        """List the objects that have come since."""
        means = {
            "Langfuse bucket": "Langfuse did not keep what LiteLLM sent: its role may not write there, see "
            "`kubectl --namespace genai-platform logs deployment/langfuse-web`",
            "ClickHouse bucket": "ClickHouse did not write to S3: its role may not, or its disk is another, see "
            "`kubectl --namespace genai-platform logs statefulset/clickhouse`",
        }
        return [
            Step(name=name, prove=partial(self._grown, name), after=("buckets", COMPLETION), means=means[name])
            for name in self._places
        ]

    def _list(self) -> str:
        self._seen = {name: self._keys(name) for name in self._places}
        return "objects so far: " + ", ".join(f"{name} {len(keys)}" for name, keys in self._seen.items())

    def _grown(self, name: str) -> str:
        bucket, prefix = self._places[name]

        def new_objects() -> str:
            if not (new := self._keys(name) - self._seen[name]):
                raise NotYetError(f"nothing new under s3://{bucket}/{prefix} in {OBJECT_SECONDS} s")
            return f"{len(new)} new under s3://{bucket}/{prefix}"

        return until(new_objects, seconds=OBJECT_SECONDS)

    def _keys(self, name: str) -> set[str]:
        bucket, prefix = self._places[name]
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        try:
            return {item["Key"] for page in pages for item in page.get("Contents", [])}
        except ClientError as error:
            raise UnprovedError(f"s3://{bucket}/{prefix}: {error}") from error
