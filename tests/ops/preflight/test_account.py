"""Identity, region, rights and quotas: good, bad and could not look."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, UnauthorizedSSOTokenError

from ops.checks.check import State, fine
from ops.checks.preflight import account
from ops.clouds.aws import Aws
from stacks.public_address import PublicAddressError
from tests.ops.preflight.stand_in import aws_answers, state_of

UNREACHABLE = EndpointConnectionError(endpoint_url="https://sts.us-west-2.amazonaws.com")
USER = {"Arn": "arn:aws:iam::123456789012:user/engineer"}
ROLE = {"Arn": "arn:aws:sts::123456789012:assumed-role/Admin/engineer"}


def test_who_runs_this_is_told(aws: Aws) -> None:
    with aws_answers({}):
        assert account.identity(aws, {}).says.startswith("arn:aws:sts::123456789012:")


@pytest.mark.parametrize(
    ("problem", "state"),
    [
        (NoCredentialsError(), State.BAD),
        (UnauthorizedSSOTokenError(), State.BAD),
        ("ExpiredToken", State.BAD),
        ("InvalidClientTokenId", State.BAD),
        ("AccessDenied", State.COULD_NOT_LOOK),
        (UNREACHABLE, State.COULD_NOT_LOOK),
    ],
)
def test_an_identity_that_is_missing_is_bad_and_an_unreachable_service_is_could_not_look(
    aws: Aws, problem: Any, state: State
) -> None:
    with aws_answers({"GetCallerIdentity": problem}):
        assert state_of(lambda: account.identity(aws, {})) == state


@pytest.mark.parametrize(
    ("config", "state"),
    [
        ({"aws:allowedAccountIds": '["123456789012"]'}, State.FINE),
        ({"aws:allowedAccountIds": "[123456789012]"}, State.FINE),
        ({"aws:allowedAccountIds": '["210987654321"]'}, State.BAD),
        ({"aws:forbiddenAccountIds": '["210987654321"]'}, State.FINE),
        ({"aws:forbiddenAccountIds": '["123456789012"]'}, State.BAD),
    ],
)
def test_an_account_that_the_settings_rule_out_is_bad(aws: Aws, config: dict[str, str], state: State) -> None:
    with aws_answers({}):
        assert account.identity(aws, config).state == state


def test_a_region_with_enough_zones_is_fine(aws: Aws) -> None:
    with aws_answers({}):
        assert account.region(aws, zones=3) == fine("us-west-2, 4 zones")


def test_a_region_that_is_not_enabled_or_has_too_few_zones_is_bad(aws: Aws) -> None:
    off = {"Regions": [{"RegionName": "us-west-2", "OptInStatus": "not-opted-in"}]}
    with aws_answers({"DescribeRegions": off}):
        assert "aws account enable-region --region-name us-west-2" in account.region(aws, zones=2).fix
    # The zone that EKS refuses does not count.
    zones = [{"ZoneName": f"us-west-2{id_}", "ZoneId": id_} for id_ in ("usw1-az2", "usw2-az1")]
    with aws_answers({"DescribeAvailabilityZones": {"AvailabilityZones": zones}}):
        outcome = account.region(aws, zones=2)
    assert (outcome.state, outcome.says) == (State.BAD, "EKS can use 1 zones of us-west-2, 2 are wanted")


@pytest.mark.parametrize("problem", ["UnauthorizedOperation", UNREACHABLE])
def test_a_region_that_does_not_answer_is_could_not_look(aws: Aws, problem: Any) -> None:
    with aws_answers({"DescribeRegions": problem}):
        assert state_of(lambda: account.region(aws, zones=2)) == State.COULD_NOT_LOOK


def _simulated(denied: set[str], silent: set[str] = frozenset()) -> Any:  # type: ignore[assignment]  # never changed
    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        assert len(parameters["ActionNames"]) <= 100
        return {
            "EvaluationResults": [
                {"EvalActionName": name, "EvalDecision": "implicitDeny" if name in denied else "allowed"}
                for name in parameters["ActionNames"]
                if name not in silent
            ]
        }

    return answer


NAMES = [f"ec2:Action{number}" for number in range(250)]


def test_all_actions_are_simulated_for_the_user(aws: Aws) -> None:
    asked: list[str] = []

    def answer(parameters: dict[str, Any]) -> Any:
        asked.extend(parameters["ActionNames"])
        assert parameters["PolicySourceArn"] == USER["Arn"]
        return _simulated(set())(parameters)

    with aws_answers({"GetCallerIdentity": USER, "SimulatePrincipalPolicy": answer}):
        assert account.permissions(aws, NAMES).state == State.FINE
    assert sorted(asked) == sorted(NAMES)


def test_an_action_that_is_not_allowed_is_named(aws: Aws) -> None:
    denied = {"ec2:Action7", "ec2:Action201"}
    with aws_answers({"GetCallerIdentity": USER, "SimulatePrincipalPolicy": _simulated(denied)}):
        outcome = account.permissions(aws, NAMES)
    assert outcome.state == State.BAD
    assert outcome.says == f"{USER['Arn']} may not ec2:Action201, ec2:Action7"


def test_an_assumed_role_is_simulated_as_the_role_with_its_path(aws: Aws) -> None:
    role = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/Admin"
    asked: list[str] = []

    def answer(parameters: dict[str, Any]) -> Any:
        asked.append(parameters["PolicySourceArn"])
        return _simulated(set())(parameters)

    answers = {"GetCallerIdentity": ROLE, "GetRole": {"Role": {"Arn": role}}, "SimulatePrincipalPolicy": answer}
    with aws_answers(answers):
        account.permissions(aws, NAMES[:1])
    assert asked == [role]


def test_the_root_user_needs_no_simulation(aws: Aws) -> None:
    with aws_answers({"GetCallerIdentity": {"Arn": "arn:aws:iam::123456789012:root"}}):
        assert account.permissions(aws, NAMES).state == State.FINE


@pytest.mark.parametrize("answer", ["AccessDenied", UNREACHABLE, _simulated(set(), silent={"ec2:Action1"})])
def test_a_simulation_that_is_denied_or_incomplete_is_could_not_look(aws: Aws, answer: Any) -> None:
    with aws_answers({"GetCallerIdentity": USER, "SimulatePrincipalPolicy": answer}):
        assert state_of(lambda: account.permissions(aws, NAMES)) == State.COULD_NOT_LOOK


QUOTAS = {quota.what: quota for quota in account.QUOTAS}
SUBNETS = {"Subnets": [{"SubnetId": f"subnet-{zone}", "AvailabilityZone": zone} for zone in "ab"]}
GATEWAYS = {
    "NatGateways": [
        {"SubnetId": "subnet-a", "State": "available"},
        {"SubnetId": "subnet-a", "State": "pending"},
        {"SubnetId": "subnet-a", "State": "deleted"},
        {"SubnetId": "subnet-b", "State": "available"},
    ]
}


def _instance(kind: str, cores: int, lifecycle: str | None = None) -> dict[str, Any]:
    spot = {"InstanceLifecycle": lifecycle} if lifecycle else {}
    return {"InstanceType": kind, "CpuOptions": {"CoreCount": cores, "ThreadsPerCore": 2}, **spot}


IN_USE: dict[str, tuple[dict[str, Any], int]] = {
    "VPCs": ({"DescribeVpcs": {"Vpcs": [{}, {}, {}]}}, 3),
    "rules of a security group": ({}, 0),
    "Elastic IPs": ({"DescribeAddresses": {"Addresses": [{}, {}]}}, 2),
    "NAT gateways per zone": ({"DescribeSubnets": SUBNETS, "DescribeNatGateways": GATEWAYS}, 2),
    "vCPUs of on-demand standard instances": (
        {
            "DescribeInstances": {
                "Reservations": [
                    {"Instances": [_instance("m5a.xlarge", 2), _instance("c6a.large", 1, "spot")]},
                    {"Instances": [_instance("g5.xlarge", 2), _instance("t3.micro", 1)]},
                ]
            }
        },
        6,
    ),
}


def test_every_quota_is_tested() -> None:
    assert IN_USE.keys() == QUOTAS.keys()


@pytest.mark.parametrize("what", IN_USE)
def test_a_quota_is_fine_while_what_is_needed_fits(aws: Aws, what: str) -> None:
    answers, used = IN_USE[what]
    asked: list[dict[str, str]] = []

    def allowed(value: int) -> Any:
        def answer(parameters: dict[str, str]) -> Any:
            asked.append(parameters)
            return {"Quota": {"Value": float(value)}}

        return answer

    with aws_answers({**answers, "GetServiceQuota": allowed(used + 2)}):
        outcome = account.room(aws, QUOTAS[what], needed=2)
    assert outcome == fine(f"{used} of {used + 2} used in us-west-2, 2 more needed")
    with aws_answers({**answers, "GetServiceQuota": allowed(used + 1)}):
        outcome = account.room(aws, QUOTAS[what], needed=2)
    assert outcome.state == State.BAD
    assert f"--quota-code {QUOTAS[what].code} --desired-value {used + 2}" in outcome.fix
    assert {(call["ServiceCode"], call["QuotaCode"]) for call in asked} == {(QUOTAS[what].service, QUOTAS[what].code)}


@pytest.mark.parametrize("what", IN_USE)
def test_a_quota_or_a_count_that_cannot_be_read_is_could_not_look(aws: Aws, what: str) -> None:
    answers, _ = IN_USE[what]
    for denied in (*answers, "GetServiceQuota"):
        given = {**answers, "GetServiceQuota": {"Quota": {"Value": 100.0}}, denied: "AccessDeniedException"}
        with aws_answers(given):
            assert state_of(lambda: account.room(aws, QUOTAS[what], needed=1)) == State.COULD_NOT_LOOK, denied


def test_a_quota_that_was_never_changed_is_read_from_the_defaults(aws: Aws) -> None:
    answers = {
        **IN_USE["VPCs"][0],
        "GetServiceQuota": "NoSuchResourceException",
        "GetAWSDefaultServiceQuota": {"Quota": {"Value": 5.0}},
    }
    with aws_answers(answers):
        assert account.room(aws, QUOTAS["VPCs"], needed=1).state == State.FINE


def test_the_codes_are_those_of_service_quotas(aws: Aws) -> None:
    """As far as moto keeps a copy of the list."""
    with aws_answers({}):
        answer = aws.call("service-quotas", "get_service_quota", ServiceCode="vpc", QuotaCode=QUOTAS["VPCs"].code)
        rules = QUOTAS["rules of a security group"].code
        of_rules = aws.call("service-quotas", "get_service_quota", ServiceCode="vpc", QuotaCode=rules)
    assert answer["Quota"]["QuotaName"] == "VPCs per Region"
    assert of_rules["Quota"]["QuotaName"] == "Inbound or outbound rules per security group"


def test_more_ranges_than_a_security_group_holds_are_bad(aws: Aws) -> None:
    with aws_answers({}):
        assert account.room(aws, QUOTAS["rules of a security group"], needed=60).state == State.FINE
        assert account.room(aws, QUOTAS["rules of a security group"], needed=61).state == State.BAD


def test_the_public_address_is_told_or_its_absence() -> None:
    with mock.patch("stacks.public_address.look_up", return_value="203.0.113.7"):
        assert account.address("dev") == fine("203.0.113.7")
    with mock.patch("stacks.public_address.look_up", side_effect=PublicAddressError("This is a CI runner.")):
        assert account.address("dev").state == State.BAD


def test_an_address_that_changes_from_call_to_call_is_bad() -> None:
    with mock.patch("stacks.public_address.look_up", side_effect=["203.0.113.7", "203.0.113.9", "203.0.113.7"]):
        outcome = account.address("dev")
    assert outcome.state == State.BAD
    assert "203.0.113.7, 203.0.113.9" in outcome.says
