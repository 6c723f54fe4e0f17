"""Configuration of ClickHouse: every table on S3, small memory limits and logs."""

from __future__ import annotations


def s3_endpoint(bucket: str, region: str) -> str:
    """Where the tables live: the prefix `clickhouse/` of the bucket, at the S3 of that region."""
    return f"https://{bucket}.s3.{region}.amazonaws.com/clickhouse/"


def s3_disk(*, endpoint: str, region: str) -> str:
    """A file for ClickHouse's `config.d` (XML) that makes S3 the default of every MergeTree table.

    It must be there when ClickHouse starts for the first time: with tables made before it, ClickHouse refuses to start
    ("found on disk 'default' which is not defined in the storage policy"). What is in the bucket is of use only
    together with the volume, which holds the names (clickhouse.com/docs/operations/storing-data).
    """
    return f"""\
<clickhouse>
  <storage_configuration>
    <disks>
      <s3>
        <type>s3</type>
        <endpoint>{endpoint}</endpoint>
        <region>{region}</region>
        <!-- The role of the service account, from the variables that EKS puts into the pod. -->
        <use_environment_credentials>true</use_environment_credentials>
        <!-- Half a minute. The default, 500, is hours in which nothing says that S3 cannot be reached. -->
        <s3_retry_attempts>7</s3_retry_attempts>
      </s3>
      <!-- What was read lately stays on the volume. -->
      <s3_cache>
        <type>cache</type>
        <disk>s3</disk>
        <path>s3_cache/</path>
        <max_size>5Gi</max_size>
      </s3_cache>
    </disks>
    <policies>
      <s3_main>
        <volumes>
          <main>
            <disk>s3_cache</disk>
          </main>
        </volumes>
      </s3_main>
    </policies>
  </storage_configuration>
  <merge_tree>
    <storage_policy>s3_main</storage_policy>
  </merge_tree>

  <!-- Of the pod's memory, for each of the caches. The default is half of it for each. -->
  <cache_size_to_ram_max_ratio>0.1</cache_size_to_ram_max_ratio>

  <!-- The default is trace. -->
  <logger>
    <level>information</level>
  </logger>

  <!-- Langfuse reads it. Not on S3: it is written every 7.5 seconds. -->
  <query_log>
    <storage_policy>default</storage_policy>
    <ttl>event_date + INTERVAL 1 DAY DELETE</ttl>
  </query_log>
  <!-- Nobody reads the other tables that ClickHouse keeps about itself. -->
  <asynchronous_insert_log remove="1"/>
  <asynchronous_metric_log remove="1"/>
  <background_schedule_pool_log remove="1"/>
  <blob_storage_log remove="1"/>
  <error_log remove="1"/>
  <latency_log remove="1"/>
  <metric_log remove="1"/>
  <opentelemetry_span_log remove="1"/>
  <part_log remove="1"/>
  <processors_profile_log remove="1"/>
  <query_metric_log remove="1"/>
  <query_thread_log remove="1"/>
  <query_views_log remove="1"/>
  <text_log remove="1"/>
  <trace_log remove="1"/>
</clickhouse>
"""
