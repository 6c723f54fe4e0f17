"""Simulated RDS and ElastiCache: rows of the table of AWS types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.aws.table import AwsType, Call, Outputs, State, call, finder, with_more


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
    account.release(f"ElastiCache {id_}")
    group = account.elasticache.resources["cache_subnet_group"][inputs["subnetGroupName"]]
    account.hold(f"ElastiCache {id_}", group["SubnetIds"][: inputs["numCacheClusters"]], inputs["securityGroupIds"])


_SUBNET_GROUP_NAMES = {"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"}
_INSTANCE_NAMES = {"clusterIdentifier": "DBClusterIdentifier", "instanceClass": "DBInstanceClass"}
_CACHE_NAMES = {
    "replicationGroupId": "ReplicationGroupId",
    "description": "ReplicationGroupDescription",
    "multiAzEnabled": "MultiAZEnabled",
    "nodeType": "CacheNodeType",
    "parameterGroupName": "CacheParameterGroupName",
    "subnetGroupName": "CacheSubnetGroupName",
}


def _change_cache(account: Account, id_: str, inputs: State) -> None:
    """More nodes before anything else, fewer at last (Terraform AWS provider, replication_group.go)."""
    [old] = account.call("elasticache", "describe_replication_groups", ReplicationGroupId=id_)["replication_groups"]
    more = inputs["numCacheClusters"] - old["NumCacheClusters"]

    def replicas(operation: str) -> None:
        count = inputs["numCacheClusters"] - 1  # beside the primary
        account.call("elasticache", operation, ReplicationGroupId=id_, NewReplicaCount=count, ApplyImmediately=True)

    if more > 0:
        replicas("increase_replica_count")
    account.change("elasticache", "modify_replication_group", inputs, _CACHE_NAMES)
    if more < 0:
        replicas("decrease_replica_count")


def _change_subnets(account: Account, id_: str, inputs: State) -> None:
    groups = account.moto("rds").subnet_groups
    group = groups[id_]
    account.change("rds", "modify_db_subnet_group", inputs, _SUBNET_GROUP_NAMES)
    groups[id_] = group  # moto changes it and forgets it


def _change_instance(account: Account, id_: str, inputs: State) -> None:
    """All but the version, which is the cluster's to change."""
    changed = {key: inputs.get(key) for key in ("instanceClass", "autoMinorVersionUpgrade", "applyImmediately")}
    account.change("rds", "modify_db_instance", changed, _INSTANCE_NAMES, DBInstanceIdentifier=id_)


def _listed(parameters: Any) -> list[dict[str, Any]]:
    return [{"name": parameter["ParameterName"], "value": parameter["ParameterValue"]} for parameter in parameters]


def _parameters(account: Account, id_: str, inputs: State) -> None:
    account.call(
        "rds",
        "modify_db_cluster_parameter_group",
        DBClusterParameterGroupName=id_,
        Parameters=[
            {
                "ParameterName": parameter["name"],
                "ParameterValue": str(parameter["value"]),
                "ApplyMethod": parameter.get("applyMethod", "immediate"),
            }
            for parameter in inputs.get("parameters", [])
        ],
    )


def _rds(create: str, key: str, longest: int = 255, **more: Any) -> AwsType:
    kind = create.removeprefix("create_")
    name = more.pop("name", "name")
    delete: Call = more.pop("delete", call("rds", f"delete_{kind}", **{key: "id"}))
    what = key.removesuffix("Name").removesuffix("Identifier")
    find = finder("rds", f"describe_{kind}s", f"{what}s", **{key: "id"})
    outputs: Outputs = more.pop("outputs", lambda account, id_, inputs, found: {"arn": found[f"{what}Arn"]})
    names = {name: key, **more.pop("names", {})}
    return AwsType(
        service="rds",
        create=create,
        id=lambda answer, inputs: str(inputs[name]),
        names=names,
        name=name,
        longest=longest,
        delete=delete,
        find=with_more(find, "Parameters", more.pop("parameters")) if "parameters" in more else find,
        outputs=outputs,
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
        find=finder("elasticache", f"describe_{kind}s", f"{kind}s", **{key: "id"}),
        **more,
    )


def _skip_snapshot(operation: str, key: str) -> Call:
    return lambda account, id_, state: account.call("rds", operation, **{key: id_}, SkipFinalSnapshot=True)


TYPES: Mapping[str, AwsType] = {
    "aws:rds/subnetGroup:SubnetGroup": _rds(
        "create_db_subnet_group",
        "DBSubnetGroupName",
        names=_SUBNET_GROUP_NAMES,
        update=_change_subnets,
        updates=frozenset({"subnetIds", "description"}),
        reads={"subnetIds": "Subnets.*.SubnetIdentifier"},
    ),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": _rds(
        "create_db_cluster_parameter_group",
        "DBClusterParameterGroupName",
        names={"family": "DBParameterGroupFamily"},
        elsewhere=frozenset({"parameters"}),
        updates=frozenset({"parameters"}),
        settings=_parameters,
        parameters=call("rds", "describe_db_cluster_parameters", DBClusterParameterGroupName="id"),
        reads={"parameters": lambda found: _listed(found["Parameters"])},
    ),
    "aws:rds/cluster:Cluster": _rds(
        "create_db_cluster",
        "DBClusterIdentifier",
        63,
        name="clusterIdentifier",
        names={"masterPassword": "MasterUserPassword"},
        elsewhere=frozenset({"applyImmediately", "skipFinalSnapshot", "deleteAutomatedBackups"}),
        delete=_skip_snapshot("delete_db_cluster", "DBClusterIdentifier"),
        outputs=lambda account, id_, inputs, found: {"endpoint": found["Endpoint"], "arn": found["DBClusterArn"]},
        update="modify_db_cluster",
        updates=frozenset(
            {"serverlessv2ScalingConfiguration", "masterPassword", "backupRetentionPeriod", "deletionProtection"}
            | {"vpcSecurityGroupIds", "engineVersion", "dbClusterParameterGroupName"}
            | {"applyImmediately", "skipFinalSnapshot", "deleteAutomatedBackups"}
        ),
        reads={
            "masterPassword": "",
            "vpcSecurityGroupIds": "VpcSecurityGroups.*.VpcSecurityGroupId",
            "dbClusterParameterGroupName": "DBClusterParameterGroup",
        },
    ),
    "aws:rds/clusterInstance:ClusterInstance": _rds(
        "create_db_instance",
        "DBInstanceIdentifier",
        63,
        name="identifier",
        names=_INSTANCE_NAMES,
        elsewhere=frozenset({"applyImmediately"}),
        delete=_skip_snapshot("delete_db_instance", "DBInstanceIdentifier"),
        after_create=_place_instance,
        after_delete=lambda account, id_, state: account.release(database_interfaces(id_)),
        update=_change_instance,
        updates=frozenset({"instanceClass", "engineVersion", "applyImmediately", "autoMinorVersionUpgrade"}),
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": _elasticache(
        "cache_subnet_group",
        "CacheSubnetGroupName",
        "name",
        255,
        names={"description": "CacheSubnetGroupDescription"},
        update="modify_cache_subnet_group",
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
                {"ParameterName": parameter["name"], "ParameterValue": str(parameter["value"])}
                for parameter in inputs.get("parameters", [])
            ],
        ),
        updates=frozenset({"parameters"}),
        reads={"parameters": lambda found: _listed(found.get("ParameterNameValues", []))},
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": _elasticache(
        "replication_group",
        "ReplicationGroupId",
        "replicationGroupId",
        40,
        names=_CACHE_NAMES,
        elsewhere=frozenset({"applyImmediately"}),
        settings=_place_cache,
        after_delete=lambda account, id_, state: account.release(f"ElastiCache {id_}"),
        outputs=lambda account, id_, inputs, found: {"primaryEndpointAddress": found["endpoint"]},
        update=_change_cache,
        updates=frozenset(
            {"numCacheClusters", "automaticFailoverEnabled", "multiAzEnabled", "nodeType", "authToken"}
            | {"description", "parameterGroupName", "securityGroupIds", "snapshotRetentionLimit", "engineVersion"}
        ),
        reads={"authToken": ""},
    ),
}
