"""ACM certificate for the names under the domain, validated by DNS records in Route 53."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """Inputs of `Certificate`. `names` are full DNS names inside the public hosted zone `zone_id`."""

    names: Sequence[str]
    zone_id: str
    tags: Mapping[str, pulumi.Input[str]]

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("a certificate needs at least one name")


class Certificate(pulumi.ComponentResource):
    """An ACM certificate, proved by records in the hosted zone that go with it."""

    arn: pulumi.Output[str]
    """Known once the certificate is issued."""

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Request the certificate and prove its names; see `CertificateArgs`."""
        super().__init__("genai:aws:Certificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(
            name,
            domain_name=args.names[0],
            subject_alternative_names=list(args.names[1:]),
            validation_method="DNS",
            tags=dict(args.tags),
            opts=child,
        )
        proofs = [
            aws.route53.Record(
                f"{name}-{index}",
                zone_id=args.zone_id,
                name=certificate.domain_validation_options[index].resource_record_name.apply(str),
                type=certificate.domain_validation_options[index].resource_record_type.apply(str),
                records=[certificate.domain_validation_options[index].resource_record_value.apply(str)],
                ttl=60,
                # The same name is proved by the same record: one that an earlier run left is taken over.
                allow_overwrite=True,
                opts=child,
            )
            for index in range(len(args.names))
        ]
        issued = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[proof.fqdn for proof in proofs],
            opts=child,
        )
        self.arn = issued.certificate_arn
        self.register_outputs({"arn": self.arn})
