"""Elastic Load Balancing, ACM and Route 53: finds load balancers, target groups, certificates and DNS records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ops.clouds.aws import Aws
from ops.clouds.removal import Item
from ops.inventory import kinds
from ops.inventory.ec2 import tags_of
from ops.inventory.found import FoundResource

_KEY_TYPES = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]
"""ACM lists RSA keys of 2048 bits alone unless told otherwise; the entry's own certificate has another."""

_OUR_BALANCER = re.compile(
    r"(dualstack\.)?(?P<host>entry-[0-9a-f]{7}-\d+\.(?P<region>[a-z0-9-]+)\.elb\.amazonaws\.com)\.?"
)
"""The DNS name of a load balancer whose name is Pulumi's for `entry` (`stacks.aws.load_balancing`)."""


def load_balancers(aws: Aws) -> Iterator[FoundResource]:
    """Application and network load balancers, Auto Mode's too."""
    balancers = list(aws.items("elbv2", "describe_load_balancers", "LoadBalancers[]"))
    tags = _tags(aws, [balancer["LoadBalancerArn"] for balancer in balancers])
    for balancer in balancers:
        arn = balancer["LoadBalancerArn"]
        addresses = len(balancer.get("AvailabilityZones", ())) if balancer["Scheme"] == "internet-facing" else 0
        yield FoundResource(
            kind=kinds.LOAD_BALANCER,
            id=arn,
            region=aws.region,
            tags=tags[arn],
            created=balancer.get("CreatedTime"),
            priced=[(f"{balancer['Type']} load balancer", 1), ("public IPv4 address", addresses)],
            removal=(
                # Deletion is refused as long as somebody protects it; where nobody does, this changes nothing.
                aws.step(
                    "elbv2",
                    "modify_load_balancer_attributes",
                    LoadBalancerArn=arn,
                    Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}],
                ),
                aws.step("elbv2", "delete_load_balancer", LoadBalancerArn=arn),
                aws.wait("elbv2", "load_balancers_deleted", LoadBalancerArns=[arn]),
            ),
        )


def target_groups(aws: Aws) -> Iterator[FoundResource]:
    """Target groups."""
    arns = [str(arn) for arn in aws.items("elbv2", "describe_target_groups", "TargetGroups[].TargetGroupArn")]
    for arn, tags in _tags(aws, arns).items():
        yield FoundResource(
            kind=kinds.TARGET_GROUP,
            id=arn,
            region=aws.region,
            tags=tags,
            removal=(aws.step("elbv2", "delete_target_group", TargetGroupArn=arn),),
        )


def _tags(aws: Aws, arns: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of each, by ARN."""
    twenties = [list(arns[start : start + 20]) for start in range(0, len(arns), 20)]  # as many as one call takes
    answers = aws.each(lambda twenty: aws.call("elbv2", "describe_tags", ResourceArns=twenty), twenties)
    return {found["ResourceArn"]: tags_of(found["Tags"]) for answer in answers for found in answer["TagDescriptions"]}


def certificates(aws: Aws) -> Iterator[FoundResource]:
    """Certificates of ACM, with the names they are for; those of us-east-1 too, which CloudFront uses everywhere."""
    for region in dict.fromkeys([aws.region, "us-east-1"]):
        yield from _certificates(aws.elsewhere(region))


def _certificates(aws: Aws) -> Iterator[FoundResource]:
    listed = list(aws.items("acm", "list_certificates", "CertificateSummaryList[]", Includes={"keyTypes": _KEY_TYPES}))

    def tags(certificate: Item) -> dict[str, str]:
        arn = certificate["CertificateArn"]
        return tags_of(aws.call("acm", "list_tags_for_certificate", CertificateArn=arn)["Tags"])

    for certificate, its_tags in zip(listed, aws.each(tags, listed), strict=True):
        arn = certificate["CertificateArn"]
        names = {certificate.get("DomainName", ""), *certificate.get("SubjectAlternativeNameSummaries", ())}
        yield FoundResource(
            kind=kinds.CERTIFICATE,
            id=arn,
            region=aws.region,
            tags=its_tags,
            created=certificate.get("CreatedAt") or certificate.get("ImportedAt"),
            hosts=frozenset(names),
            removal=(aws.step("acm", "delete_certificate", CertificateArn=arn),),
        )


def dns_records(aws: Aws, domain: str) -> Iterator[FoundResource]:
    """Records of the day's hosts: those that lead to a load balancer of ours, and those that proved a certificate.

    Records have no tags: while the load balancer exists that its host leads to, a record is whose that one is. A proof
    is the same for every certificate of that name, so whoever else has one needs it.
    """
    hosts = [f"{service}.{domain}" for service in ("litellm", "langfuse")] if domain else []
    zones = [
        zone["Id"].rpartition("/")[2]
        for zone in (aws.items("route53", "list_hosted_zones", "HostedZones[]") if domain else ())
        if not zone["Config"]["PrivateZone"] and f".{domain}.".endswith(f".{zone['Name']}")
    ]
    for zone in zones:
        records = list(aws.items("route53", "list_resource_record_sets", "ResourceRecordSets[]", HostedZoneId=zone))
        balancers = _balancers_behind(aws, hosts, records)
        for record in records:
            name, values = record["Name"].rstrip("."), [value["Value"] for value in record.get("ResourceRecords", ())]
            leads_to = record.get("AliasTarget", {}).get("DNSName", "")
            label, _, host = name.partition(".")
            if name in hosts and _OUR_BALANCER.fullmatch(leads_to):
                evidence, proves = f"leads to {leads_to}", frozenset[str]()
            elif host in hosts and label.startswith("_") and any("acm-validations.aws" in value for value in values):
                evidence, proves = f"proved a certificate for {host}", frozenset({host})
            else:
                continue
            arn = balancers.get(host if proves else name, "")
            changes = [{"Action": "DELETE", "ResourceRecordSet": record}]
            yield FoundResource(
                kind=kinds.DNS_RECORD,
                id=f"{name} {record['Type']}",
                region="",
                evidence=evidence,
                hosts=proves,
                part_of=(kinds.LOAD_BALANCER, arn) if arn else ("", ""),
                removal=(
                    aws.step(
                        "route53",
                        "change_resource_record_sets",
                        HostedZoneId=zone,
                        ChangeBatch={"Changes": changes},
                    ),
                ),
            )


def _balancers_behind(aws: Aws, hosts: Sequence[str], records: Sequence[Item]) -> dict[str, str]:
    """The ARN of the load balancer that each of the hosts leads to, where that one exists."""
    led = {
        record["Name"].rstrip("."): match
        for record in records
        if record["Name"].rstrip(".") in hosts
        and (match := _OUR_BALANCER.fullmatch(record.get("AliasTarget", {}).get("DNSName", "").lower()))
    }
    existing = {
        balancer["DNSName"].lower(): str(balancer["LoadBalancerArn"])
        for region in {match["region"] for match in led.values()}
        for balancer in aws.elsewhere(region).items("elbv2", "describe_load_balancers", "LoadBalancers[]")
    }
    return {host: existing[match["host"]] for host, match in led.items() if match["host"] in existing}
