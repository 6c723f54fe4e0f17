"""The file for ClickHouse's config.d in a real ClickHouse engine, with a local S3 that checks signatures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from moto import settings
from moto.server import ThreadedMotoServer

from charts import clickhouse

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "eu-west-1"
# chdb keeps its state in the process: a restart of ClickHouse is a new one.
CLICKHOUSE = """
import json, sys
from chdb.session import Session
with Session(sys.argv[1]) as session:
    print(json.dumps([str(session.query(statement, "TabSeparated")).split() for statement in sys.argv[2:]]))
"""
# The tables about itself that ClickHouse writes unasked with the config.xml of its image.
LOGS = """
asynchronous_insert_log asynchronous_metric_log background_schedule_pool_log blob_storage_log error_log latency_log
metric_log opentelemetry_span_log part_log processors_profile_log query_log query_metric_log query_thread_log
query_views_log text_log trace_log
"""
CREATE = "CREATE TABLE traces (number UInt64, text String) ENGINE = ReplacingMergeTree ORDER BY number"
INSERT = "INSERT INTO traces SELECT number, hex(SHA256(toString(number))) FROM numbers(20000)"
COUNT = "SELECT count() FROM traces WHERE text = hex(SHA256(toString(number)))"


@dataclass
class Storage:
    """A bucket of its own for a test, in an S3 that refuses what is not signed with the keys in `environment`."""

    endpoint: str
    environment: dict[str, str]
    client: S3Client
    bucket: str

    def objects(self) -> dict[str, int]:
        """Sizes in bytes by key."""
        listed = self.client.list_objects_v2(Bucket=self.bucket)
        return {item["Key"]: item["Size"] for item in listed.get("Contents", [])}


@pytest.fixture(scope="module")
def s3() -> Iterator[tuple[str, dict[str, str]]]:
    """The URL of the S3 and the keys of its only user."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    iam = boto3.client("iam", "us-east-1", endpoint_url=url, aws_access_key_id="root", aws_secret_access_key="root")
    iam.create_user(UserName="clickhouse")
    allow = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    iam.put_user_policy(UserName="clickhouse", PolicyName="s3", PolicyDocument=json.dumps(allow))
    key = iam.create_access_key(UserName="clickhouse")["AccessKey"]
    with mock.patch.object(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0):
        yield url, {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    server.stop()


@pytest.fixture
def storage(s3: tuple[str, dict[str, str]]) -> Storage:
    url, keys = s3
    session = boto3.Session(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
    client = session.client("s3", endpoint_url=url)
    bucket = f"data-{uuid.uuid4()}"
    client.create_bucket(Bucket=bucket)
    return Storage(f"{url}/{bucket}/clickhouse/", keys, client, bucket)


def run(
    storage: Storage, directory: Path, *statements: str, s3_disk: str | None = None, logs: str = ""
) -> list[list[str]]:
    """Start ClickHouse on the volume `directory`, run the statements, stop it; the words of each answer."""
    configuration = directory / "etc" / "config.d"
    configuration.mkdir(parents=True, exist_ok=True)
    sections = "".join(f"<{log}><database>system</database><table>{log}</table></{log}>" for log in logs.split())
    (directory / "etc" / "config.xml").write_text(f"<clickhouse>{sections}</clickhouse>")
    if s3_disk is None:
        s3_disk = clickhouse.s3_disk(endpoint=storage.endpoint, region=REGION)
    (configuration / "s3_disk.xml").write_text(s3_disk)
    process = subprocess.run(
        [
            sys.executable,
            "-c",
            CLICKHOUSE,
            f"{directory}/volume?config-file={directory}/etc/config.xml",
            *statements,
        ],
        env={**os.environ, **storage.environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    if process.returncode != 0:
        raise RuntimeError(process.stderr)
    answers: list[list[str]] = json.loads(process.stdout)
    return answers


def test_data_goes_to_the_bucket_and_is_there_after_a_restart(storage: Storage, tmp_path: Path) -> None:
    run(storage, tmp_path, CREATE, INSERT)
    local = sum(file.stat().st_size for file in (tmp_path / "volume").rglob("*") if file.is_file())
    assert local < 100_000
    cached = "SELECT count() > 0 FROM system.filesystem_cache"
    assert run(storage, tmp_path, COUNT, cached) == [["20000"], ["1"]]
    remote = storage.objects()
    assert sum(remote.values()) > 1_000_000
    assert all(key.startswith("clickhouse/") for key in remote)


def test_only_the_credentials_of_the_environment_open_the_bucket(storage: Storage, tmp_path: Path) -> None:
    s3_disk = (
        clickhouse.s3_disk(endpoint=storage.endpoint, region=REGION)
        .replace("<use_environment_credentials>true", "<use_environment_credentials>false")
        .replace("<s3_retry_attempts>7", "<s3_retry_attempts>1")
    )
    with pytest.raises(RuntimeError, match="S3_ERROR"):
        run(storage, tmp_path, CREATE, INSERT, s3_disk=s3_disk)


def test_clickhouse_does_not_start_with_tables_from_before_the_file(storage: Storage, tmp_path: Path) -> None:
    run(storage, tmp_path, CREATE, INSERT, s3_disk="<clickhouse/>")
    with pytest.raises(RuntimeError, match="which is not defined in the storage policy 's3_main'"):
        run(storage, tmp_path, COUNT)


def test_of_what_clickhouse_keeps_about_itself_the_query_log_remains_and_stays_off_s3(
    storage: Storage, tmp_path: Path
) -> None:
    kept = "SELECT name, storage_policy FROM system.tables WHERE database = 'system' AND engine LIKE '%MergeTree'"
    answers = run(storage, tmp_path, "SELECT 1", "SYSTEM FLUSH LOGS", kept, logs=LOGS)
    assert answers[-1] == ["query_log", "default"]
    assert storage.objects() == {}


def test_each_cache_takes_a_tenth_of_the_memory(storage: Storage, tmp_path: Path) -> None:
    ratio = "SELECT value FROM system.server_settings WHERE name = 'cache_size_to_ram_max_ratio'"
    assert run(storage, tmp_path, ratio) == [["0.1"]]


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "ap-northeast-1"])
def test_the_endpoint_is_the_one_that_the_aws_sdk_would_use(region: str) -> None:
    sdk = boto3.Session("key", "secret", region_name=region).client(
        "s3", config=Config(s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"})
    )
    url = sdk.generate_presigned_url("get_object", Params={"Bucket": "data-1234567", "Key": "clickhouse/"})
    expected = urlsplit(url)
    assert clickhouse.s3_endpoint("data-1234567", region) == f"https://{expected.netloc}{expected.path}"
