"""CrossGuard rules about S3 buckets: private, encrypted, TLS only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pulumi_policy import PolicyResource

from policies.guardrails.rule import known, of_type, referring, stack_rule

_BUCKET = "aws:s3/bucket:Bucket"
_PUBLIC_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
_FOUR_LOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@stack_rule
def buckets_are_closed_to_the_public(resources: Sequence[PolicyResource]) -> Iterator[tuple[PolicyResource, str]]:
    """Each bucket has a BucketPublicAccessBlock with all four settings on."""
    for bucket in of_type(resources, _BUCKET):
        blocks = referring(resources, _PUBLIC_ACCESS, "bucket", bucket)
        if not any(all(known(block.props, lock) for lock in _FOUR_LOCKS) for block in blocks):
            yield bucket, f"the bucket may become public: add a BucketPublicAccessBlock with {', '.join(_FOUR_LOCKS)}"


@stack_rule
def buckets_are_encrypted(resources: Sequence[PolicyResource]) -> Iterator[tuple[PolicyResource, str]]:
    """Each bucket says how it encrypts, with a key of S3's own: one of ours would outlive the day."""
    for bucket in of_type(resources, _BUCKET):
        algorithms = [
            known(rule, "applyServerSideEncryptionByDefault", "sseAlgorithm")
            for configuration in referring(resources, _ENCRYPTION, "bucket", bucket)
            for rule in known(configuration.props, "rules") or ()
        ]
        if "AES256" not in algorithms:
            yield (
                bucket,
                "the bucket does not say how it encrypts: add a BucketServerSideEncryptionConfiguration with AES256",
            )


@stack_rule
def buckets_refuse_plain_http(resources: Sequence[PolicyResource]) -> Iterator[tuple[PolicyResource, str]]:
    """Each bucket has a policy that denies whatever does not come over TLS. What a preview cannot know passes."""
    for bucket in of_type(resources, _BUCKET):
        policies = referring(resources, _POLICY, "bucket", bucket)
        if not any(_denies_plain_http(known(policy.props, "policy")) for policy in policies):
            yield (
                bucket,
                "the bucket answers without TLS: add a BucketPolicy that denies s3:* if aws:SecureTransport is false",
            )


def _denies_plain_http(policy: Any) -> bool:
    if policy is None:
        return True
    document = json.loads(policy) if isinstance(policy, str) else policy
    return any(
        statement.get("Effect") == "Deny"
        and statement.get("Action") == "s3:*"
        and str(known(statement, "Condition", "Bool", "aws:SecureTransport")).lower() == "false"
        for statement in document["Statement"]
    )
