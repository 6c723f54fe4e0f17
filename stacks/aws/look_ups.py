"""AWS look-ups before anything is created: availability zones and the Route 53 hosted zone."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from stacks.errors import SettingsError

ZONES_REFUSED_BY_EKS = ["use1-az3", "usw1-az2", "cac1-az3"]
"""Zone ids (EKS user guide, "View Amazon EKS networking requirements for VPC and subnets"; eksctl#7843)."""


def availability_zones(count: int) -> list[str]:
    """Names of that many zones of the region that EKS takes, always the same ones for an account."""
    found = aws.get_availability_zones(
        state="available",
        exclude_zone_ids=ZONES_REFUSED_BY_EKS,
        # No local or wavelength zones: those must be opted into.
        filters=[aws.GetAvailabilityZonesFilterArgs(name="opt-in-status", values=["opt-in-not-required"])],
    )
    if len(found.names) < count:
        raise SettingsError(
            f"availabilityZones is {count}, but EKS can use only {len(found.names)} zones of this region "
            f"({', '.join(found.names)}): set a smaller number or another aws:region"
        )
    return sorted(found.names)[:count]


def hosted_zone(domain: str) -> str:
    """Id of the public hosted zone whose name is the longest that `domain` is in or is."""
    zones = [aws.route53.get_zone(zone_id=zone_id) for zone_id in aws.route53.get_zones().ids]
    public: dict[str, list[str]] = {}
    for zone in zones:
        if not zone.private_zone:
            public.setdefault(zone.name.rstrip("."), []).append(zone.zone_id)
    labels = domain.split(".")
    for start in range(len(labels)):
        name = ".".join(labels[start:])
        if len(ids := public.get(name, [])) > 1:
            raise SettingsError(
                f"domain is {domain}, but {len(ids)} public hosted zones of this account are called {name} "
                f"({', '.join(sorted(ids))}), and the world asks only one of them: delete the others "
                f"(`genai preflight -s {pulumi.get_stack()}` tells which one is asked)"
            )
        if ids:
            return ids[0]
    raise SettingsError(
        f"domain is {domain}, but this account has no public hosted zone for it or a parent "
        f"({', '.join(sorted(public)) or 'it has none at all'}): create one, set another domain, or set none"
    )
