"""IPv4 ranges of the settings: who may enter the load balancer (`allowedCidrs`) and where the VPC lies (`vpcCidr`)."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network

from catalogue.limits import MOST_ADDRESSES
from stacks import commands

SERVICE_RANGES = (IPv4Network("10.100.0.0/16"), IPv4Network("172.20.0.0/16"))
"""EKS takes the cluster's service addresses from one of these (EKS user guide, "View networking requirements")."""

RULES_PER_GROUP = 60
"""Inbound rules that a security group holds by default (Amazon VPC user guide, "Amazon VPC quotas")."""

_PRIVATE = tuple(
    # RFC 1918, then the shared range and the one for tests, which a VPC may have too (RFC 6598, RFC 2544).
    map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15"))
)
_UNUSABLE = {
    IPv4Network("0.0.0.0/8"): "this network itself",
    IPv4Network("127.0.0.0/8"): "loopback",
    IPv4Network("169.254.0.0/16"): "link-local",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}
"""Ranges that no host has an address in (RFC 6890)."""


def network(cidr: str) -> IPv4Network:
    """The range, written as AWS takes it; ValueError says how to write it otherwise."""
    try:
        found = IPv4Network(cidr)
    except ValueError as error:
        raise ValueError(
            f"{cidr!r} is no IPv4 range ({_reason(cidr, error)}): write one like {_meant(cidr)}"
        ) from error
    if str(found) != cidr:
        raise ValueError(f"{cidr!r} is not written as AWS takes a range: write {found}")
    return found


def _reason(cidr: str, error: ValueError) -> str:
    try:
        ipaddress.IPv6Network(cidr, strict=False)
    except ValueError:
        return str(error)
    return "the load balancer and the VPC have no IPv6 addresses"


def _meant(cidr: str) -> str:
    try:
        return str(IPv4Network(cidr, strict=False))
    except ValueError:
        return "198.51.100.0/24"


def check_vpc(cidr: str) -> None:
    """Raise ValueError for a range in which AWS makes no VPC, or no day fits."""
    vpc = network(cidr)
    if vpc.prefixlen > 20 or vpc.prefixlen < 16:
        size = "too small" if vpc.prefixlen > 20 else "larger than a VPC may be"
        raise ValueError(f"{cidr} is {size}: set a range from /16 to /20")
    for unusable, what in _UNUSABLE.items():
        if vpc.subnet_of(unusable):
            raise ValueError(f"{cidr} is {what} ({unusable}), where AWS makes no VPC: set another, such as 10.0.0.0/16")
    if not any(vpc.subnet_of(private) for private in _PRIVATE):
        raise ValueError(
            f"{cidr} belongs to somebody on the internet, whom the day could not reach: set a private range, such as "
            "10.0.0.0/16"
        )
    for services in SERVICE_RANGES:
        if vpc.overlaps(services):
            raise ValueError(
                f"{cidr} overlaps {services}, where EKS may put its service addresses: set another, such as 10.0.0.0/16"
            )


def check_allowed(cidrs: Sequence[str], *, rules_per_range: int, other_rules: int, open_to_the_world: bool) -> None:
    """Raise ValueError for ranges that cannot enter, let the world in, or need more rules than a group holds.

    A range needs `rules_per_range` rules of the load balancer's security group, which has `other_rules` besides.
    """
    if not cidrs:
        raise ValueError("allowedCidrs is empty, nobody could enter: set `auto` or your own ranges")
    networks = [network(cidr) for cidr in cidrs if cidr != "auto"]
    for entering in networks:
        for nobody in (*_PRIVATE, *_UNUSABLE):
            if entering.subnet_of(nobody):
                raise ValueError(
                    f"allowedCidrs: {entering} is part of {nobody}, from where nobody comes over the internet: set the "
                    "public addresses that those people have outside, or `auto`"
                )
    ordered = sorted(networks)
    for before, after in itertools.pairwise(ordered):
        if before.overlaps(after):
            raise ValueError(f"allowedCidrs: {after} overlaps {before}: keep the wider one only")
    if sum(entering.num_addresses for entering in networks) > MOST_ADDRESSES and not open_to_the_world:
        raise ValueError(
            "allowedCidrs lets the whole world in: name your own ranges, or confirm with "
            f"{commands.set_config('openToTheWorld true')}"
        )
    most = (RULES_PER_GROUP - other_rules) // rules_per_range
    if len(cidrs) > most:
        raise ValueError(
            f"allowedCidrs has {len(cidrs)} ranges, but with {rules_per_range} rules for each the load balancer's "
            f"security group holds {most}: put neighbours together into wider ranges"
        )


def with_own(cidrs: Sequence[str], address: str) -> tuple[str, ...]:
    """The ranges with `auto` replaced by the address, where none of the others has it in it already."""
    others = [cidr for cidr in cidrs if cidr != "auto"]
    if len(others) < len(cidrs) and not any(IPv4Address(address) in network(cidr) for cidr in others):
        others.append(f"{address}/32")
    return tuple(others)
