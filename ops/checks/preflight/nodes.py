"""EKS Auto Mode: whether the account lets its nodes start (EBS key, allowed AMIs, instance types)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ops.checks.check import Check, Outcome, bad, fine
from ops.checks.preflight.account import usable_zones
from ops.clouds.aws import Aws

_GENERAL_PURPOSE = re.compile(r"[cmr]([5-9]|[1-9][0-9])(?!g)[a-z-]*\.[0-9]*x?large")
"""What the pool general-purpose may start for amd64: categories C, M and R from generation 5 on (EKS user guide,
"Enable or disable built-in NodePools")."""

_OWN_KEY = "aws ec2 reset-ebs-default-kms-key-id --region"


def node_checks(aws: Aws, zones: int) -> Mapping[str, Check]:
    """For nodes in that many zones."""
    return {
        "key of the nodes' disks": partial(disk_key, aws),
        "image of the nodes": partial(image, aws),
        "instance types of the nodes": partial(instance_types, aws, zones),
    }


def disk_key(aws: Aws) -> Outcome:
    """Whether the cluster may use the account's default key for EBS.

    Volumes that name no key get it: ClickHouse's always, those of nodes when the account encrypts by default. A
    customer key has to let the cluster's role in (EKS user guide, "Enable EBS Volume Encryption with Customer Managed
    KMS Keys for EKS Auto Mode"; terraform-aws-modules/terraform-aws-eks#3401: no node ever starts).
    """
    key = str(aws.call("ec2", "get_ebs_default_kms_key_id")["KmsKeyId"])
    if key.endswith("alias/aws/ebs"):
        return fine("AWS's own")
    found = aws.call("kms", "describe_key", KeyId=key)["KeyMetadata"]
    if found["KeyManager"] == "AWS":
        return fine("AWS's own")
    reset = f"have AWS's own again (`{_OWN_KEY} {aws.region}`)"
    if found["KeyState"] != "Enabled":
        return bad(f"the default key of EBS, {key}, is {found['KeyState']}", reset)
    policy = json.loads(aws.call("kms", "get_key_policy", KeyId=key, PolicyName="default")["Policy"])
    if _lets_the_account_in(policy):
        return fine(f"{key}, whose policy lets the whole account use it through EC2")
    by_default = aws.call("ec2", "get_ebs_encryption_by_default")["EbsEncryptionByDefault"]
    fails = "no node will start" if by_default else "ClickHouse gets no disk"
    return bad(
        f"the default key of EBS is a customer key, {key}, whose policy does not let the cluster's role in: {fails}",
        f"{reset}, or allow in its policy all principals of the account kms:CreateGrant, kms:Decrypt, kms:DescribeKey, "
        f"kms:Encrypt, kms:GenerateDataKey* and kms:ReEncrypt* under the condition kms:ViaService "
        f"ec2.{aws.region}.amazonaws.com, as the policy of AWS's own key does",
    )


def _lets_the_account_in(policy: Mapping[str, Any]) -> bool:
    """As AWS's own key does: any principal, not only the root user, whose statement leaves it to IAM."""
    wanted = {"kms:creategrant", "kms:decrypt", "kms:describekey", "kms:generatedatakeywithoutplaintext"}
    for statement in _list(policy["Statement"]):
        principal = statement.get("Principal", {})
        everybody = "*" in _list(principal if isinstance(principal, str) else principal.get("AWS", ()))
        if statement["Effect"] == "Allow" and everybody:
            patterns = [re.escape(action.lower()).replace(r"\*", ".*") for action in _list(statement.get("Action", ()))]
            wanted = {action for action in wanted if not any(re.fullmatch(pattern, action) for pattern in patterns)}
    return not wanted


def _list(one_or_more: Any) -> Sequence[Any]:
    """IAM's grammar leaves the brackets out around a single one."""
    return one_or_more if isinstance(one_or_more, list | tuple) else [one_or_more]


def image(aws: Aws) -> Outcome:
    """Whether Allowed AMIs, a setting of EC2, leaves the images of Auto Mode usable.

    They belong to accounts of EKS that differ by region (EKS user guide, "Update organization controls for EKS Auto
    Mode"); whether a list of accounts holds them cannot be told from here.
    """
    settings = aws.call("ec2", "get_allowed_images_settings")
    if settings.get("State") != "enabled":
        return fine("any is allowed")
    criteria = settings.get("ImageCriteria", [])
    # A criterion that names owners only; one that names more may leave them out.
    if any(set(criterion) == {"ImageProviders"} and "amazon" in criterion["ImageProviders"] for criterion in criteria):
        return fine("those of Amazon are allowed")
    return bad(
        f"Allowed AMIs is enabled in {aws.region} without all images of Amazon: Auto Mode's may be refused",
        'allow the owner amazon, or the accounts that the EKS user guide lists under "Update organization controls for '
        'EKS Auto Mode"',
    )


def instance_types(aws: Aws, zones: int) -> Outcome:
    """Whether each zone that the program takes offers something that Auto Mode may start."""
    offered: dict[str, set[str]] = {zone: set() for zone in sorted(usable_zones(aws))[:zones]}
    for offering in aws.items(
        "ec2",
        "describe_instance_type_offerings",
        "InstanceTypeOfferings[]",
        LocationType="availability-zone",
        Filters=[{"Name": "location", "Values": list(offered)}],
    ):
        if _GENERAL_PURPOSE.fullmatch(offering["InstanceType"]):
            offered[offering["Location"]].add(offering["InstanceType"])
    if without := [zone for zone, types in offered.items() if not types]:
        return bad(
            f"{', '.join(without)} offers no instance type C, M or R of generation 5 or later for amd64",
            "set another aws:region",
        )
    return fine(", ".join(f"{len(types)} in {zone}" for zone, types in offered.items()))
