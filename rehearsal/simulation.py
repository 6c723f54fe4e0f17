"""The simulated cloud as a whole: started once, it serves any number of engines until it is stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError

from rehearsal.aws.access import close_cluster
from rehearsal.aws.account import Account, forget_the_user
from rehearsal.aws.package import AwsPackage
from rehearsal.azure.package import AzurePackage
from rehearsal.databricks.package import DatabricksPackage
from rehearsal.generated import Generated
from rehearsal.kubernetes.api import ApiServer
from rehearsal.kubernetes.clusters import Clusters
from rehearsal.kubernetes.package import KubernetesPackage
from rehearsal.leftovers import leftovers
from rehearsal.operations import Operations
from rehearsal.package import Package
from rehearsal.provider import serve


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """An AWS account with its clusters, an Azure subscription and its Databricks workspaces.

    `environment` lets an engine live in them.
    """

    account: Account
    clusters: Clusters
    kubernetes: KubernetesPackage
    operations: Operations
    generated: Generated
    azure: AzurePackage
    databricks: DatabricksPackage
    environment: Mapping[str, str]

    def leftovers(self) -> dict[str, list[str]]:
        """What is there and costs or blocks something, by kind."""
        with self.operations.lock:
            for cluster in self.clusters.by_name.values():
                self.clusters.settle(cluster)
            found = {"Azure": self.azure.leftovers(), "Databricks": self.databricks.leftovers()}
            return {**leftovers(self.account), **{cloud: left for cloud, left in found.items() if left}}

    def secrets(self) -> list[str]:
        """Every generated password and private key."""
        return [*self.generated.secrets, *self.azure.secrets, *self.databricks.secrets]

    def leave_orphans(self) -> dict[str, list[str]]:
        """As after a destroy that failed: a volume, a role and a VPC of that range with EKS's group in it remain."""
        call, tags = self.account.call, [{"Key": "Project", "Value": "genaiplatform"}]
        vpc = call("ec2", "create_vpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        name = "eks-cluster-sg-genai-dev-0000000"
        call("ec2", "create_security_group", GroupName=name, Description="EKS created", VpcId=vpc)
        zone = f"{self.account.region}a"
        call("ec2", "create_volume", AvailabilityZone=zone, Size=20)
        call("iam", "create_role", RoleName="litellm-role-0000000", AssumeRolePolicyDocument="{}", Tags=tags)
        return self.leftovers()

    def store_secret(self, name: str) -> None:
        """Somebody has put the secret of an OAuth client into Secrets Manager."""
        self.account.call("secretsmanager", "create_secret", Name=name, SecretString='{"client_secret": "kept-apart"}')

    def fill_buckets(self) -> None:
        """Langfuse and ClickHouse wrote into their buckets; not over HTTP, which the buckets refuse."""
        for bucket in self.account.call("s3", "list_buckets")["Buckets"]:
            self.account.moto("s3").put_object(bucket["Name"], "trace", b"written while the stack is up")

    def lose_clusters(self) -> None:
        """Somebody deletes every cluster behind Pulumi's back; their API servers answer no more."""
        with self.operations.lock:
            for name in list(self.clusters.by_name):
                self.account.call("eks", "delete_cluster", name=name)
                close_cluster(self.account, name, {})
                self.clusters.close(name)


@contextmanager
def running(
    region: str = "us-east-1", hosted_zones: Sequence[str] = (), operations: Operations | None = None
) -> Iterator[Simulation]:
    """Start an empty account in a region, with public hosted zones of these names."""
    operations = operations or Operations()
    forget_the_user()
    try:
        account = Account(region, hosted_zones)
        clusters = Clusters(account, operations)
        api = ApiServer(clusters)

        def opened(name: str, inputs: dict[str, object]) -> str:
            clusters.open(name, inputs)
            return api.endpoint(name)

        kubernetes, generated, azure = KubernetesPackage(clusters), Generated(), AzurePackage()
        databricks = DatabricksPackage(azure)
        aws = AwsPackage(account, opened, clusters.close)
        packages: dict[str, Package] = {
            "aws": aws,
            "eks": aws,
            "kubernetes": kubernetes,
            "random": generated,
            "tls": generated,
            "azure-native": azure,
            "azuread": azure,
            "databricks": databricks,
        }
        providers, servers = serve(packages, operations)
    except (BotoCoreError, RuntimeError) as error:  # what moto's server and gRPC meet without a port
        raise ConnectionError(f"The simulated cloud cannot be had on 127.0.0.1: {error}. Is loopback up?") from error
    environment = {
        "PULUMI_DEBUG_PROVIDERS": providers,
        "AWS_ENDPOINT_URL": account.url,
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_REGION": region,
    }
    try:
        yield Simulation(
            account=account,
            clusters=clusters,
            kubernetes=kubernetes,
            operations=operations,
            generated=generated,
            azure=azure,
            databricks=databricks,
            environment=environment,
        )
    finally:
        for server in servers:
            server.stop(None)
        api.stop()
        account.stop()
