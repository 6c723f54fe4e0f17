"""A small program with one of everything that the plan has to understand."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as kubernetes
import pulumi_random as random


class Part(pulumi.ComponentResource):
    """A component of ours, without attributes."""

    def __init__(self, kind: str, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"genai:sample:{kind}", name, None, opts)
        self.child = pulumi.ResourceOptions(parent=self)


def program() -> None:
    """VPC, NAT, EKS, Aurora, cache and load balancer, and in the cluster a StatefulSet and a Release."""
    network = Part("Network", "network")
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=network.child)
    subnets = [
        aws.ec2.Subnet(f"subnet-{index}", vpc_id=vpc.id, cidr_block=f"10.0.{index}.0/24", opts=network.child)
        for index in range(2)
    ]
    address = aws.ec2.Eip("address", domain="vpc", opts=network.child)
    aws.ec2.NatGateway("nat", allocation_id=address.id, subnet_id=subnets[0].id, opts=network.child)
    aws.lb.LoadBalancer("entry", subnets=[subnet.id for subnet in subnets], internal=False, opts=network.child)

    part = Part("Platform", "platform")
    cluster = eks.Cluster(
        "cluster",
        version="1.35",
        vpc_id=vpc.id,
        private_subnet_ids=[subnet.id for subnet in subnets],
        opts=part.child,
    )
    provider = kubernetes.Provider("provider", kubeconfig=cluster.kubeconfig_json, opts=part.child)

    stores = Part("Stores", "stores")
    generated = random.RandomPassword("password", length=20, opts=stores.child)
    password: pulumi.Output[str] = pulumi.Output.secret(generated.result)
    database = aws.rds.Cluster(
        "database",
        engine=aws.rds.EngineType.AURORA_POSTGRESQL,
        engine_version="17.7",
        master_password=password,
        serverlessv2_scaling_configuration=aws.rds.ClusterServerlessv2ScalingConfigurationArgs(
            min_capacity=0.5, max_capacity=2
        ),
        opts=stores.child,
    )
    instance = aws.rds.ClusterInstance(
        "database-0",
        cluster_identifier=database.id,
        instance_class="db.serverless",
        engine=aws.rds.EngineType.AURORA_POSTGRESQL,
        opts=stores.child,
    )
    aws.elasticache.ReplicationGroup(
        "cache",
        description="cache",
        engine="valkey",
        engine_version="8.0",
        node_type="cache.t4g.small",
        num_cache_clusters=2,
        opts=stores.child,
    )
    aws.s3.Bucket("bucket", force_destroy=True, opts=stores.child)

    in_cluster = Part("Workloads", "workloads", pulumi.ResourceOptions(provider=provider))
    namespace = kubernetes.core.v1.Namespace("namespace", metadata={"name": "sample"}, opts=in_cluster.child)
    kubernetes.core.v1.Secret(
        "secret",
        string_data={"password": password},
        opts=pulumi.ResourceOptions(parent=in_cluster, depends_on=[namespace]),
    )
    container = {
        "name": "store",
        "image": "example/store:1.2.3",
        "resources": {"requests": {"cpu": "500m", "memory": "4Gi"}},
    }
    spec: Any = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "store"}},
        "serviceName": "store",
        "template": {"metadata": {"labels": {"app": "store"}}, "spec": {"containers": [container]}},
        "volumeClaimTemplates": [
            {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "20Gi"}}}}
        ],
    }
    store = kubernetes.apps.v1.StatefulSet(
        "store",
        spec=spec,
        opts=pulumi.ResourceOptions(parent=in_cluster, depends_on=[namespace]),
    )
    kubernetes.helm.v3.Release(
        "litellm",
        name="litellm",
        chart="oci://ghcr.io/berriai/litellm/chart/litellm",
        version="1.0.0",
        values={
            "gateway": {"replicaCount": 2, "resources": {"requests": {"cpu": "500m", "memory": "2Gi"}}},
            "database": {"host": database.endpoint},
        },
        opts=pulumi.ResourceOptions(parent=in_cluster, depends_on=[store, instance]),
    )
