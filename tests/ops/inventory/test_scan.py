"""What a scan finds in an account where most resources are not ours."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from botocore import xform_name
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.resource_types import TYPES
from ops.inventory.deletion import STAGES
from ops.inventory.ownership import auto_named
from ops.inventory.scan import AwsStackInventory, Scan
from ops.project import ROOT
from ops.stack.identity import StackIdentity
from tests.ops.inventory.recorded_calls import Answers, in_two_pages, replay
from tests.ops.inventory.world import (
    CLUSTER,
    DOMAIN,
    NEIGHBOUR,
    NEIGHBOURS_CLUSTER,
    OTHER_REGION,
    REGION,
    STACKS_WITHOUT_LEFTOVERS,
    World,
    answering,
)
from tests.program import recorded


def ids(scan: Scan) -> dict[str, set[str]]:
    """Ids of what was found, by kind."""
    found: dict[str, set[str]] = {}
    for leftover in scan.leftovers:
        found.setdefault(leftover.resource.kind, set()).add(leftover.resource.id)
    return found


def test_the_orphan_of_each_kind_is_found_and_nothing_that_is_not_ours(world: World, answers: Answers) -> None:
    with answering(replay(answers)):
        scan = world.day().scan()
    assert scan.failures == []
    assert ids(scan) == world.ours
    assert scan.exit_code == 1


def test_every_kind_that_can_be_removed_has_its_orphan(world: World) -> None:
    azure = {"resource group", "role assignment", "Entra application", "Databricks service principal"}
    azure |= {kind for stage in STAGES for kind in stage if kind.startswith("Unity Catalog ")}
    kinds = {kind for stage in STAGES for kind in stage if not kind.startswith("deleted ")} - azure
    assert set(world.ours) == kinds


def uncertain(scan: Scan) -> dict[str, set[str]]:
    """The same of what may be somebody else's."""
    return ids(Scan(leftovers=scan.uncertain, failures=[]))


def test_another_region_has_its_own_leftovers_and_those_of_no_region_are_of_the_day_at_home(
    world: World, answers_elsewhere: Answers
) -> None:
    with answering(replay(answers_elsewhere)):
        scan = world.day(region=OTHER_REGION).scan()
    assert ids(scan).keys() == {"EBS volume"}
    assert ids(scan)["EBS volume"].isdisjoint(world.ours["EBS volume"])
    assert {"IAM role", "OIDC provider", "S3 bucket", "DNS record"} <= uncertain(scan).keys()


@pytest.mark.parametrize("region", [REGION, OTHER_REGION])
def test_without_the_state_what_runs_may_be_somebody_elses_and_the_rest_of_a_dead_day_is_ours(
    world: World, answers_elsewhere: Answers, region: str
) -> None:
    with answering(replay(answers_elsewhere)):
        scan = world.day(region=region, identity=StackIdentity()).scan()
    assert scan.failures == []
    found = ids(scan)
    assert found.pop("DNS record") < world.ours["DNS record"]  # of our host, and its load balancer does not exist
    assert found == (world.earlier if region == REGION else {})
    apart = uncertain(scan)
    assert world.ours["IAM role"] < apart["IAM role"]
    assert (CLUSTER in apart.get("EKS cluster", ())) == (region == REGION)


def test_with_the_state_a_neighbours_running_day_is_not_even_shown(world: World, answers: Answers) -> None:
    with answering(replay(answers)):
        scan = world.day().scan()
    assert uncertain(scan) == world.earlier
    named = world.day(identity=StackIdentity(id=NEIGHBOUR["StackId"]))
    with answering(replay(answers)):
        found = ids(named.scan())
    assert NEIGHBOURS_CLUSTER in found["EKS cluster"]
    del found["DNS record"]
    assert all(identifier not in found.get(kind, ()) for kind in world.ours for identifier in world.ours[kind])


@pytest.mark.parametrize("stack", STACKS_WITHOUT_LEFTOVERS)
def test_a_stack_that_left_nothing_is_told_so(world: World, answers_elsewhere: Answers, stack: str) -> None:
    with answering(replay(answers_elsewhere)):
        scan = AwsStackInventory(world.aws(), stack, domain="").scan()
    assert (scan.exit_code, scan.leftovers, scan.failures) == (0, [], [])


def test_nothing_beyond_the_first_page_is_missed(world: World, answers: Answers) -> None:
    with answering(in_two_pages(answers)):
        scan = world.day().scan()
    assert scan.failures == []
    assert ids(scan) == world.ours


def test_every_call_that_is_denied_is_reported_and_hides_nothing_else(world: World, answers: Answers) -> None:
    day = world.day()
    one_of_each = {call[:2]: call for call in answers}
    for call in one_of_each.values():
        with answering(replay(answers, failing={call})):
            scan = day.scan()
        # The records ask for the load balancer that they lead to, the instances for their cluster.
        assert len(scan.failures) == 1 + (call[1] in ("DescribeLoadBalancers", "DescribeDBClusters")), call
        assert call[1] in scan.failures[0].error
        assert scan.exit_code == 2
        missed = {kind for kind, found in world.ours.items() if found - ids(scan).get(kind, set())}
        assert len(missed) <= 4, (call, missed)  # the VPC hides what is known by it; groups come in pairs


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_no_failures_make_a_look_say_that_nothing_is_left(world: World, answers: Answers, data: st.DataObject) -> None:
    failing = data.draw(st.sets(st.sampled_from(sorted(answers)), min_size=1))
    with answering(replay(answers, failing)):
        scan = world.day().scan()
    assert scan.exit_code == 2
    found = ids(scan)
    assert all(found[kind] <= world.ours[kind] for kind in found)


def test_errors_of_the_network_are_not_nothing_there(world: World) -> None:
    def unreachable(*_: object) -> None:
        raise OSError("no route to host")

    with answering(unreachable):
        scan = world.day().scan()
    assert {failure.what for failure in scan.failures} == set(world.day().finders())
    assert scan.exit_code == 2


def test_ages_and_prices_are_known_where_the_cloud_and_the_price_table_tell(world: World, answers: Answers) -> None:
    with answering(replay(answers)):
        scan = world.day().scan()
    by_kind = {left.resource.kind: left.resource for left in scan.leftovers if left.why.startswith("tags")}
    assert {
        kind: round(by_kind[kind].usd_per_month or -1, 2) for kind in ("EKS cluster", "NAT gateway", "Elastic IP")
    } == {
        "EKS cluster": 73.0,
        "NAT gateway": 32.85,
        "Elastic IP": 3.65,
    }
    assert by_kind["EBS volume"].usd_per_month == pytest.approx(20 * 0.08)
    assert by_kind["Aurora cluster"].usd_per_month == pytest.approx(0.5 * 0.12 * 730)
    assert by_kind["ElastiCache replication group"].usd_per_month == pytest.approx(0.0256 * 730)
    assert by_kind["load balancer"].usd_per_month == pytest.approx((0.0225 + 0.005) * 730)
    assert by_kind["VPC"].usd_per_month == 0
    assert by_kind["S3 bucket"].usd_per_month is None
    for kind in ("EBS volume", "EKS cluster", "IAM role", "NAT gateway", "S3 bucket", "load balancer"):
        assert by_kind[kind].created is not None, kind


def test_what_removes_a_thing_is_a_command_of_the_aws_cli(world: World, answers: Answers) -> None:
    """As far as botocore, on whose models the CLI is built, can tell."""
    with answering(replay(answers)):
        scan = world.day().scan()
    for leftover in scan.leftovers:
        for command in leftover.resource.command.split(" && "):
            program, service, operation, *rest = shlex.split(command)
            assert program == "aws"
            if (service, operation) == ("s3", "rb"):
                continue
            client = world.aws().client({"s3api": "s3"}.get(service, service))
            if operation == "wait":
                assert rest[0].replace("-", "_") in client.waiter_names
                continue
            api = client.meta.method_to_api_mapping[operation.replace("-", "_")]
            members = client.meta.service_model.operation_model(api).input_shape.members
            known = {"--" + xform_name(name, "-") for name in members} | {"--region"}
            assert {part for part in rest if part.startswith("--")} <= known, command


GOES_WITH = {
    "aws:acm/certificateValidation:CertificateValidation": "is no thing of its own",
    "aws:ec2/route:Route": "its route table",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "its subnet",
    "aws:iam/rolePolicy:RolePolicy": "its role",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "its role",
    "aws:lb/listener:Listener": "its load balancer",
    "aws:lb/listenerRule:ListenerRule": "its load balancer",
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": "its bucket",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "its bucket",
    "aws:s3/bucketPolicy:BucketPolicy": "its bucket",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "its bucket",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "its bucket",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "its group",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "its group",
}


def test_every_type_of_the_program_is_looked_for_or_goes_with_one_that_is(world: World) -> None:
    from ops.model.engine_graph import engine_resources

    resources = engine_resources(recorded("day with a domain").resources)
    types = {resource.type for resource in resources if resource.type.startswith("aws:")}
    unfound = {token for token in types - GOES_WITH.keys() if TYPES[token].label not in world.ours}
    assert unfound == set(), "give the type a label in its row of catalogue/, and a finder in ops/inventory"
    assert not any(TYPES[token].label for token in GOES_WITH)


def test_every_label_of_a_type_of_aws_has_a_finder_and_is_no_other_types(world: World) -> None:
    labels = [row.label for token, row in TYPES.items() if row.label and token.startswith("aws:")]
    assert sorted(set(labels)) == sorted(labels)
    assert set(labels) - world.ours.keys() == set()


def test_nothing_spells_a_label_a_second_time() -> None:
    labels = {row.label for row in TYPES.values() if row.label}
    for file in Path(ROOT, "ops", "inventory").glob("*.py"):
        found = re.findall(r'kind=f?"([^"]+)"', file.read_text("utf-8"))
        assert labels.isdisjoint(found), file


def test_the_names_that_are_looked_for_are_those_the_program_gives() -> None:
    day = recorded("day with a domain")
    name = day.one("eks:index:Cluster").inputs["name"]
    assert re.fullmatch(r"genai-dev-[a-z0-9]{7}", name)
    assert day.one("aws:lb/loadBalancer:LoadBalancer").name == "entry"
    hosts = {r.inputs["name"] for r in day.of_type("aws:route53/record:Record") if r.inputs["type"] == "A"}
    assert hosts == {f"litellm.{DOMAIN}", f"langfuse.{DOMAIN}"}
    assert auto_named("langfuse-0a1b2c3")
    assert not auto_named("langfuse-backups")
