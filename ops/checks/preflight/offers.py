"""AWS: whether the versions of Kubernetes, Aurora and Valkey that the program asks for are still offered."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from ops.checks.check import Check, Outcome, bad, fine
from ops.checks.preflight.bedrock import bedrock_checks
from ops.clouds.aws import Aws
from ops.model.needs import AwsNeeds

AURORA = "aurora-postgresql"


def offer_checks(aws: Aws, needs: AwsNeeds) -> Mapping[str, Check]:
    """Versions of Kubernetes, Aurora and Valkey, and each Bedrock model."""
    return {
        "Kubernetes version": lambda: kubernetes(aws, needs.kubernetes_version),
        "Aurora version": lambda: aurora(aws, needs.aurora_version),
        "Valkey version": lambda: valkey(aws, needs.cache_version),
        **bedrock_checks(aws, needs.bedrock_arns),
    }


def kubernetes(aws: Aws, version: str) -> Outcome:
    """Whether EKS has that version in standard support."""
    found = list(aws.items("eks", "describe_cluster_versions", "clusterVersions[]", clusterVersions=[version]))
    if not found:
        return bad(f"EKS does not offer {version} in {aws.region}", "set kubernetesVersion to one that it offers")
    if found[0]["versionStatus"] != "STANDARD_SUPPORT":
        return bad(
            f"EKS has {version} in {found[0]['versionStatus']}, at six times the price",
            "set kubernetesVersion to one in standard support",
        )
    return fine(f"{version}, standard support until {found[0]['endOfStandardSupportDate']:%Y-%m-%d}")


def aurora(aws: Aws, version: str) -> Outcome:
    """Whether the region can run that version on serverless instances, in standard support."""
    offers = aws.items(
        "rds",
        "describe_orderable_db_instance_options",
        "OrderableDBInstanceOptions[]",
        Engine=AURORA,
        EngineVersion=version,
        DBInstanceClass="db.serverless",
    )
    if not list(offers):
        return bad(
            f"RDS does not offer Aurora PostgreSQL {version} on db.serverless in {aws.region}",
            f"choose for auroraVersion: `aws rds describe-db-engine-versions --engine {AURORA} --region {aws.region}`",
        )
    major = version.partition(".")[0]
    ends = [
        cycle["LifecycleSupportEndDate"]
        for cycle in aws.items(
            "rds",
            "describe_db_major_engine_versions",
            "DBMajorEngineVersions[].SupportedEngineLifecycles[]",
            Engine=AURORA,
            MajorEngineVersion=major,
        )
        if cycle["LifecycleSupportName"] == "open-source-rds-standard-support"
    ]
    if not ends or max(ends) <= datetime.datetime.now(datetime.UTC):
        return bad(f"Aurora PostgreSQL {major} is not in standard support any more", "set auroraVersion to a later one")
    return fine(f"{version}, standard support until {max(ends):%Y-%m-%d}")


def valkey(aws: Aws, version: str) -> Outcome:
    """Whether ElastiCache has that version."""
    parameters = {"Engine": "valkey", "EngineVersion": version}
    if list(aws.items("elasticache", "describe_cache_engine_versions", "CacheEngineVersions[]", **parameters)):
        return fine(version)
    return bad(f"ElastiCache does not offer Valkey {version} in {aws.region}", "set another aws:region")
