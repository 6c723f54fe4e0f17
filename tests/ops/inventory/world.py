"""The rehearsal's AWS account with, of each kind, one orphan of stack `dev`, and beside it what only looks like one."""

from __future__ import annotations

import datetime
import itertools
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from urllib.request import Request, urlopen

import botocore.client
from botocore import xform_name
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

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
                    "CertificateSummaryList": [one for one in listed if one["KeyAlgorithm"] == "RSA_2048"],
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
    "DetachInternetGateway": lambda world, p: any(
        one["VpcId"] == p["VpcId"] for one in world.client("elbv2").describe_load_balancers()["LoadBalancers"]
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


def _ec2(world: World, tags: dict[str, str], region: str) -> dict[str, str]:
    """One of everything that lives in a VPC or beside one; ids by kind."""
    ec2 = world.client("ec2", region)

    def tagged(kind: str) -> dict[str, Any]:
        return {"TagSpecifications": [{"ResourceType": kind, "Tags": pairs(tags)}]} if tags else {}

    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", **tagged("vpc"))["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/20", **tagged("subnet"))["Subnet"]["SubnetId"]
    other_vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]  # moto leaves the interface of an instance
    nodes = ec2.create_subnet(VpcId=other_vpc, CidrBlock="10.1.0.0/20")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway(**tagged("internet-gateway"))["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc, **tagged("route-table"))["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    address = ec2.allocate_address(Domain="vpc", **tagged("elastic-ip"))["AllocationId"]
    nat = ec2.create_nat_gateway(AllocationId=address, SubnetId=subnet, **tagged("natgateway"))["NatGateway"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName=f"com.amazonaws.{region}.s3",
        VpcEndpointType="Gateway",
        RouteTableIds=[table],
        **tagged("vpc-endpoint"),
    )["VpcEndpoint"]["VpcEndpointId"]
    one, two = (
        ec2.create_security_group(
            GroupName=world.auto_name("g"), Description="d", VpcId=vpc, **tagged("security-group")
        )["GroupId"]
        for _ in range(2)
    )
    for group, other in ((one, two), (two, one)):
        rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": other}]}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    template = ec2.create_launch_template(
        LaunchTemplateName=world.auto_name("t"), LaunchTemplateData={"ImageId": "ami-1"}, **tagged("launch-template")
    )["LaunchTemplate"]["LaunchTemplateId"]
    volume = ec2.create_volume(AvailabilityZone=f"{region}a", Size=20, VolumeType="gp3", **tagged("volume"))["VolumeId"]
    return {
        "VPC": vpc,
        "subnet": subnet,
        "internet gateway": gateway,
        "route table": table,
        "Elastic IP": address,
        "NAT gateway": nat["NatGatewayId"],
        "VPC endpoint": endpoint,
        "security group": one,
        "security group 2": two,
        "network interface": ec2.create_network_interface(SubnetId=subnet, Groups=[one], **tagged("network-interface"))[
            "NetworkInterface"
        ]["NetworkInterfaceId"],
        "EC2 instance": ec2.run_instances(
            ImageId="ami-1", InstanceType="m5a.large", MinCount=1, MaxCount=1, SubnetId=nodes, **tagged("instance")
        )["Instances"][0]["InstanceId"],
        "launch template": template,
        "EBS volume": volume,
        "EBS snapshot": ec2.create_snapshot(VolumeId=volume, **tagged("snapshot"))["SnapshotId"],
    }


def _stores(world: World, tags: dict[str, str], subnets: list[str], region: str) -> dict[str, str]:
    """One of everything in RDS and ElastiCache."""
    rds, cache = world.client("rds", region), world.client("elasticache", region)
    names = {
        kind: world.auto_name(kind) for kind in ("cluster", "instance", "snapshot", "subnets", "parameters", "cache")
    }
    its_tags = {"Tags": pairs(tags)}
    rds.create_db_subnet_group(
        DBSubnetGroupName=names["subnets"], DBSubnetGroupDescription="d", SubnetIds=subnets, **its_tags
    )
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName=names["parameters"],
        DBParameterGroupFamily="aurora-postgresql17",
        Description="d",
        **its_tags,
    )
    rds.create_db_cluster(
        DBClusterIdentifier=names["cluster"],
        Engine="aurora-postgresql",
        EngineVersion="17.7",
        MasterUsername="postgres",
        MasterUserPassword="p" * 16,
        DBSubnetGroupName=names["subnets"],
        ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 2},
        **its_tags,
    )
    rds.create_db_instance(
        DBInstanceIdentifier=names["instance"],
        DBClusterIdentifier=names["cluster"],
        Engine="aurora-postgresql",
        DBInstanceClass="db.serverless",
        **its_tags,
    )
    rds.create_db_cluster_snapshot(
        DBClusterSnapshotIdentifier=names["snapshot"], DBClusterIdentifier=names["cluster"], **its_tags
    )
    cache.create_cache_parameter_group(
        CacheParameterGroupName=names["parameters"], CacheParameterGroupFamily="valkey8", Description="d", **its_tags
    )
    cache.create_cache_subnet_group(
        CacheSubnetGroupName=names["subnets"], CacheSubnetGroupDescription="d", SubnetIds=subnets, **its_tags
    )
    cache.create_replication_group(
        ReplicationGroupId=names["cache"],
        ReplicationGroupDescription="d",
        Engine="valkey",
        CacheNodeType="cache.t4g.small",
        NumCacheClusters=1,
        CacheSubnetGroupName=names["subnets"],
        **its_tags,
    )
    cache.create_snapshot(SnapshotName=names["snapshot"], ReplicationGroupId=names["cache"], **its_tags)
    backup = world.auto_name("cluster-backup")
    if region == REGION:
        status = {"Status": "retained", "TagList": pairs(tags)}
        world.backups.append({"DbClusterResourceId": backup, "DBClusterIdentifier": names["cluster"], **status})
    return {
        "Aurora cluster": names["cluster"],
        "Aurora instance": names["instance"],
        "Aurora snapshot": names["snapshot"],
        "Aurora automated backup": backup,
        "RDS subnet group": names["subnets"],
        "RDS parameter group": names["parameters"],
        "ElastiCache replication group": names["cache"],
        "ElastiCache snapshot": names["snapshot"],
        "ElastiCache subnet group": names["subnets"],
        "ElastiCache parameter group": names["parameters"],
    }


def _entry(world: World, tags: dict[str, str], subnet: str, vpc: str, region: str) -> dict[str, str]:
    elb, acm = world.client("elbv2", region), world.client("acm", region)
    its_tags = {"Tags": pairs(tags)} if tags else {}
    balancer = elb.create_load_balancer(
        Name=world.auto_name("entry"), Subnets=[subnet], Scheme="internet-facing", **its_tags
    )["LoadBalancers"][0]
    group = elb.create_target_group(Name=world.auto_name("tg"), Protocol="HTTP", Port=80, VpcId=vpc, **its_tags)
    forward = [{"Type": "forward", "TargetGroupArn": group["TargetGroups"][0]["TargetGroupArn"]}]
    elb.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=forward)
    return {
        "load balancer": balancer["LoadBalancerArn"],
        "target group": group["TargetGroups"][0]["TargetGroupArn"],
        "certificate": acm.request_certificate(
            DomainName=f"litellm.{DOMAIN}" if tags == OURS else "shop.example.com", **its_tags
        )["CertificateArn"],
    }


def _apim_entry_certificate(world: World, region: str) -> str:
    """A self-signed one with the key of `components.aws.apim_entry`, which ACM lists only when asked for."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "apim-entry.genaiplatform")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), 1, now, now + datetime.timedelta(days=30))
        .sign(private, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    acm = world.client("acm", region)
    return str(acm.import_certificate(Certificate=certificate, PrivateKey=pem, Tags=pairs(OURS))["CertificateArn"])


def _without_region(world: World, tags: dict[str, str]) -> dict[str, str]:
    iam, s3 = world.client("iam"), world.client("s3")
    role, profile, bucket = (
        world.auto_name("cluster-nodeRole-role"),
        world.auto_name("profile"),
        world.auto_name("langfuse"),
    )
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=POLICY, Tags=pairs(tags))
    iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=POLICY)
    iam.create_instance_profile(InstanceProfileName=profile)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    provider = iam.create_open_id_connect_provider(Url=f"https://oidc.example.com/{role}", Tags=pairs(tags))
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="events/1", Body=b"{}")
    if tags:
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": pairs(tags)})
    return {
        "IAM role": role,
        "instance profile": profile,
        "OIDC provider": provider["OpenIDConnectProviderArn"],
        "S3 bucket": bucket,
    }


def _others(world: World, tags: dict[str, str], region: str) -> dict[str, str]:
    secrets, kms = world.client("secretsmanager", region), world.client("kms", region)
    kept, dropped = world.auto_name("secret"), world.auto_name("secret")
    for name in (kept, dropped):
        secrets.create_secret(Name=name, SecretString="s", Tags=pairs(tags))
    secrets.delete_secret(SecretId=dropped)
    kms_tags = {"Tags": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}
    key = kms.create_key(**kms_tags)["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=kms.create_key(**kms_tags)["KeyMetadata"]["KeyId"])  # costs nothing any more
    return {"secret": kept, "secret in recovery": dropped, "KMS key": key}


def _agentcore(world: World, tags: dict[str, str], region: str) -> dict[str, str]:
    """A gateway with a target, which must go first, and the provider of its tokens."""
    control = world.client("bedrock-agentcore-control", region)
    name = world.auto_name("genai-drive")
    secret = {"clientId": "c", "clientSecretSource": "MANAGED", "clientSecret": "s"}
    provider = control.create_oauth2_credential_provider(
        name=name,
        credentialProviderVendor="GoogleOauth2",
        oauth2ProviderConfigInput={"googleOauth2ProviderConfig": secret},
        tags=tags,
    )
    gateway = control.create_gateway(
        name=world.auto_name("genai-mcp"),
        roleArn="arn:aws:iam::123456789012:role/r",
        authorizerType="NONE",
        tags=tags,
    )["gatewayId"]
    oauth = {"providerArn": provider["credentialProviderArn"], "scopes": ["s"], "grantType": "CLIENT_CREDENTIALS"}
    credentials = {"credentialProviderType": "OAUTH", "credentialProvider": {"oauthCredentialProvider": oauth}}
    control.create_gateway_target(
        gatewayIdentifier=gateway,
        name="drive",
        targetConfiguration={"mcp": {"openApiSchema": {"inlinePayload": "{}"}}},
        credentialProviderConfigurations=[credentials],
    )
    return {"AgentCore gateway": gateway, "AgentCore OAuth2 credential provider": name}


def _clusters(world: World, region: str) -> None:
    """EKS clusters, and what they leave without tags of ours."""
    eks, ec2, iam, logs = (world.client(service, region) for service in ("eks", "ec2", "iam", "logs"))
    for name, tags in (
        (CLUSTER, OURS),
        (NEIGHBOURS_CLUSTER, NEIGHBOUR),
        (STRANGE_CLUSTER, {"Project": "shop"}),
        ("shop", {}),
    ):
        vpc: dict[str, list[str]] = {"subnetIds": [], "securityGroupIds": []}
        eks.create_cluster(name=name, roleArn="arn:aws:iam::123456789012:role/r", resourcesVpcConfig=vpc, tags=tags)
    world.keep("EKS cluster", CLUSTER)
    for name in (CLUSTER, DEAD_CLUSTER):
        tags = {"eks:eks-cluster-name": name, "kubernetes.io/cluster/" + name: "owned"}
        specification = [{"ResourceType": "volume", "Tags": pairs(tags)}]
        volume = ec2.create_volume(AvailabilityZone=f"{region}a", Size=20, TagSpecifications=specification)
        (world.ours if name == CLUSTER else world.earlier).setdefault("EBS volume", set()).add(volume["VolumeId"])
    for name in (NEIGHBOURS_CLUSTER, STRANGE_CLUSTER, "genai-dev-2-abc1234", "genai-dev-abc12345", "shop"):
        for tags in ({"eks:eks-cluster-name": name}, {f"kubernetes.io/cluster/{name}": "owned"}):
            specification = [{"ResourceType": "volume", "Tags": pairs(tags)}]
            ec2.create_volume(AvailabilityZone=f"{region}a", Size=20, TagSpecifications=specification)
    for tags in (
        {"eks:eks-cluster-name": CLUSTER, "Project": "shop"},
        {"Project": "genaiplatform"},
        {"project": "dev"},
    ):
        specification = [{"ResourceType": "volume", "Tags": pairs(tags)}]
        ec2.create_volume(AvailabilityZone=f"{region}a", Size=20, TagSpecifications=specification)
    for name in (DEAD_CLUSTER, STRANGE_CLUSTER, "genai-dev-abc1234-1234567"):
        iam.create_instance_profile(InstanceProfileName=f"eks-{region}-{name}-1234567890123456789")
        for group in (f"/aws/eks/{name}/cluster", f"/aws/containerinsights/{name}/application"):
            logs.create_log_group(logGroupName=group)
    world.earlier["instance profile"] = {f"eks-{region}-{DEAD_CLUSTER}-1234567890123456789", f"eks-{region}-form"}
    world.earlier["log group"] = {
        f"/aws/eks/{DEAD_CLUSTER}/cluster",
        f"/aws/containerinsights/{DEAD_CLUSTER}/application",
    }
    for name, cluster in ((f"eks-{region}-form", DEAD_CLUSTER), (f"eks-{region}-shop", STRANGE_CLUSTER)):
        iam.create_instance_profile(InstanceProfileName=name)
        world.profile_tags[name] = {"eks:eks-cluster-name": cluster}


def _dns(world: World) -> None:
    """Records that lead to a load balancer of ours and that do not; proofs that only we need and that others do."""
    route53, acm = world.client("route53"), world.client("acm")
    acm.request_certificate(DomainName=f"langfuse.{DOMAIN}", Tags=pairs({"Project": "shop"}))
    zones = {
        name: route53.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
        for name in ("example.com", "shop.com")
    }

    def alias(name: str, to: str) -> dict[str, Any]:
        target = {"HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": to, "EvaluateTargetHealth": False}
        return {"Name": name, "Type": "A", "AliasTarget": target}

    def proof(name: str) -> dict[str, Any]:
        value = {"Value": "_1.acm-validations.aws."}
        return {"Name": name, "Type": "CNAME", "TTL": 60, "ResourceRecords": [value]}

    balancer = "entry-1a2b3c4-1234567890.us-east-1.elb.amazonaws.com"
    for zone, record in (
        ("example.com", alias(f"litellm.{DOMAIN}", balancer)),
        ("example.com", alias(f"langfuse.{DOMAIN}", "shop-1234567890.us-east-1.elb.amazonaws.com")),
        ("example.com", alias(f"shop.{DOMAIN}", balancer)),
        ("example.com", proof(f"_0123.litellm.{DOMAIN}")),
        ("example.com", proof(f"_4567.langfuse.{DOMAIN}")),
        ("shop.com", proof("_0123.litellm.shop.com")),
    ):
        batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
        route53.change_resource_record_sets(HostedZoneId=zones[zone], ChangeBatch=batch)
    world.keep("DNS record", f"litellm.{DOMAIN} A")
    world.keep("DNS record", f"_0123.litellm.{DOMAIN} CNAME")


def fill(world: World, region: str = REGION) -> None:
    """Everything once for us and once for each of the strangers."""
    for tags in (OURS, *STRANGERS):
        network = _ec2(world, tags, region)
        made = {
            **network,
            **_stores(world, tags, [network["subnet"]], region),
            **_entry(world, tags, network["subnet"], network["VPC"], region),
            **_others(world, tags, region),
            **_agentcore(world, tags, region),
            **_without_region(world, tags),
        }
        if tags == OURS:
            for kind, identifier in made.items():
                world.keep(kind.removesuffix(" 2"), identifier)
            ec2, logs = world.client("ec2", region), world.client("logs", region)
            world.keep("certificate", _apim_entry_certificate(world, region))
            # What services make in our VPC without our tags.
            group = ec2.create_security_group(GroupName="k8s-traffic", Description="d", VpcId=network["VPC"])
            world.keep("security group", group["GroupId"])
            ec2.create_network_interface(SubnetId=network["subnet"], Description="Amazon EKS")
            for interface in world.interfaces("vpc-id", network["VPC"]):
                if interface["Status"] == "available":  # as that of the NAT gateway is in moto
                    world.keep("network interface", interface["NetworkInterfaceId"])
            root = ec2.describe_instances(InstanceIds=[network["EC2 instance"]])["Reservations"][0]["Instances"][0]
            for mapping in root["BlockDeviceMappings"]:
                world.go_along.add(("EBS volume", mapping["Ebs"]["VolumeId"]))
            logs.create_log_group(logGroupName=f"/aws/rds/cluster/{made['Aurora cluster']}/postgresql")
            world.keep("log group", f"/aws/rds/cluster/{made['Aurora cluster']}/postgresql")
    world.client("logs", region).create_log_group(logGroupName="/aws/rds/cluster/database-cluster-7654321/postgresql")
    _clusters(world, region)
    _dns(world)


Asked = tuple[str, str, str, str]
"""A call: service, operation, region, parameters as JSON."""
Answers = dict[Asked, Any]
"""What a call answered, or its error."""


def key(client: Any, operation: str, parameters: dict[str, Any]) -> Asked:
    service, region = client.meta.service_model.service_name, client.meta.region_name
    return service, operation, region, json.dumps(parameters, sort_keys=True, default=str)


def _given(answer: Any) -> Any:
    if isinstance(answer, ClientError):
        raise answer
    return answer


def record(world: World, *days: AwsStackInventory) -> Answers:
    """All that a look at the days asks, with the answers."""
    answers: Answers = {}

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        try:
            answer = world.call(client, operation, parameters)
        except ClientError as refusal:
            answer = refusal
        answers[key(client, operation, parameters)] = answer
        return _given(answer)

    with answering(call):
        for day in days:
            day.scan()
    return answers


def replay(answers: Answers, failing: Collection[Asked] = ()) -> Call:
    """Answers what was recorded, without moto, and denies the `failing`."""

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        asked = key(client, operation, parameters)
        if asked in failing:
            raise error("AccessDenied", operation)
        return _given(answers[asked])

    return call


def in_two_pages(answers: Answers) -> Call:
    """As `replay`, but whatever has pages comes in two of them: half of each list, then the rest."""

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        method = xform_name(operation)
        if not client.can_paginate(method):
            return _given(answers[key(client, operation, parameters)])
        pages = client.get_paginator(method)
        token = pages._pagination_cfg["input_token"]
        tokens = [token] if isinstance(token, str) else token
        asked = {name: value for name, value in parameters.items() if name not in tokens}
        second = len(asked) < len(parameters)
        whole = answers[key(client, operation, asked)]
        page = dict(whole)
        for result in pages.result_keys:
            entries = whole.get(result.expression, [])
            half = len(entries) // 2
            page[result.expression] = entries[half:] if second else entries[:half]
        more_results = pages._pagination_cfg.get("more_results")
        if more_results:
            page[more_results] = not second
        for output in pages._output_token:
            name = output.expression.partition("||")[0].strip()
            page[name] = None if second else "2"
        return page

    return call
