"""RDS, ElastiCache and S3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.aws.table import AwsType, Call, State, call


def database_interfaces(identifier: str) -> str:
    """How RDS describes the interface of an instance."""
    return f"RDSNetworkInterface {identifier}"


def _place_instance(account: Account, id_: str, inputs: State) -> None:
    clusters = account.call("rds", "describe_db_clusters", DBClusterIdentifier=inputs["clusterIdentifier"])
    [cluster] = clusters["DBClusters"]
    groups = account.call("rds", "describe_db_subnet_groups", DBSubnetGroupName=cluster["DBSubnetGroup"])
    subnets = [subnet["SubnetIdentifier"] for subnet in groups["DBSubnetGroups"][0]["Subnets"]]
    security_groups = [group["VpcSecurityGroupId"] for group in cluster["VpcSecurityGroups"]]
    account.hold(database_interfaces(id_), subnets[:1], security_groups)


def _place_cache(account: Account, id_: str, inputs: State) -> None:
    group = account.elasticache.things["cache_subnet_group"][inputs["subnetGroupName"]]
    account.hold(f"ElastiCache {id_}", group["SubnetIds"][: inputs["numCacheClusters"]], inputs["securityGroupIds"])


def _parameters(account: Account, id_: str, inputs: State) -> None:
    account.call(
        "rds",
        "modify_db_cluster_parameter_group",
        DBClusterParameterGroupName=id_,
        Parameters=[
            {
                "ParameterName": one["name"],
                "ParameterValue": str(one["value"]),
                "ApplyMethod": one.get("applyMethod", "immediate"),
            }
            for one in inputs.get("parameters", [])
        ],
    )


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


def _of_bucket(what: str, names: Mapping[str, str], delete: str = "", find: str = "") -> AwsType:
    """A part of a bucket that S3 sets as a whole."""
    return AwsType(
        service="s3",
        create=f"put_{what}",
        id=lambda answer, inputs: str(inputs["bucket"]),
        names=names,
        tags="",
        delete=call("s3", delete or f"delete_{what}", Bucket="id"),
        find=call("s3", find or f"get_{what}", Bucket="id"),
        update=f"put_{what}",
        updates=frozenset(names),
    )


def _rds(create: str, key: str, longest: int = 255, **more: Any) -> AwsType:
    kind = create.removeprefix("create_")
    name = more.pop("name", "name")
    delete: Call = more.pop("delete", call("rds", f"delete_{kind}", **{key: "id"}))
    find = call("rds", f"describe_{kind}s", **{key: "id"})
    names = {name: key, **more.pop("names", {})}
    return AwsType(
        service="rds",
        create=create,
        id=lambda answer, inputs: str(inputs[name]),
        names=names,
        name=name,
        longest=longest,
        delete=delete,
        find=find,
        **more,
    )


def _elasticache(kind: str, key: str, name: str, longest: int, **more: Any) -> AwsType:
    return AwsType(
        service="elasticache",
        create=f"create_{kind}",
        id=lambda answer, inputs: str(inputs[name]),
        names={name: key, **more.pop("names", {})},
        name=name,
        longest=longest,
        delete=call("elasticache", f"delete_{kind}", **{key: "id"}),
        find=call("elasticache", f"describe_{kind}s", **{key: "id"}),
        **more,
    )


def _skip_snapshot(operation: str, key: str) -> Call:
    return lambda account, id_, state: account.call("rds", operation, **{key: id_}, SkipFinalSnapshot=True)


TYPES: Mapping[str, AwsType] = {
    "aws:rds/subnetGroup:SubnetGroup": _rds(
        "create_db_subnet_group",
        "DBSubnetGroupName",
        names={"description": "DBSubnetGroupDescription"},
        updates=frozenset({"subnetIds", "description"}),
    ),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": _rds(
        "create_db_cluster_parameter_group",
        "DBClusterParameterGroupName",
        names={"family": "DBParameterGroupFamily"},
        elsewhere=frozenset({"parameters"}),
        updates=frozenset({"parameters"}),
        settings=_parameters,
    ),
    "aws:rds/cluster:Cluster": _rds(
        "create_db_cluster",
        "DBClusterIdentifier",
        63,
        name="clusterIdentifier",
        names={"masterPassword": "MasterUserPassword"},
        elsewhere=frozenset({"applyImmediately", "skipFinalSnapshot", "deleteAutomatedBackups"}),
        delete=_skip_snapshot("delete_db_cluster", "DBClusterIdentifier"),
        outputs=lambda account, id_, inputs, answer: {
            "endpoint": answer["DBCluster"]["Endpoint"],
            "arn": answer["DBCluster"]["DBClusterArn"],
        },
        update="modify_db_cluster",
        updates=frozenset(
            {"serverlessv2ScalingConfiguration", "masterPassword", "backupRetentionPeriod", "deletionProtection"}
            | {"vpcSecurityGroupIds", "engineVersion", "dbClusterParameterGroupName"}
            | {"applyImmediately", "skipFinalSnapshot", "deleteAutomatedBackups"}
        ),
    ),
    "aws:rds/clusterInstance:ClusterInstance": _rds(
        "create_db_instance",
        "DBInstanceIdentifier",
        63,
        name="identifier",
        names={"clusterIdentifier": "DBClusterIdentifier", "instanceClass": "DBInstanceClass"},
        elsewhere=frozenset({"applyImmediately"}),
        delete=_skip_snapshot("delete_db_instance", "DBInstanceIdentifier"),
        after_create=_place_instance,
        after_delete=lambda account, id_, state: account.release(database_interfaces(id_)),
        update="modify_db_instance",
        updates=frozenset({"instanceClass", "engineVersion", "applyImmediately", "autoMinorVersionUpgrade"}),
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": _elasticache(
        "cache_subnet_group",
        "CacheSubnetGroupName",
        "name",
        255,
        names={"description": "CacheSubnetGroupDescription"},
        updates=frozenset({"subnetIds", "description"}),
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": _elasticache(
        "cache_parameter_group",
        "CacheParameterGroupName",
        "name",
        255,
        names={"family": "CacheParameterGroupFamily"},
        elsewhere=frozenset({"parameters"}),
        settings=lambda account, id_, inputs: account.call(
            "elasticache",
            "modify_cache_parameter_group",
            CacheParameterGroupName=id_,
            ParameterNameValues=[
                {"ParameterName": one["name"], "ParameterValue": str(one["value"])}
                for one in inputs.get("parameters", [])
            ],
        ),
        updates=frozenset({"parameters"}),
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": _elasticache(
        "replication_group",
        "ReplicationGroupId",
        "replicationGroupId",
        40,
        names={
            "description": "ReplicationGroupDescription",
            "multiAzEnabled": "MultiAZEnabled",
            "nodeType": "CacheNodeType",
            "parameterGroupName": "CacheParameterGroupName",
            "subnetGroupName": "CacheSubnetGroupName",
        },
        elsewhere=frozenset({"applyImmediately"}),
        after_create=_place_cache,
        after_delete=lambda account, id_, state: account.release(f"ElastiCache {id_}"),
        outputs=lambda account, id_, inputs, answer: {
            "primaryEndpointAddress": answer["replication_group"]["endpoint"]
        },
        updates=frozenset(
            {"numCacheClusters", "automaticFailoverEnabled", "multiAzEnabled", "nodeType", "authToken"}
            | {"description", "parameterGroupName", "securityGroupIds", "snapshotRetentionLimit", "engineVersion"}
        ),
    ),
    "aws:s3/bucket:Bucket": AwsType(
        service="s3",
        create="create_bucket",
        id=lambda answer, inputs: str(inputs["bucket"]),
        prepare=_bucket_place,
        name="bucket",
        longest=63,
        tags="",
        delete=call("s3", "delete_bucket", Bucket="id"),
        find=call("s3", "get_bucket_location", Bucket="id"),
        before_delete=_empty_bucket,
        settings=_bucket_tags,
        outputs=lambda account, id_, inputs, answer: {"arn": f"arn:aws:s3:::{id_}"},
        updates=frozenset({"forceDestroy"}),
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
        "bucket_lifecycle_configuration", {"rules": "LifecycleConfiguration.Rules"}, delete="delete_bucket_lifecycle"
    ),
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": _of_bucket(
        "bucket_cors", {"corsRules": "CORSConfiguration.CORSRules"}
    ),
}
