"""`genai verify` looks for objects where Langfuse and ClickHouse are told to write them."""

from __future__ import annotations

from charts import clickhouse, langfuse
from ops.checks.verify.buckets import CLICKHOUSE_PREFIX, LANGFUSE_PREFIX


def test_the_prefixes_are_those_that_langfuse_and_clickhouse_write_under() -> None:
    anything = dict.fromkeys(
        ("role_arn", "url", "litellm_host", "database_host", "cache_host", "bucket", "region", "secrets_checksum"), ""
    )
    values = langfuse.values(image_tag="", replicas=1, **anything)
    assert values["s3"]["eventUpload"]["prefix"] == LANGFUSE_PREFIX
    assert (
        clickhouse.s3_endpoint("bucket", "us-east-1")
        == f"https://bucket.s3.us-east-1.amazonaws.com/{CLICKHOUSE_PREFIX}"
    )
