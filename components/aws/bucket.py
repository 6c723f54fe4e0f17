"""S3 bucket: private, encrypted, TLS only, and emptied by its own deletion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """Inputs of `Bucket`. `browser_origin` is the origin whose pages may read and upload, such as https://x.example.com."""

    tags: Mapping[str, pulumi.Input[str]]
    browser_origin: pulumi.Input[str] | None = None


class Bucket(pulumi.ComponentResource):
    """An S3 bucket: closed to the public, encrypted, TLS only, unversioned, and emptied by its own deletion."""

    name: pulumi.Output[str]
    """Known once the bucket is closed and encrypted."""
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the bucket; see `BucketArgs`."""
        super().__init__("genai:aws:Bucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        bucket = aws.s3.Bucket(name, force_destroy=True, tags=dict(args.tags), opts=child)
        access = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        encryption = aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        sse_algorithm="AES256"
                    )
                )
            ],
            opts=child,
        )
        policy = aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "TlsOnly",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ],
                }
            ),
            # S3 answers "conflicting conditional operation" when both are set at once.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[access]),
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="abort-incomplete-uploads",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                        days_after_initiation=1
                    ),
                )
            ],
            opts=child,
        )
        if args.browser_origin is not None:
            aws.s3.BucketCorsConfiguration(
                name,
                bucket=bucket.bucket,
                cors_rules=[
                    aws.s3.BucketCorsConfigurationCorsRuleArgs(
                        allowed_methods=["GET", "PUT"],
                        allowed_origins=[args.browser_origin],
                        allowed_headers=["*"],
                    )
                ],
                opts=child,
            )
        self.name = pulumi.Output.all(bucket.bucket, access.id, encryption.id, policy.id).apply(
            lambda values: str(values[0])
        )
        self.arn = bucket.arn
        self.register_outputs({"name": self.name})
