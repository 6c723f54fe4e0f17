"""Orphans of stack `dev`, one of each kind, and beside each what only looks like one."""

from __future__ import annotations

import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.ops.inventory.world import (
    CLUSTER,
    DEAD_CLUSTER,
    DOMAIN,
    NEIGHBOUR,
    NEIGHBOURS_CLUSTER,
    OURS,
    POLICY,
    REGION,
    STRANGE_CLUSTER,
    STRANGERS,
    World,
    pairs,
)


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
    first, second = (
        ec2.create_security_group(
            GroupName=world.auto_name("g"), Description="d", VpcId=vpc, **tagged("security-group")
        )["GroupId"]
        for _ in range(2)
    )
    for group, referred in ((first, second), (second, first)):
        rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": referred}]}
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
        "security group": first,
        "security group 2": second,
        "network interface": ec2.create_network_interface(
            SubnetId=subnet, Groups=[first], **tagged("network-interface")
        )["NetworkInterface"]["NetworkInterfaceId"],
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


def _secrets_and_keys(world: World, tags: dict[str, str], region: str) -> dict[str, str]:
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
            **_secrets_and_keys(world, tags, region),
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
