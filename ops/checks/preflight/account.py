"""AWS account: identity, region, IAM permissions, service quotas and this machine's public address."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from catalogue.resource_types import actions
from ops.checks.check import Check, Outcome, bad, fine
from ops.clouds.aws import Aws, log_in
from ops.clouds.removal import Item
from ops.model.needs import AwsNeeds
from stacks import public_address
from stacks.aws.look_ups import ZONES_REFUSED_BY_EKS


def account_checks(aws: Aws, needs: AwsNeeds, stack: str, config: Mapping[str, str]) -> Mapping[str, Check]:
    """Identity, region, rights, quotas and, where `auto` stands in for it, this machine's address.

    `config` is the stack's, by full key.
    """
    checks: dict[str, Check] = {
        "identity": lambda: identity(aws, config),
        "region": lambda: region(aws, needs.zones),
        "permissions": lambda: permissions(aws, actions(needs.types | needs.functions)),
        **{f"quota of {quota.what}": partial(room, aws, quota, quota.needed(needs)) for quota in QUOTAS},
    }
    own_address = "auto" in config.get("genaiplatform:allowedCidrs", "auto")
    return {**checks, "public address": lambda: address(stack)} if own_address else checks


def identity(aws: Aws, config: Mapping[str, str]) -> Outcome:
    """Whether AWS knows who this is, in an account that `aws:allowedAccountIds` and the like leave."""
    try:
        found = aws.call("sts", "get_caller_identity")
    except (BotoCoreError, ClientError) as error:
        if fix := log_in(error):
            return bad(str(error), fix)
        raise
    account = found["Account"]
    allowed = _accounts(config, "aws:allowedAccountIds")
    if (allowed and account not in allowed) or account in _accounts(config, "aws:forbiddenAccountIds"):
        return bad(
            f"{found['Arn']} is in an account that aws:allowedAccountIds or aws:forbiddenAccountIds rules out",
            "log in to the account that is meant, or change the setting",
        )
    return fine(str(found["Arn"]))


def _accounts(config: Mapping[str, str], key: str) -> Sequence[str]:
    return [str(account) for account in json.loads(config.get(key) or "[]")]


def region(aws: Aws, zones: int) -> Outcome:
    """Whether the region is enabled for the account and has that many zones that EKS takes."""
    (found,) = aws.call("ec2", "describe_regions", RegionNames=[aws.region], AllRegions=True)["Regions"]
    if found["OptInStatus"] == "not-opted-in":
        return bad(
            f"{aws.region} is not enabled for this account",
            f"enable it (`aws account enable-region --region-name {aws.region}`) or set another aws:region",
        )
    usable = usable_zones(aws)
    if len(usable) < zones:
        return bad(
            f"EKS can use {len(usable)} zones of {aws.region}, {zones} are wanted",
            "set availabilityZones lower, or another aws:region",
        )
    return fine(f"{aws.region}, {len(usable)} zones")


def usable_zones(aws: Aws) -> Sequence[str]:
    """Names of the zones that EKS takes."""
    filters = [
        {"Name": "opt-in-status", "Values": ["opt-in-not-required"]},
        {"Name": "state", "Values": ["available"]},
    ]
    listed = aws.items("ec2", "describe_availability_zones", "AvailabilityZones[]", Filters=filters)
    return [zone["ZoneName"] for zone in listed if zone["ZoneId"] not in ZONES_REFUSED_BY_EKS]


def permissions(aws: Aws, names: Sequence[str]) -> Outcome:
    """Whether IAM, asked to simulate it, would allow all these actions to whoever runs this.

    It knows the policies of that principal and of the organization, not those of resources.
    """
    principal = _principal(aws)
    if principal.endswith(":root"):
        return fine("the root user may do everything")
    hundreds = [list(names[start : start + 100]) for start in range(0, len(names), 100)]

    def simulate(some: list[str]) -> list[Item]:
        parameters = {"PolicySourceArn": principal, "ActionNames": some}
        return list(aws.items("iam", "simulate_principal_policy", "EvaluationResults[]", **parameters))

    results = [result for answer in aws.each(simulate, hundreds) for result in answer]
    denied = sorted(result["EvalActionName"] for result in results if result["EvalDecision"] != "allowed")
    if denied:
        return bad(f"{principal} may not {', '.join(denied)}", "have a policy attached that allows these actions")
    if missing := set(names) - {result["EvalActionName"] for result in results}:
        raise RuntimeError(f"IAM simulated nothing for {', '.join(sorted(missing))}")
    return fine(f"{len(names)} actions allowed to {principal}")


def _principal(aws: Aws) -> str:
    """The ARN that IAM simulates for: of an assumed role that of the role itself, with its path."""
    arn = str(aws.call("sts", "get_caller_identity")["Arn"])
    if ":assumed-role/" not in arn:
        return arn
    return str(aws.call("iam", "get_role", RoleName=arn.split("/")[1])["Role"]["Arn"])


def address(stack: str) -> Outcome:
    """Whether the address that `allowedCidrs: [auto]` stands for can be told, and is the same each time."""
    try:
        found = sorted({public_address.look_up(stack) for _ in range(3)})
    except public_address.PublicAddressError as error:
        return bad(str(error), "name the ranges that may enter in allowedCidrs")
    if len(found) > 1:
        return bad(
            f"requests leave from several addresses ({', '.join(found)}), and `auto` would let only one of them in",
            "name the range that they are in in allowedCidrs",
        )
    return fine(found[0])


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A limit of the account in the region (Service Quotas), and how to count what is used of it."""

    what: str
    service: str
    code: str
    needed: Callable[[AwsNeeds], int]
    used: Callable[[Aws], int]


def _count(operation: str, result: str) -> Callable[[Aws], int]:
    return lambda aws: sum(1 for _ in aws.items("ec2", operation, result))


def _nat_gateways_of_a_zone(aws: Aws) -> int:
    """In the zone that has most; the gateways tell only their subnet."""
    zones = {
        subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in aws.items("ec2", "describe_subnets", "Subnets[]")
    }
    gateways = aws.items("ec2", "describe_nat_gateways", "NatGateways[]")
    used = Counter(zones.get(gateway["SubnetId"]) for gateway in gateways if gateway["State"] != "deleted")
    return max(used.values(), default=0)


def _vcpus_in_use(aws: Aws) -> int:
    """Of on-demand instances of the standard families, A, C, D, H, I, M, R, T and Z."""
    states = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    instances = aws.items("ec2", "describe_instances", "Reservations[].Instances[]", Filters=states)
    return sum(
        instance["CpuOptions"]["CoreCount"] * instance["CpuOptions"]["ThreadsPerCore"]
        for instance in instances
        if instance["InstanceType"][0] in "acdhimrtz" and instance.get("InstanceLifecycle") != "spot"
    )


QUOTAS = (
    Quota(
        what="VPCs",
        service="vpc",
        code="L-F678F1CE",
        needed=lambda _: 1,
        used=_count("describe_vpcs", "Vpcs[]"),
    ),
    Quota(
        what="rules of a security group",
        service="vpc",
        code="L-0EA8095F",
        needed=lambda needs: needs.security_group_rules,
        used=lambda _: 0,  # the group is made by this stack
    ),
    Quota(
        what="Elastic IPs",
        service="ec2",
        code="L-0263D0A3",
        needed=lambda needs: needs.addresses,
        used=_count("describe_addresses", "Addresses[]"),
    ),
    Quota(
        what="NAT gateways per zone",
        service="vpc",
        code="L-FE5A380F",
        needed=lambda _: 1,
        used=_nat_gateways_of_a_zone,
    ),
    Quota(
        what="vCPUs of on-demand standard instances",
        service="ec2",
        code="L-1216C47A",
        needed=lambda needs: needs.vcpus,
        used=_vcpus_in_use,
    ),
)


def room(aws: Aws, quota: Quota, needed: int) -> Outcome:
    """Whether that many more fit under the quota."""
    key = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    try:
        answer = aws.call("service-quotas", "get_service_quota", **key)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchResourceException":
            raise
        # Quotas that nobody ever changed may be known by their default alone.
        answer = aws.call("service-quotas", "get_aws_default_service_quota", **key)
    allowed, used = int(answer["Quota"]["Value"]), quota.used(aws)
    says = f"{used} of {allowed} used in {aws.region}, {needed} more needed"
    if used + needed <= allowed:
        return fine(says)
    return bad(
        says,
        f"remove some, or `aws service-quotas request-service-quota-increase --service-code {quota.service} "
        f"--quota-code {quota.code} --desired-value {used + needed} --region {aws.region}`",
    )
