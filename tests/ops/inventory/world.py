"""The rehearsal's AWS account as the inventory sees it: every API call of the process is answered here."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from urllib.request import Request, urlopen

import botocore.client
from botocore import xform_name
from botocore.exceptions import ClientError

os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # half a thousand images with a snapshot each
from ops.clouds.aws import Aws
from ops.inventory.scan import AwsStackInventory
from ops.stack.identity import StackIdentity
from rehearsal.aws import deletion_rules
from rehearsal.aws.account import Account
from rehearsal.aws.agentcore_model import AgentCore
from rehearsal.aws.elasticache import ElastiCache

REGION, OTHER_REGION = "us-east-1", "eu-west-1"
DOMAIN = "genai.example.com"
IDENTITY = StackIdentity(owner="genaiplatform", id="abc1234", home=REGION)
OURS = {
    "Project": "genaiplatform",
    "Environment": "dev",
    "Owner": "genaiplatform",
    "ManagedBy": "pulumi",
    "StackId": IDENTITY.id,
}
NEIGHBOUR = {**OURS, "StackId": "b0bb0bb"}
"""Somebody else's stack of the same name, whose day runs."""
STRANGERS: Sequence[dict[str, str]] = ({**OURS, "Environment": "dev-2"}, {}, NEIGHBOUR)
"""Tags of what is not ours, whatever its name."""
STACKS_WITHOUT_LEFTOVERS = ("de", "dev-2-abc1234", ".*")
CLUSTER, DEAD_CLUSTER, STRANGE_CLUSTER = "genai-dev-abc1234", "genai-dev-0ld5678", "genai-dev-backend"
NEIGHBOURS_CLUSTER = "genai-dev-b0bb0bb"

POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
Call = Callable[[Any, str, dict[str, Any]], Any]
"""Stands for `botocore.client.BaseClient._make_api_call`: client, operation and parameters in, the answer out."""
real_call: Call = vars(botocore.client.BaseClient)["_make_api_call"]


def error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "says the test"}}, operation)


@contextmanager
def answering(call: Call) -> Iterator[None]:
    """Every API call of this process goes there."""
    with mock.patch.object(botocore.client.BaseClient, "_make_api_call", lambda *arguments: call(*arguments)):
        yield


def pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@dataclass
class World:
    """The account. What the rehearsal needs not, and so lacks, is kept here: see `call`."""

    account: Account
    ours: dict[str, set[str]] = field(default_factory=dict)
    """Ids by kind of what `leftovers` must find in `REGION` or in no region."""
    earlier: dict[str, set[str]] = field(default_factory=dict)
    """Ids by kind of what a cluster left that is not there any more: ours or somebody else's."""
    go_along: set[tuple[str, str]] = field(default_factory=set)
    """What a removal of ours takes with it: kind and id."""
    backups: list[dict[str, Any]] = field(default_factory=list)
    caches: dict[str, ElastiCache] = field(default_factory=dict)
    """By region."""
    agentcores: dict[str, AgentCore] = field(default_factory=dict)
    """By region."""
    refused: list[str] = field(default_factory=list)
    profile_tags: dict[str, dict[str, str]] = field(default_factory=dict)
    clouds: dict[str, Aws] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(0x1A2B3C4))

    def client(self, service: str, region: str = REGION) -> Any:
        return self.aws(region).client(service)

    def aws(self, region: str = REGION) -> Aws:
        if region not in self.clouds:
            self.clouds[region] = Aws(region)
        return self.clouds[region]

    def auto_name(self, logical: str) -> str:
        """As Pulumi names things."""
        return f"{logical}-{next(self.numbers):07x}"

    def keep(self, kind: str, identifier: str) -> str:
        self.ours.setdefault(kind, set()).add(identifier)
        return identifier

    def day(self, stack: str = "dev", region: str = REGION, identity: StackIdentity | None = None) -> AwsStackInventory:
        known = IDENTITY if stack == "dev" else StackIdentity()
        known = known if identity is None else identity
        return AwsStackInventory(self.aws(region), stack, DOMAIN, known, agentcore=True)

    def call(self, client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        """Answers itself what moto lacks, refuses what AWS would refuse and moto does not; the rest is moto's."""
        if code := self._refusal(operation, parameters):
            self.refused.append(operation)
            raise error(code, operation)
        here = client.meta.region_name == REGION
        match client.meta.service_model.service_name, operation:
            case "acm", "ListCertificates" if "keyTypes" not in parameters.get("Includes", {}):
                answer = real_call(client, operation, parameters)
                listed = answer["CertificateSummaryList"]
                return {
                    **answer,
                    "CertificateSummaryList": [found for found in listed if found["KeyAlgorithm"] == "RSA_2048"],
                }
            case "ec2", "DescribeSnapshots" if parameters.get("OwnerIds") != ["self"]:
                raise error("RequestLimitExceeded", operation)  # there are a million public ones
            case "iam", "ListInstanceProfileTags":
                return {"Tags": pairs(self.profile_tags.get(parameters["InstanceProfileName"], {}))}
            case "rds", "DescribeDBClusterAutomatedBackups":
                return {"DBClusterAutomatedBackups": list(self.backups) if here else []}
            case "rds", "DeleteDBClusterAutomatedBackup":
                gone = parameters["DbClusterResourceId"]
                self.backups = [backup for backup in self.backups if backup["DbClusterResourceId"] != gone]
                return {}
            case "elasticache", _:
                return self._elasticache(client, operation, parameters)
            case "bedrock-agentcore-control", _:
                region = client.meta.region_name
                shape = client.meta.service_model.operation_model(operation).input_shape
                model = self.agentcores.setdefault(region, AgentCore(region))
                return model.call(xform_name(operation), shape, parameters)
            case "ec2", "DeleteNatGateway":  # moto leaves its interface behind
                gateway = self.account.moto("ec2").nat_gateways[parameters["NatGatewayId"]]
                for address in gateway.address_set:
                    self.account.moto("ec2").delete_network_interface(address["networkInterfaceId"])
        return real_call(client, operation, parameters)

    def _refusal(self, operation: str, parameters: dict[str, Any]) -> str:
        """The error code with which AWS would refuse a deletion as the account is; empty when it would not."""
        if operation in ALSO_REFUSED and ALSO_REFUSED[operation](self, parameters):
            return "DependencyViolation"
        if operation not in DELETIONS:
            return ""
        state = {name[0].lower() + name[1:]: value for name, value in parameters.items()}
        said = deletion_rules.refusal(self.account, DELETIONS[operation], next(iter(parameters.values())), state)
        return (said or "").partition(":")[0]

    def _elasticache(self, client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        """The answer of the rehearsal's ElastiCache in the form of AWS."""
        region = client.meta.region_name
        shape = client.meta.service_model.operation_model(operation).input_shape
        answer = self.caches.setdefault(region, ElastiCache(region)).call(xform_name(operation), shape, parameters)
        return {key.title().replace("_", ""): found for key, found in answer.items()}

    def interfaces(self, name: str, value: str) -> list[Any]:
        """Network interfaces by one of the filters of EC2."""
        filters = [{"Name": name, "Values": [value]}]
        return list(self.client("ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"])


DELETIONS: Mapping[str, str] = {
    "DeleteCacheParameterGroup": "aws:elasticache/parameterGroup:ParameterGroup",
    "DeleteCacheSubnetGroup": "aws:elasticache/subnetGroup:SubnetGroup",
    "DeleteCertificate": "aws:acm/certificate:Certificate",
    "DeleteDBCluster": "aws:rds/cluster:Cluster",
    "DeleteDBClusterParameterGroup": "aws:rds/clusterParameterGroup:ClusterParameterGroup",
    "DeleteDBSubnetGroup": "aws:rds/subnetGroup:SubnetGroup",
    "DeleteSecurityGroup": "aws:ec2/securityGroup:SecurityGroup",
    "DeleteSubnet": "aws:ec2/subnet:Subnet",
    "DeleteVpc": "aws:ec2/vpc:Vpc",
    "DetachInternetGateway": "aws:ec2/internetGateway:InternetGateway",
    "ReleaseAddress": "aws:ec2/eip:Eip",
}
"""Operations that the rehearsal has rules for, with the type; their first parameter names the resource."""


def _runs(world: World, _: dict[str, Any]) -> bool:
    return CLUSTER in world.client("eks").list_clusters()["clusters"]


ALSO_REFUSED: Mapping[str, Callable[[World, dict[str, Any]], bool]] = {
    "DeleteVolume": _runs,
    "DetachInternetGateway": lambda world, parameters: any(
        balancer["VpcId"] == parameters["VpcId"]
        for balancer in world.client("elbv2").describe_load_balancers()["LoadBalancers"]
    ),
    "TerminateInstances": _runs,
}
"""Nodes and volumes of a running cluster come back; here load balancers have no interfaces, as they have in AWS."""


@contextmanager
def account() -> Iterator[World]:
    """An empty account."""
    credentials = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    simulated = Account(REGION)
    world = World(account=simulated, caches={REGION: simulated.elasticache})
    try:
        with mock.patch.dict(os.environ, credentials | {"AWS_ENDPOINT_URL": simulated.url}), answering(world.call):
            yield world
    finally:
        urlopen(Request(f"{simulated.url}/moto-api/reset", method="POST")).close()
        simulated.stop()
