"""The tables hold every type of the program, and refuse what AWS and Kubernetes refuse. No engine needed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pydantic.alias_generators import to_snake

from ops.model.eks_children import CHILDREN
from ops.project import ROOT
from rehearsal import generated
from rehearsal.aws import access, creation_rules, deletion_rules, request, versions
from rehearsal.aws.account import Account
from rehearsal.aws.package import TYPES, AwsPackage
from rehearsal.aws.table import nothing
from rehearsal.eks_component import INPUTS
from rehearsal.faults import FaultError, failing, slower
from rehearsal.generated import Generated
from rehearsal.kubernetes import charts
from rehearsal.kubernetes.kinds import KINDS
from rehearsal.package import RefusedError, Request
from tests import mcp_program
from tests.program import VARIANTS, recorded

RECORDED = [*map(recorded, VARIANTS), mcp_program.recorded()]
PROGRAM = {one.type for recording in RECORDED for one in recording.resources if one.custom and not one.remote}
EKS = {child.type for child in CHILDREN if child.custom}


@pytest.fixture
def account() -> Iterator[Account]:
    started = Account("us-east-1", ["example.com"])
    yield started
    started.stop()


@pytest.fixture
def aws(account: Account) -> AwsPackage:
    return AwsPackage(account, lambda name, inputs: "http://127.0.0.1", lambda name: None)


@pytest.fixture(scope="module")
def refusing() -> Iterator[AwsPackage]:
    """For calls that AWS refuses: one account does for all, nothing is made in it."""
    started = Account("us-east-1")
    yield AwsPackage(started, lambda name, inputs: "http://127.0.0.1", lambda name: None)
    started.stop()


def create(aws: AwsPackage, type_token: str, **inputs: Any) -> str:
    return aws.create(Request(type=type_token, name="it", inputs=inputs))[0]


def test_every_type_of_the_program_is_in_a_table_and_no_other() -> None:
    wanted = {one for one in PROGRAM | EKS if not one.startswith(("pulumi", "azuread"))}
    assert wanted == {*TYPES, *KINDS, *generated.TYPES}


def test_every_child_of_the_eks_component_gets_inputs() -> None:
    needed = {child.suffix for child in CHILDREN if child.custom and not child.policy_arn}
    assert needed == set(INPUTS)


def test_deletion_rules_are_about_types_of_the_program_and_name_their_source() -> None:
    assert set(deletion_rules.RULES) <= set(TYPES)
    assert all(rule.source and rule.error for rules in deletion_rules.RULES.values() for rule in rules)


def test_creation_rules_are_about_types_of_the_program_and_name_their_source() -> None:
    assert set(creation_rules.RULES) <= set(TYPES)
    assert all(rule.source and rule.error for rules in creation_rules.RULES.values() for rule in rules)


VPC, GROUP, BUCKET = "aws:ec2/vpc:Vpc", "aws:ec2/securityGroup:SecurityGroup", "aws:s3/bucket:Bucket"
CERTIFICATE, DATABASE, RECORD = (
    "aws:acm/certificate:Certificate",
    "aws:rds/cluster:Cluster",
    "aws:route53/record:Record",
)
BALANCER, TARGETS = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/targetGroup:TargetGroup"
REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    *(
        ("InvalidVpc.Range", VPC, {"cidrBlock": cidr})
        for cidr in ("127.1.0.0/16", "169.254.0.0/16", "224.0.0.0/16", "0.0.0.0/16", "255.0.0.0/16", "10.0.0.0/15")
    ),
    ("InvalidSubnet.Range", "aws:ec2/subnet:Subnet", {"cidrBlock": "10.0.0.0/29", "vpcId": "vpc-1"}),
    ("InvalidParameterValue", GROUP, {"name": "g", "description": "who may enter?", "vpcId": "vpc-1"}),
    ("InvalidParameterValue", GROUP, {"name": "sg-g", "description": "x", "vpcId": "vpc-1"}),
    ("InvalidDomainValidationOptionsException", CERTIFICATE, {"domainName": f"{'a' * 57}.example"}),
    ("ValidationError", CERTIFICATE, {"domainName": "a.*.example.com"}),
    (
        "ValidationError",
        CERTIFICATE,
        {"domainName": "example.com", "subjectAlternativeNames": [".".join(["a" * 63] * 4)]},
    ),
    (
        "LimitExceededException",
        CERTIFICATE,
        {"domainName": "example.com", "subjectAlternativeNames": [f"{n}.example.com" for n in range(10)]},
    ),
    *(
        ("InvalidParameterValue", DATABASE, {"serverlessv2ScalingConfiguration": {"minCapacity": a, "maxCapacity": b}})
        for a, b in ((0.5, 0.5), (2, 1), (0.7, 2), (1, 256.5), (0.5, 300), (-1, 2))
    ),
    ("InvalidParameterValue", DATABASE, {"serverlessv2ScalingConfiguration": {"maxCapacity": 2}}),
    *(
        ("InvalidParameterValue", DATABASE, {"masterPassword": f"{'x' * 15}{bad}"})
        for bad in ("/", "@", '"', " ", "é", "y" * 90)
    ),
    *(("InvalidParameterValue", DATABASE, {"backupRetentionPeriod": days}) for days in (0, 36)),
    *(("InvalidParameterValue", DATABASE, {"clusterIdentifier": name}) for name in ("1a", "a--b", "a-", "a_b")),
    *(
        ("InvalidParameterValue", "aws:elasticache/replicationGroup:ReplicationGroup", wrong)
        for wrong in (
            {"authToken": "x" * 15},
            {"authToken": "x" * 129},
            {"authToken": "x" * 15 + "_"},
            {"replicationGroupId": "a" * 41},
            {"replicationGroupId": "a--b"},
            {"snapshotRetentionLimit": 36},
        )
    ),
    *(
        ("InvalidBucketName", BUCKET, {"bucket": name})
        for name in ("ab", "a" * 64, "Data", "a_b", "-ab", "ab-", "a..b", "10.0.0.1", "xn--data", "data-s3alias")
    ),
    *(("ValidationError", BALANCER, {"name": name}) for name in ("a_b", "-a", "a-", "internal-a", "a" * 33)),
    *(("ValidationError", TARGETS, {"name": name, "healthCheck": {}}) for name in ("a_b", "-a", "a" * 33)),
    (
        "ValidationError",
        "aws:lb/listenerRule:ListenerRule",
        {"conditions": [{"pathPattern": {"values": ["/a"] * 4}}, {"hostHeader": {"values": ["a", "b"]}}]},
    ),
    *(
        ("InvalidChangeBatch", RECORD, {"name": name, "zoneId": "z", "type": "A", "records": ["10.0.0.1"], "ttl": 60})
        for name in (f"{'a' * 64}.example.com", ".".join(["a" * 63] * 4))
    ),
    ("ValidationError", "aws:iam/role:Role", {"name": "a" * 65, "assumeRolePolicy": "{}"}),
    ("ValidationError", access.CLUSTER, {"name": "a" * 101, "version": versions.OFFERED["eks"][0], "roleArn": "r"}),
]


@pytest.mark.parametrize(
    ("error", "type_token", "inputs"),
    REFUSED,
    ids=[f"{number} {token.rpartition(':')[2]} {error}" for number, (error, token, _) in enumerate(REFUSED)],
)
def test_what_aws_does_not_create_is_refused_with_its_error(
    refusing: AwsPackage, error: str, type_token: str, inputs: dict[str, Any]
) -> None:
    with pytest.raises((RefusedError, ClientError), match=rf"\b{re.escape(error)}\b") as refused:
        create(refusing, type_token, **inputs)
    assert inputs.get("masterPassword", inputs.get("authToken", "hidden")) not in str(refused.value)


@pytest.mark.parametrize("type_token", [token for token, row in TYPES.items() if row.tags])
@pytest.mark.parametrize(
    "tags",
    [
        {"aws:owner": "x"},
        {"AWS:owner": "x"},
        {"owner": "Aws:x"},
        {"": "x"},
        {"k" * 129: "x"},
        {"owner": "v" * 257},
        {"owner": "a,b"},
        {"owner": "a\tb"},
        {f"k{number}": "x" for number in range(51)},
    ],
    ids=lambda tags: f"{len(tags)} {next(iter(tags.items()))!s:.20}",
)
def test_no_service_takes_such_tags(type_token: str, tags: dict[str, str]) -> None:
    service = TYPES[type_token].service
    assert creation_rules._tag_refusal(service, tags)
    assert creation_rules._tag_refusal(service, {"k" * 128: "v" * 256, "持ち主": "東京 1.:/=+-@_", "empty": ""}) is None


def test_tags_are_refused_when_a_thing_is_made_and_when_they_change(aws: AwsPackage) -> None:
    with pytest.raises(RefusedError, match="InvalidParameterValue: tag key 'aws:x' begins with 'aws:'"):
        create(aws, VPC, cidrBlock="10.0.0.0/16", tags={"aws:x": "y"})
    inputs = {"cidrBlock": "10.0.0.0/16"}
    vpc = create(aws, VPC, **inputs)
    with pytest.raises(RefusedError, match="InvalidParameterValue: tag value 'a,b'"):
        aws.update(Request(type=VPC, name="it", id=vpc, inputs={**inputs, "tags": {"owner": "a,b"}}))


@pytest.mark.parametrize("direction", ["Ingress", "Egress"])
def test_a_security_group_takes_sixty_rules_in_a_direction(aws: AwsPackage, direction: str) -> None:
    vpc = create(aws, VPC, cidrBlock="10.0.0.0/16")
    rule = {"securityGroupId": create(aws, GROUP, vpcId=vpc, name="g", description="x"), "ipProtocol": "tcp"}
    token = f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule"
    for number in range(60):
        create(aws, token, **rule, fromPort=1, toPort=1, cidrIpv4=f"203.0.113.{number}/32")
    with pytest.raises(ClientError, match="RulesPerSecurityGroupLimitExceeded"):
        create(aws, token, **rule, fromPort=1, toPort=1, cidrIpv4="203.0.113.60/32")


def test_the_inline_policies_of_a_role_have_room_for_10240_characters_together(aws: AwsPackage) -> None:
    token = "aws:iam/rolePolicy:RolePolicy"
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "eks.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    create(aws, "aws:iam/role:Role", name="r", assumeRolePolicy=document)

    def policy(characters: int) -> str:
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::"]}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        statement["Resource"] = [
            f"arn:aws:s3:::{'b' * (characters - len(json.dumps(document, separators=(',', ':'))))}"
        ]
        return json.dumps(document, indent=2)  # white space does not count

    create(aws, token, name="one", role="r", policy=policy(5000))
    create(aws, token, name="two", role="r", policy=policy(5240))
    aws.update(Request(type=token, name="it", id="r:two", inputs={"name": "two", "role": "r", "policy": policy(5240)}))
    for name, size in (("two", 5241), ("three", 200)):
        with pytest.raises(RefusedError, match="LimitExceeded: Maximum policy size of 10240 bytes exceeded for role r"):
            create(aws, token, name=name, role="r", policy=policy(size))


def test_a_type_without_a_row_is_an_error(aws: AwsPackage) -> None:
    with pytest.raises(RefusedError, match="no mapping for the type aws:sqs/queue:Queue"):
        create(aws, "aws:sqs/queue:Queue")


def test_an_input_that_no_row_maps_is_an_error(aws: AwsPackage) -> None:
    with pytest.raises(RefusedError, match="no mapping for assignIpv6: CreateSubnetRequest has no"):
        create(aws, "aws:ec2/subnet:Subnet", vpcId="vpc-1", cidrBlock="10.0.0.0/20", assignIpv6=True)


@pytest.mark.parametrize(
    ("service", "operation", "params", "problem"),
    [
        ("iam", "create_role", {"RoleName": "no spaces"}, "does not match"),
        ("elbv2", "create_listener", {"Protocol": "HTPP"}, "not one of HTTP"),
        ("elbv2", "create_listener", {"Port": 70000}, "not within 1 to 65535"),
        ("eks", "create_cluster", {"name": "-starts-wrong"}, "does not match"),
    ],
)
def test_what_botocore_lets_pass_is_refused(
    account: Account, service: str, operation: str, params: dict[str, Any], problem: str
) -> None:
    shape = account.model(service, operation).input_shape
    assert any(problem in found for found in request.problems(shape, params))


@pytest.mark.parametrize(
    ("engine", "version", "fine"),
    [("eks", "1.35", True), ("eks", "1.20", False), ("aurora-postgresql", "17.99", False)],
)
def test_only_offered_versions_are_taken(engine: str, version: str, fine: bool) -> None:
    assert (versions.refusal(engine, version) is None) is fine


def test_a_name_beyond_the_limit_of_its_service_is_refused_and_a_generated_one_fits(aws: AwsPackage) -> None:
    token = "aws:lb/loadBalancer:LoadBalancer"
    _, problems = aws.check(Request(type=token, name="x", inputs={"name": "n" * 33}), b"")
    assert problems == [f"name {'n' * 33!r} is longer than the 32 characters that elbv2 takes"]
    inputs, problems = aws.check(Request(type=token, name="n" * 60), bytes(8))
    assert not problems
    assert inputs["name"] == "n" * 24 + "-0000000"


def test_networks_go_only_when_nothing_is_in_them(aws: AwsPackage, account: Account) -> None:
    def refused(type_token: str, id_: str, **state: Any) -> None:
        with pytest.raises(RefusedError, match="DependencyViolation"):
            aws.delete(Request(type=type_token, name="it", id=id_, state=state))

    def delete(type_token: str, id_: str, **state: Any) -> None:
        aws.delete(Request(type=type_token, name="it", id=id_, state=state))

    vpc = create(aws, "aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")
    subnet = create(aws, "aws:ec2/subnet:Subnet", vpcId=vpc, cidrBlock="10.0.0.0/20")
    group, other = (
        create(aws, "aws:ec2/securityGroup:SecurityGroup", vpcId=vpc, name=name, description="x") for name in "ab"
    )
    rule = {
        "securityGroupId": other,
        "referencedSecurityGroupId": group,
        "ipProtocol": "tcp",
        "fromPort": 1,
        "toPort": 1,
    }
    ingress = create(aws, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", **rule)
    account.hold("a cache", [subnet], [group])
    refused("aws:ec2/subnet:Subnet", subnet)
    refused("aws:ec2/securityGroup:SecurityGroup", group)
    account.release("a cache")
    refused("aws:ec2/securityGroup:SecurityGroup", group)  # the other one refers to it
    delete("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", ingress, **rule)
    gateway = create(aws, "aws:ec2/internetGateway:InternetGateway", vpcId=vpc)
    delete("aws:ec2/subnet:Subnet", subnet)
    delete("aws:ec2/securityGroup:SecurityGroup", group)
    refused("aws:ec2/vpc:Vpc", vpc)
    delete("aws:ec2/securityGroup:SecurityGroup", other)
    refused("aws:ec2/vpc:Vpc", vpc)
    delete("aws:ec2/internetGateway:InternetGateway", gateway, vpcId=vpc)
    delete("aws:ec2/vpc:Vpc", vpc)


def test_an_aurora_cluster_without_a_word_about_snapshots_stays(aws: AwsPackage) -> None:
    assert deletion_rules.refusal(aws.account, "aws:rds/cluster:Cluster", "c", {"skipFinalSnapshot": True}) is None
    assert "FinalDBSnapshotIdentifier is required" in str(
        deletion_rules.refusal(aws.account, "aws:rds/cluster:Cluster", "c", {})
    )


def test_nodes_that_outlive_the_cluster_keep_its_security_group(aws: AwsPackage, account: Account) -> None:
    vpc = create(aws, "aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")
    subnet = create(aws, "aws:ec2/subnet:Subnet", vpcId=vpc, cidrBlock="10.0.0.0/20")
    access._open_cluster(account, "c", {"vpcConfig": {"subnetIds": [subnet]}})
    group = access.cluster_group(account, "c")
    account.hold("node", [subnet], [group])
    access.close_cluster(account, "c", {})
    assert access.cluster_group(account, "c") == group
    account.release("node")
    access.close_cluster(account, "c", {})
    assert access.cluster_group(account, "c") == ""


def test_a_row_whose_inputs_can_change_says_how_and_where_they_are_read() -> None:
    assert [token for token, row in TYPES.items() if row.updates and not row.update and row.settings is nothing] == []
    assert [token for token, row in TYPES.items() if not row.reads.keys() <= row.updates] == []


def test_the_documentation_names_every_input_that_no_refresh_reads_back() -> None:
    text = (ROOT / "docs" / "rehearsal.md").read_text()
    hidden = {
        key
        for row in TYPES.values()
        for key in row.updates
        if row.reads.get(key, "" if key in row.elsewhere else key) == ""
    }
    assert "masterPassword" in hidden
    assert [key for key in sorted(hidden) if f"`{to_snake(key)}`" not in text] == []


def test_a_part_that_is_gone_is_not_found_though_its_whole_is_there(aws: AwsPackage, account: Account) -> None:
    vpc = create(aws, "aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")
    subnet = create(aws, "aws:ec2/subnet:Subnet", vpcId=vpc, cidrBlock="10.0.0.0/20")
    gateway = create(aws, "aws:ec2/internetGateway:InternetGateway", vpcId=vpc)
    table = create(aws, "aws:ec2/routeTable:RouteTable", vpcId=vpc)
    trust = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "eks.amazonaws.com"}},
    }
    role = create(aws, "aws:iam/role:Role", name="r", assumeRolePolicy=json.dumps(trust))
    policies = [f"arn:aws:iam::aws:policy/{name}" for name in ("AmazonEKSClusterPolicy", "AmazonEKSComputePolicy")]
    [zone] = account.call("route53", "list_hosted_zones")["HostedZones"]
    parts: list[tuple[str, dict[str, Any]]] = [
        ("aws:ec2/route:Route", {"routeTableId": table, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway}),
        ("aws:ec2/routeTableAssociation:RouteTableAssociation", {"routeTableId": table, "subnetId": subnet}),
        *(
            ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"role": role, "policyArn": policy})
            for policy in policies
        ),
        *(
            (
                "aws:route53/record:Record",
                {"zoneId": zone["Id"].rpartition("/")[2], "name": f"{name}.example.com", "type": "A", "records": ["::"]}
                | {"ttl": 60},
            )
            for name in ("a", "b")
        ),
    ]
    made = [
        Request(type=token, name="it", id=create(aws, token, **inputs), inputs=inputs, state=inputs)
        for token, inputs in parts
    ]
    assert all(aws.exists(resource) for resource in made)
    for number, one in enumerate(made):
        aws.delete(one)
        assert [aws.exists(other) for other in made] == [left > number for left in range(len(made))]


CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"


def test_a_cache_gets_its_second_node_before_failover_and_loses_failover_before_the_node(
    aws: AwsPackage, account: Account
) -> None:
    vpc = create(aws, "aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")
    subnets = [create(aws, "aws:ec2/subnet:Subnet", vpcId=vpc, cidrBlock=f"10.0.{16 * n}.0/20") for n in range(2)]
    create(aws, "aws:elasticache/subnetGroup:SubnetGroup", name="s", subnetIds=subnets, description="x")
    one: dict[str, Any] = {
        "replicationGroupId": "c",
        "description": "x",
        "subnetGroupName": "s",
        "securityGroupIds": [],
    }
    one |= {"numCacheClusters": 1, "automaticFailoverEnabled": False}
    two = {**one, "numCacheClusters": 2, "automaticFailoverEnabled": True}

    def change(inputs: dict[str, Any]) -> None:
        aws.update(
            Request(type=CACHE, name="it", id="c", inputs={**inputs, "engine": "valkey", "engineVersion": "8.0"})
        )

    create(aws, CACHE, **one, engine="valkey", engineVersion="8.0")
    for inputs in (two, one, two):
        change(inputs)
        assert len(account.interfaces("description", "ElastiCache c")) == inputs["numCacheClusters"]
        request = Request(type=CACHE, name="it", id="c", inputs=inputs, state=inputs)
        assert aws.changed(request)[0] == {}
    with pytest.raises(ClientError, match="Automatic failover needs at least two nodes"):
        change({**two, "numCacheClusters": 1})


def test_a_cluster_goes_up_one_version_at_a_time_and_keeps_its_group(aws: AwsPackage, account: Account) -> None:
    vpc = create(aws, "aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")
    subnet = create(aws, "aws:ec2/subnet:Subnet", vpcId=vpc, cidrBlock="10.0.0.0/20")
    oldest, newer, newest = versions.OFFERED["eks"][:3]
    inputs: dict[str, Any] = {"name": "c", "version": oldest, "roleArn": "arn:aws:iam::123456789012:role/r"}
    inputs["vpcConfig"] = {"subnetIds": [subnet], "endpointPublicAccess": True}
    create(aws, access.CLUSTER, **inputs)

    def change(**new: Any) -> dict[str, Any]:
        return aws.update(Request(type=access.CLUSTER, name="it", id="c", inputs={**inputs, **new}))

    with pytest.raises(RefusedError, match="Unsupported Kubernetes minor version update"):
        change(version=newest)
    private = {"subnetIds": [subnet], "endpointPublicAccess": False}
    outputs = change(version=newer, vpcConfig=private)
    assert outputs["vpcConfig"] == {**private, "clusterSecurityGroupId": access.cluster_group(account, "c")}
    changed, _ = aws.changed(Request(type=access.CLUSTER, name="it", id="c", inputs=inputs))
    assert changed == {"version": newer, "vpcConfig": private}
    with pytest.raises(RefusedError, match="not one of STANDARD, EXTENDED"):
        change(version=newer, upgradePolicy={"supportType": "FOREVER"})


def test_groups_of_subnets_and_clients_of_an_identity_provider_change(aws: AwsPackage) -> None:
    vpc = create(aws, "aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")
    subnets = [
        create(
            aws, "aws:ec2/subnet:Subnet", vpcId=vpc, cidrBlock=f"10.0.{16 * n}.0/20", availabilityZone=f"us-east-1{z}"
        )
        for n, z in enumerate("abc")
    ]
    group = {"name": "s", "description": "x", "subnetIds": subnets[:2]}
    url = {"url": "https://oidc.example.com", "clientIdLists": ["sts.amazonaws.com"]}
    cases: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("aws:rds/subnetGroup:SubnetGroup", group, {"subnetIds": subnets, "description": "y"}),
        ("aws:elasticache/subnetGroup:SubnetGroup", group, {"subnetIds": subnets[1:], "description": "y"}),
        ("aws:iam/openIdConnectProvider:OpenIdConnectProvider", url, {"clientIdLists": ["a", "b"]}),
    ]
    for token, inputs, change in cases:
        id_ = create(aws, token, **inputs)
        aws.update(Request(type=token, name="it", id=id_, inputs={**inputs, **change}))
        assert aws.changed(Request(type=token, name="it", id=id_, inputs=inputs))[0] == change


def test_data_stores_are_never_replaced_by_what_a_user_can_change(aws: AwsPackage) -> None:
    changed = frozenset({"serverlessv2ScalingConfiguration", "masterPassword", "tags"})
    assert aws.diff("aws:rds/cluster:Cluster", changed, {}, {}).replaces == frozenset()
    changed = frozenset({"numCacheClusters", "automaticFailoverEnabled", "multiAzEnabled", "authToken"})
    assert aws.diff("aws:elasticache/replicationGroup:ReplicationGroup", changed, {}, {}).replaces == frozenset()
    assert aws.diff("aws:ec2/subnet:Subnet", frozenset({"cidrBlock"}), {}, {}).replaces == {"cidrBlock"}


def test_values_that_the_pinned_charts_do_not_know_are_refused() -> None:
    releases = [resource.inputs for resource in recorded().of_type("kubernetes:helm.sh/v3:Release")]
    assert len(releases) == 2
    for inputs in releases:
        assert list(charts.problems(inputs)) == []
        assert list(charts.problems({**inputs, "version": "0.0.1"}))
        assert list(charts.problems({**inputs, "values": {**inputs["values"], "replicas": 2}}))


def test_generated_values_are_as_asked_for() -> None:
    inputs = {"length": 64, "lower": False, "upper": False, "overrideSpecial": "abcdef"}
    package = Generated()
    _, outputs = package.create(Request(type="random:index/randomPassword:RandomPassword", name="x", inputs=inputs))
    assert set(outputs["result"]) <= set("0123456789abcdef")
    assert len(outputs["result"]) == 64
    assert package.secrets == [outputs["result"]]


def test_faults_name_types_of_the_stack() -> None:
    types = ["aws:ec2/vpc:Vpc", "aws:ec2/natGateway:NatGateway"]
    assert failing(["NatGateway:2", "aws:ec2/vpc:Vpc"], types) == {types[1]: 2, types[0]: 1}
    assert slower(["volume=2.5"], types) == {"volume": 2.5}
    with pytest.raises(FaultError, match=r"(?s)'Queue' is no type of this stack.*aws:ec2/vpc:Vpc"):
        failing(["Queue"], types)
    with pytest.raises(FaultError, match="names no seconds"):
        slower(["volume"], types)
